"""The microphones that PortAudio knows: list them, and choose one by number or name."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from edge.errors import SourceError
from edge.source.microphone.portaudio import sounddevice
from edge.text import printable

NO_MICROPHONE = (
    "no microphone found: plug one in (a service sees only the microphones of the user it runs "
    "as; --mock needs none)"
)


@dataclass(frozen=True)
class InputDevice:
    number: int
    name: str
    channels: int
    rate: int
    """Native rate in Hz, as reported by PortAudio."""
    default: bool


def input_devices() -> list[InputDevice]:
    """Return all microphones that existed when PortAudio last searched for devices."""
    sd = sounddevice()
    try:
        default = sd.query_devices(kind="input")["index"]
    except sd.PortAudioError:
        default = -1
    return [
        InputDevice(
            device["index"],
            printable(" ".join(device["name"].split())),
            device["max_input_channels"],
            round(device["default_samplerate"]),
            device["index"] == default,
        )
        for device in sd.query_devices()
        if device["max_input_channels"] > 0
    ]


def search_again() -> None:
    """Restart PortAudio, which searches for devices only when it starts. No stream may be open."""
    sd = sounddevice()
    with contextlib.suppress(sd.PortAudioError):
        sd._terminate()
    try:
        sd._initialize()
    except sd.PortAudioError as error:
        raise SourceError(f"PortAudio does not start: {error.args[0]}") from None


def choose(wanted: str, devices: list[InputDevice]) -> InputDevice:
    """Return the device with this number or (part of a) name; the default if `wanted` is empty."""
    if not devices:
        raise SourceError(NO_MICROPHONE)
    if not wanted:
        return next((device for device in devices if device.default), devices[0])
    if wanted.isdecimal():
        matching = [device for device in devices if device.number == int(wanted)]
    else:
        # ALSA renumbers a card that is plugged in again: "USB (hw:1,0)" may become "(hw:2,0)".
        without_card = re.sub(r" \(hw:\d+,\d+\)$", "", wanted)
        matching = _named(wanted, devices) or _named(without_card, devices)
    if not matching:
        raise SourceError(f"no microphone {wanted!r} among {_names(devices)}: choose one of these")
    if len(matching) > 1:
        raise SourceError(
            f"{wanted!r} matches {_names(matching)}: give more of the name, or the number"
        )
    return matching[0]


def _named(wanted: str, devices: list[InputDevice]) -> list[InputDevice]:
    """Return the first device with exactly this name, or else all whose name contains it."""
    matching = [device for device in devices if wanted.lower() in device.name.lower()]
    return [device for device in matching if wanted.lower() == device.name.lower()][:1] or matching


def table(devices: list[InputDevice]) -> str:
    """Return the text of --list-devices."""
    width = max([len(device.name) for device in devices] + [4])
    lines = [f"     {'name':{width}}  channels  rate"]
    for device in devices:
        star = "*" if device.default else " "
        lines.append(
            f"{star}{device.number:3} {device.name:{width}}  {device.channels:8}  {device.rate}"
        )
    return "\n".join([*lines, "* is used if no --device is given", ""])


def _names(devices: list[InputDevice]) -> str:
    return ", ".join(f"{device.number} {device.name!r}" for device in devices)

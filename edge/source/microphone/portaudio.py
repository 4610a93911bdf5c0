"""PortAudio, through sounddevice: loaded only when a microphone is asked for."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from edge.errors import RuntimeMissing, SourceError

RATES = (48000, 44100, 16000, 32000, 96000, 22050, 8000)  # Hz: tried in turn after the native one
BLOCK = 0.04  # s: how much is handed over at a time, as a window of the models comes

# What PortAudio says, by number.
INVALID_CHANNELS, INVALID_RATE = -9998, -9997
UNAVAILABLE = -9985
NO_MICROPHONE = (
    "no microphone is to be found: plug one in (a service sees only those of the user it runs as; "
    "--mock needs none)"
)


@dataclass(frozen=True)
class Input:
    """Something that sound can be recorded from."""

    number: int
    name: str
    channels: int
    rate: int
    """Its native one, as far as is known."""
    default: bool


def library() -> Any:
    """The package; it loads PortAudio when it is imported."""
    try:
        _silence()
        import sounddevice
    except ImportError:
        raise RuntimeMissing(
            "a microphone needs the package sounddevice: pip install sounddevice"
        ) from None
    except OSError:
        raise RuntimeMissing(
            "a microphone needs the library PortAudio: sudo apt install libportaudio2"
        ) from None
    return sounddevice


def inputs() -> list[Input]:
    """All there are now, or were when PortAudio last looked."""
    sd = library()
    try:
        default = sd.query_devices(kind="input")["index"]
    except sd.PortAudioError:
        default = -1
    return [
        Input(
            device["index"],
            " ".join(device["name"].split()),
            device["max_input_channels"],
            round(device["default_samplerate"]),
            device["index"] == default,
        )
        for device in sd.query_devices()
        if device["max_input_channels"] > 0
    ]


def look_again() -> None:
    """PortAudio looks for devices only when it starts: start it anew. No stream may be open."""
    sd = library()
    with contextlib.suppress(sd.PortAudioError):
        sd._terminate()
    try:
        sd._initialize()
    except sd.PortAudioError as error:
        raise SourceError(f"PortAudio does not start: {error.args[0]}") from None


def choose(wanted: str, among: list[Input]) -> Input:
    """By number or a part of the name; by neither, the default."""
    if not among:
        raise SourceError(NO_MICROPHONE)
    if not wanted:
        return next((device for device in among if device.default), among[0])
    if wanted.isdecimal():
        fitting = [device for device in among if device.number == int(wanted)]
    else:
        # ALSA numbers cards anew when one is plugged in again: "USB (hw:1,0)" is then (hw:2,0).
        lasting = re.sub(r" \(hw:\d+,\d+\)$", "", wanted)
        fitting = _named(wanted, among) or _named(lasting, among)
    if not fitting:
        raise SourceError(f"no microphone {wanted!r} among {_listed(among)}: choose one of these")
    if len(fitting) > 1:
        raise SourceError(
            f"{wanted!r} fits {_listed(fitting)}: say more of the name, or the number"
        )
    return fitting[0]


def _named(wanted: str, among: list[Input]) -> list[Input]:
    fitting = [device for device in among if wanted.lower() in device.name.lower()]
    return [device for device in fitting if wanted.lower() == device.name.lower()][:1] or fitting


def table(among: list[Input]) -> str:
    """For people who choose."""
    width = max([len(device.name) for device in among] + [4])
    lines = [f"     {'name':{width}}  channels  rate"]
    for device in among:
        star = "*" if device.default else " "
        lines.append(
            f"{star}{device.number:3} {device.name:{width}}  {device.channels:8}  {device.rate}"
        )
    return "\n".join([*lines, "* is taken if no --device is given", ""])


def open_stream(device: Input, callback: Callable[..., None]) -> Any:
    """A stream, not yet started, at the native rate if that is possible, or at another."""
    sd = library()
    stereo = min(device.channels, 2)  # of two channels one is often dead, and which is not known
    refused: Exception | None = None
    for rate in dict.fromkeys((device.rate, *RATES)):
        for channels in dict.fromkeys((stereo, device.channels, 1)):
            try:
                stream = sd.InputStream(
                    samplerate=rate,
                    blocksize=round(BLOCK * rate),
                    device=device.number,
                    channels=channels,
                    dtype="float32",
                    callback=callback,
                )
            except sd.PortAudioError as error:
                refused = error
                if _code(error) in (INVALID_CHANNELS, INVALID_RATE):
                    continue
                raise _explained(error, device) from None
            else:
                return stream
    raise SourceError(f"{device.name} takes no rate that is known here ({refused}): --device")


def start(stream: Any, device: Input) -> None:
    try:
        stream.start()
    except library().PortAudioError as error:
        stream.close(ignore_errors=True)
        raise _explained(error, device) from None


def _explained(error: Exception, device: Input) -> SourceError:
    if _code(error) == UNAVAILABLE or "busy" in str(error).lower():
        return SourceError(
            f"{device.name} is in use by another program, or gone: close that, or choose another "
            "with --device"
        )
    what = error.args[2][2] if len(error.args) > 2 else error.args[0]
    return SourceError(f"{device.name} cannot be opened ({what}): choose another with --device")


def _code(error: Exception) -> int:
    return error.args[1] if len(error.args) > 1 else 0


def _listed(among: list[Input]) -> str:
    return ", ".join(f"{device.number} {device.name!r}" for device in among)


@cache
def _silence() -> None:
    """Let C's stderr go nowhere; Python's own, which is another, stays. Once: each time would leave
    a file open, and PortAudio is looked at for as long as a microphone is away.

    ALSA tells there of every device that there is not, and PortAudio, when a device vanishes,
    millions of lines.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        nowhere = libc.fopen(b"/dev/null", b"w")
        if nowhere:
            ctypes.c_void_p.in_dll(libc, "stderr").value = nowhere

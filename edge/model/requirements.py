"""Check whether an input has what a model requires; the error says how to provide it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.errors import ModelError, RecordingError
from edge.model import Model, read_manifest
from edge.model.shipped import find_model, shipped_models
from edge.samples import ACCEL, AUDIO, ECG, GYRO, MOTION, PLETH

if TYPE_CHECKING:  # live commands read no recordings and do not need to load these modules
    from edge.formats.motion import Recording
    from edge.formats.sound import Sound

QUANTITIES: dict[tuple[str, ...], str] = {
    ACCEL: "acceleration",
    GYRO: "rotation",
    MOTION: "motion",
    AUDIO: "sound",
    ECG: "an ECG",
    PLETH: "a photoplethysmogram",
}
SENSORS: dict[tuple[str, ...], str] = {
    GYRO: "a sensor with a gyroscope, such as the MPU6050, and a sketch that sends it "
    "(firmware_bridge has one)",
    MOTION: "a motion sensor, such as the MPU6050",
    AUDIO: "a microphone",
    ECG: "electrodes with an amplifier, such as the AD8232",
    PLETH: "a pulse sensor for a finger, such as the MAX30102",
}


def check_channels(model: Model, channels: tuple[str, ...]) -> None:
    """ModelError if the input lacks channels of the model; it names shipped models that fit."""
    required = model.manifest.input["sensor"]["channels"]
    missing = tuple(name for name in required if name not in channels)
    if not missing:
        return
    task = model.manifest.task
    others = [name for name in shipped_models() if _fits(name, task, channels)]
    remedies = [f"use {SENSORS.get(missing, 'a sensor that has them')}"]
    remedies += [f"use the model {name}" for name in others]
    also = "also " if set(required) & set(channels) else ""
    raise ModelError(
        f"the input is only {_description(channels)}, and the model {also}needs "
        f"{_description(missing)}: " + ", or ".join(remedies)
    )


def check_stream(model: Model, rate: float, channels: tuple[str, ...]) -> None:
    """ModelError if a model cannot take the place of another one while its samples flow."""
    sensor = model.manifest.input["sensor"]
    if (sensor["rate_hz"], tuple(sensor["channels"])) != (rate, channels):
        raise ModelError(
            f"it needs {', '.join(sensor['channels'])} at {sensor['rate_hz']} Hz, and this "
            f"device delivers {', '.join(channels)} at {rate:g} Hz"
        )


def check_recording(model: Model, recording: Recording | Sound) -> None:
    """Like `check_channels`; motion must also contain gravity, which shows the model what is up."""
    check_channels(model, recording.channels)
    if getattr(recording, "gravity_removed", False):
        raise RecordingError(
            "gravity was subtracted from it when it was recorded, so the directions up and down "
            "are unknown: record again with a sketch that sends acceleration with gravity"
        )


def _description(channels: tuple[str, ...]) -> str:
    return f"{QUANTITIES.get(channels, 'a stream')} ({', '.join(channels)})"


def _fits(name: str, task: str, channels: tuple[str, ...]) -> bool:
    manifest = read_manifest(find_model(name))
    return manifest.task == task and set(manifest.input["sensor"]["channels"]) <= set(channels)

"""Does a stream have what a model needs? If not, say what would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edge.errors import ModelError, RecordingError
from edge.model import Model, read_manifest
from edge.model.shipped import find_model, shipped_models
from edge.samples import ACCEL, AUDIO, GYRO, MOTION

if TYPE_CHECKING:  # whoever listens reads no recordings, and need not load what does
    from edge.formats.motion import Recording
    from edge.formats.sound import Sound

MEASURES: dict[tuple[str, ...], str] = {
    ACCEL: "acceleration",
    GYRO: "rotation",
    MOTION: "motion",
    AUDIO: "sound",
}
SENSORS: dict[tuple[str, ...], str] = {
    GYRO: "a sensor with a gyroscope, such as the MPU6050, and a sketch that sends it "
    "(firmware_bridge has one)",
    MOTION: "a motion sensor, such as the MPU6050",
    AUDIO: "a microphone",
}


def check_channels(model: Model, channels: tuple[str, ...]) -> None:
    """Refuse a stream that lacks a channel of the model's, naming a shipped model that fits."""
    needed = model.manifest.input["sensor"]["channels"]
    missing = tuple(name for name in needed if name not in channels)
    if not missing:
        return
    others = [name for name in shipped_models() if _fits(name, model.manifest.task, channels)]
    advice = [f"use {SENSORS.get(missing, 'a sensor that has them')}"]
    advice += [f"take the model {name}" for name in others]
    as_well = " as well" if set(needed) & set(channels) else ""
    raise ModelError(
        f"here is {_named(channels)} only, and the model needs {_named(missing)}{as_well}: "
        + ", or ".join(advice)
    )


def check_recording(model: Model, recording: Recording | Sound) -> None:
    """As `check_channels`, and gravity, by which a model knows up from down, must be in motion."""
    check_channels(model, recording.channels)
    if getattr(recording, "gravity_removed", False):
        raise RecordingError(
            "gravity was subtracted from it when it was recorded, and without it up and down are "
            "unknown: record again with a sketch that sends gravity as well"
        )


def _named(channels: tuple[str, ...]) -> str:
    return f"{MEASURES.get(channels, 'a stream')} ({', '.join(channels)})"


def _fits(name: str, task: str, channels: tuple[str, ...]) -> bool:
    manifest = read_manifest(find_model(name))
    return manifest.task == task and set(manifest.input["sensor"]["channels"]) <= set(channels)

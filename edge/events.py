"""Events: what the chain passes to its sinks. With `--json`, each is printed as one JSON object.

Detection, Number, SequenceOutput, Rejection and Retraction are what was recognised. The others tell
how the run goes: Ready, DeviceLost, DeviceFound, Failure, HealthReport and, at the end, Summary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from edge.samples import Health


@dataclass(frozen=True, kw_only=True)
class Stamped:
    """What every event has; the chain and its output fill it in."""

    time: datetime | None = field(default=None, repr=False, compare=False)
    """Wall clock at which the event was known, with the time zone."""
    sequence: int | None = field(default=None, repr=False, compare=False)
    """The number of the event within its run, from 0; None outside of a run."""


@dataclass(frozen=True)
class StrokeReading:
    """How the motion of a stroke was interpreted."""

    angle_trust: float
    """How far the angle, from the gyroscope, could be trusted, 0 to 1."""
    position_trust: float
    """How far the position, from the accelerometer, could be trusted, 0 to 1."""
    sign: float
    """How certain it is which way is up, 0.5 to 1."""
    other_label: str
    """The digit that it would be under the other sign; "" if that is the same or improbable."""
    movements: int
    """Number of movements with short rests between them."""

    @property
    def used(self) -> str:
        """The trajectory that the model mostly relied on: "angle", "position" or "both"."""
        low, high = sorted((self.angle_trust, self.position_trust))
        if low >= high / 2:
            return "both"
        return "angle" if self.angle_trust == high else "position"


@dataclass(frozen=True)
class Detection(Stamped):
    """A label was recognised."""

    label: str
    score: float
    """Probability of the label, 0 to 1."""
    t: float
    """Source time of the end of the stroke or word, in seconds."""
    latency_ms: float
    """From `t` to this event: the time until the end is certain, and computing time."""
    scores: dict[str, float]
    """Probability of every label."""
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    """(n, 2) x right, y up: the stroke as it was drawn."""
    truth: str | None = None
    """The label that a simulated source really drew or said; "" for nothing, None if unknown."""
    stroke: StrokeReading | None = None
    """Of a stroke, if the model is of kind `stroke`."""
    heart_rate: float | None = None
    """Beats a minute, of a heartbeat."""


@dataclass(frozen=True)
class Number(Stamped):
    """Digits that were said one after another, followed by a pause."""

    digits: str
    """All digits in order, with leading zeros: "007"."""
    score: float
    """The lowest score of its digits."""
    t: float
    """Source time of the end of the last digit."""
    latency_ms: float
    """From `t` to this event, with the pause."""

    @property
    def label(self) -> str:
        return self.digits


class Unrecognised:
    """An event that names no label."""

    @property
    def label(self) -> str:
        return ""

    @property
    def score(self) -> float:
        return 0.0


@dataclass(frozen=True)
class SequenceOutput(Unrecognised, Stamped):
    """The waveforms that a model computed of one window."""

    names: tuple[str, ...]
    """The names of the waveforms."""
    unit: str
    start: float
    """Source time of the first value, in seconds."""
    t: float
    """Source time of the last value."""
    rate: float
    """Values a second."""
    values: NDArray[np.float32] = field(repr=False)
    """(n, names); NaN where no window has a value."""
    latency_ms: float
    """From `t` to this event."""
    inputs: Mapping[str, NDArray[np.float32]] = field(default_factory=dict, repr=False)
    """The signals that the network saw at the same times, as they were scaled for it; only if the
    model names them."""


@dataclass(frozen=True)
class Rejection(Unrecognised, Stamped):
    """A stroke that was not recognised as any label."""

    reason: str
    t: float
    scores: dict[str, float]
    trajectory: NDArray[np.float32] | None = field(default=None, repr=False)
    truth: str | None = None
    """The label that a simulated source really drew or said; "" for nothing, None if unknown."""
    stroke: StrokeReading | None = None
    """Of a stroke, if the model is of kind `stroke`."""


@dataclass(frozen=True)
class Retraction(Unrecognised, Stamped):
    """A detection is not valid any more: its stroke went on, and is something else."""

    retracted_label: str
    """The label of that detection."""
    retracted_t: float
    """The `t` of that detection."""
    t: float
    """Source time of the end of the stroke that shows it."""
    latency_ms: float
    """From `t` to this event."""


@dataclass(frozen=True)
class Summary(Stamped):
    """The end of a run."""

    health: Health
    detections: int
    rejections: int
    failed: bool = False
    """Whether an error ended the run."""


@dataclass(frozen=True)
class Ready(Stamped):
    """The model is loaded and the source is open."""

    source: str
    """The name of the device, or the kind of the source."""
    rate: float
    """Nominal samples a second."""
    channels: tuple[str, ...]
    words: tuple[str, ...]
    """The labels that can be detected."""
    threshold: float | None
    """The threshold of most words; None if the decision has none."""


@dataclass(frozen=True)
class DeviceLost(Stamped):
    """The device went away, or was not there at the start; the run waits for it."""

    reason: str
    t: float | None
    """Source time of the newest sample in seconds; None if there was none."""


@dataclass(frozen=True)
class DeviceFound(Stamped):
    """The device is there again."""

    t: float | None
    """Source time of the newest sample before it in seconds; None if there was none."""


@dataclass(frozen=True)
class Failure(Stamped):
    """An error that ends the run, or a fault that degrades it."""

    message: str
    """Cause and remedy, in one line."""
    fatal: bool
    """Whether it ends the run."""
    t: float | None = None
    """Source time of the newest sample in seconds; None if there was none."""


@dataclass(frozen=True)
class HealthReport(Stamped):
    """The counters of the run so far (`--health`)."""

    health: Health
    detections: int
    rejections: int
    cpu_percent: float | None
    """Of one core, since the previous report."""
    memory_mb: float | None
    temperature: float | None
    """Of the processor, in degrees Celsius; None if the system does not report it."""


Recognition = Detection | Rejection | Retraction | Number | SequenceOutput
RunEvent = Recognition | Ready | DeviceLost | DeviceFound | Failure | HealthReport | Summary


def valid_detections(events: Iterable[RunEvent]) -> list[Detection]:
    """The detections that no later event retracts."""
    found: list[Detection] = []
    for event in events:
        if isinstance(event, Detection):
            found.append(event)
        elif isinstance(event, Retraction):
            found = [detection for detection in found if detection.t != event.retracted_t]
    return found

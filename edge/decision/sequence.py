"""Models whose output is no class but a waveform: an event with its values for each window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision, DecisionSettings, Event
from edge.errors import ModelError
from edge.events import SequenceOutput
from edge.features import Window
from edge.fields import MAX_NAME, Fields

MAX_COUNT = 1 << 20
LIMIT = 1e9  # of an offset or a factor


@dataclass(frozen=True)
class SequenceSettings(DecisionSettings):
    """The labels of such a model are the names of its waveforms."""

    count: int
    """Values of each waveform that the network computes of a window; the last one belongs to the
    last sample of the window."""
    first: int
    """Number of the first value of an event: the earlier ones are left out, because another window
    has them, or because the network sees too little around them."""
    last: int
    """Number of the value after the last one of an event."""
    rate_hz: float
    """Values a second."""
    unit: str
    offset: float
    """An event has `offset` + `factor` times the output of the network."""
    factor: float
    inputs: tuple[str, ...] = ()
    """Names for the signals of a window, which an event then has as well; there is a value of each
    for each value of a waveform."""

    @classmethod
    def from_manifest(cls, labels: Sequence[str], values: Mapping[str, Any]) -> SequenceSettings:
        fields = Fields(values, "decision")
        count = fields.integer("count", 1, MAX_COUNT)
        first = fields.integer("first", 0, count - 1, 0)
        return cls(
            background_labels=(),
            word_prior=1.0,
            count=count,
            first=first,
            last=fields.integer("last", first + 1, count, count),
            rate_hz=fields.number("rate_hz", 1e-3, 1e6),
            unit=_unit(fields),
            offset=fields.number("offset", -LIMIT, LIMIT, 0),
            factor=fields.number("factor", -LIMIT, LIMIT, 1),
            inputs=tuple(fields.texts("inputs", [])),
        )

    def output_shapes(self, labels: int) -> list[list[int]]:
        shapes = [[1, self.count, labels]]
        return [*shapes, [1, self.count]] if labels == 1 else shapes

    def with_threshold(self, threshold: float) -> SequenceSettings:
        raise ModelError("this model computes a waveform, so it has no threshold: leave it out")


def _unit(fields: Fields) -> str:
    return "" if fields.values.get("unit", "") == "" else fields.text("unit")[:MAX_NAME]


class SequenceDecision(Decision):
    """One event for each window."""

    settings_class = SequenceSettings

    def __init__(self, labels: Sequence[str], settings: SequenceSettings) -> None:
        self._labels, self._settings = list(labels), settings

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        yield sequence_output(self._labels, self._settings, window, scores)


def sequence_output(
    labels: Sequence[str],
    settings: SequenceSettings,
    window: Window,
    output: NDArray[np.float32],
) -> SequenceOutput:
    """The event of one window, from the output of the network."""
    kept = output.reshape(settings.count, len(labels))[settings.first : settings.last]
    names, seen = settings.inputs, window.tensor
    if names and seen.size != settings.count * len(names):
        raise ModelError(
            f"the model names the inputs {', '.join(names)} with {settings.count} values each, and "
            f"its windows have {seen.size} values in all: convert it again"
        )
    signals = seen.reshape(settings.count, len(names)) if names else np.empty((settings.count, 0))
    shown = signals[settings.first : settings.last].T.astype(np.float32)
    t = window.t - (settings.count - settings.last) / settings.rate_hz
    return SequenceOutput(
        names=tuple(labels),
        unit=settings.unit,
        start=t - (len(kept) - 1) / settings.rate_hz,
        t=t,
        rate=settings.rate_hz,
        values=settings.offset + settings.factor * kept,
        latency_ms=(window.decided_t - t) * 1000,
        inputs=dict(zip(names, shown, strict=True)),
    )


def joined(outputs: Sequence[SequenceOutput]) -> SequenceOutput:
    """One waveform of those of several windows; where they overlap, it is their mean.

    Values that no window has are NaN.
    """
    first = outputs[0]
    rate, start = first.rate, min(output.start for output in outputs)
    places = [round((output.start - start) * rate) for output in outputs]
    count = max(at + len(output.values) for at, output in zip(places, outputs, strict=True))
    columns = len(first.names)
    sums, numbers = np.zeros((count, columns + len(first.inputs))), np.zeros((count, 1))
    for at, output in zip(places, outputs, strict=True):
        part = slice(at, at + len(output.values))
        sums[part, :columns] += output.values
        for number, signal in enumerate(output.inputs.values(), columns):
            sums[part, number] += signal
        numbers[part] += 1
    means = np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan).astype(np.float32)
    return SequenceOutput(
        names=first.names,
        unit=first.unit,
        start=start,
        t=start + (count - 1) / rate,
        rate=rate,
        values=means[:, :columns],
        latency_ms=outputs[-1].latency_ms,
        inputs=dict(zip(first.inputs, means[:, columns:].T, strict=True)),
    )

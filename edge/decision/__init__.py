"""Decisions turn the scores of windows into events. A new decision is one module and one line in
DECISIONS, or an entry point of the group "edge_sense.decisions" in a package of your own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from edge.decision.word_prior import ClipScorer
from edge.errors import ModelError
from edge.events import Recognition
from edge.features import Window
from edge.registry import Registry

DECISIONS = Registry(
    "edge_sense.decisions",
    {
        "single": "edge.decision.single:SingleDecision",
        "stroke": "edge.decision.stroke:StrokeDecision",
        "spotting": "edge.decision.spotting:SpottingDecision",
        "sequence": "edge.decision.sequence:SequenceDecision",
        "templates": "edge.decision.templates:TemplateDecision",
    },
)

Event = Recognition
RunNetwork = Callable[[NDArray[np.float32], int | None], NDArray[np.float32]]
"""From a tensor, and how many rows at its end are new, to the output of the network."""
Settings = TypeVar("Settings", bound="DecisionSettings")

MAX_WORD_PRIOR = 100.0


@dataclass(frozen=True)
class DecisionSettings(ABC):
    """The values of `decision` in a model's manifest, checked and typed."""

    background_labels: tuple[str, ...]
    """Labels that are never detections, such as "silence" and "unknown"."""
    word_prior: float
    """How many times more likely a word is in a recording than in a moment of a stream; see
    edge.decision.word_prior."""

    @property
    def internal_labels(self) -> tuple[str, ...]:
        """Labels that no event and no result has: they are only for the decision itself."""
        return ()

    def output_shapes(self, labels: int) -> list[list[int]]:
        """The shapes that the output of the network may have: a score for each label."""
        return [[1, labels]]

    def accepts_recording(self, label: str, score: float) -> bool | None:
        """Whether the score of a recording reaches the threshold; None if there is none for it."""
        return None

    @classmethod
    @abstractmethod
    def from_manifest(
        cls: type[Settings], labels: Sequence[str], values: Mapping[str, Any]
    ) -> Settings:
        """FieldError, which names the field, if one is missing or has an impossible value."""

    @abstractmethod
    def with_threshold(self: Settings, threshold: float) -> Settings:
        """The same settings with one threshold for all words."""

    def with_thresholds(self: Settings, thresholds: Mapping[str, float]) -> Settings:
        """The same settings with other thresholds of these words; the others keep theirs."""
        raise ModelError("this model has one threshold for all labels: give it alone")

    @property
    def usual_threshold(self) -> float | None:
        """The threshold of most words; None if there is none."""
        return None

    def with_budget(self: Settings, max_false_per_hour: float) -> Settings:
        """The same settings with the least strict thresholds whose measured false accepts per hour
        stay within the budget. ModelError where no such figures are in the model."""
        raise ModelError(
            "the false accepts per hour of this model were not measured: "
            "leave --max-false-per-hour out"
        )


def changed_thresholds(
    thresholds: Mapping[str, float], changes: Mapping[str, float]
) -> dict[str, float]:
    """The thresholds with some of them changed; ModelError if a word is not in them."""
    for word in changes:
        if word not in thresholds:
            raise ModelError(f"{word} is not a word of the model: it has {', '.join(thresholds)}")
    return {**thresholds, **changes}


class Decision(ABC):
    settings_class: ClassVar[type[DecisionSettings]]
    """The class that reads the settings of this decision from a manifest."""

    @abstractmethod
    def __init__(self, labels: Sequence[str], settings: Any) -> None:
        """`settings` is an instance of `settings_class`."""

    @abstractmethod
    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Event]:
        """Events that follow from the scores of this window, or from its embedding."""

    @classmethod
    def window_scores(
        cls, settings: Any, run_network: RunNetwork, window: Window
    ) -> NDArray[np.float32]:
        """The scores of a window, or its embedding, as `process` takes them."""
        return run_network(window.tensor, window.new_rows)

    @classmethod
    def score_recording(
        cls,
        labels: Sequence[str],
        settings: Any,
        windows: Sequence[Window],
        scores: Sequence[NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        """The probability of each label for a recording of one stroke or word, from the scores of
        all its windows."""
        return ClipScorer(labels, settings).score_recording(np.stack(scores))

    def change_settings(self, settings: Any) -> None:
        """Use other settings from now on, without losing the state."""
        raise ModelError("the thresholds of this model cannot be changed while it runs")

    def next_detection_t(self) -> float:
        """Source time of the next window that can bring an event, at the earliest; -inf if unknown.

        A live source sleeps until then.
        """
        return -inf

    @property
    def due_t(self) -> float:
        """Source time at which `pass_time` will bring an event; infinite if none is pending."""
        return inf

    def pass_time(self, t: float) -> Iterator[Event]:
        """Events that follow from time alone, up to source time `t`.

        Called after the windows of every chunk, because there are no windows during silence.
        """
        return iter(())

    def finish(self) -> Iterator[Event]:
        """Events that follow from the end of the stream."""
        return iter(())

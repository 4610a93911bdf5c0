"""Detect enrolled words: the stream of embeddings is compared with the recorded takes of each word.

The network of such a model gives an embedding for each step instead of scores. The distance of a
word (`edge.decision.template_matching`) becomes its score by its distances to the bank of other
speech when it was enrolled: at a score of 0.5 all words together have one false accept an hour in
the bank, at 0.9 a ninth of that.

A word is detected when its score has passed its peak: a similar word may reach its threshold first.
"""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision, DecisionSettings, changed_thresholds
from edge.decision.operating_points import OperatingPoint, choose_point
from edge.decision.template_matching import MAX_DISTANCE, Fillers, TemplateMatcher, unit_rows
from edge.events import Detection
from edge.features import Window
from edge.fields import FieldError, Fields

MAX_DIMENSIONS = 256
MAX_TAKES = 50  # of a word
MAX_STEPS = 200  # of a take: 8 s
MAX_ROWS = 20_000  # of all takes together: limits the time of a step
MAX_TIME_S = 60.0
MAX_FILLERS = 256
LEVELS = 127  # of a stored embedding, in each direction
MAX_EXPONENT = 50.0


@dataclass(frozen=True)
class EnrolledWord:
    takes: tuple[NDArray[np.int8], ...]
    """The embeddings of each take, a row for each step; their length is of no meaning."""
    center: float
    """The distance at which the score is 0.5."""
    width: float
    """How much less the distance must be for the odds of the score to be e times as high."""

    def score(self, distance: float) -> float:
        exponent = (distance - self.center) / self.width
        return 1 / (1 + exp(min(max(exponent, -MAX_EXPONENT), MAX_EXPONENT)))

    def document(self) -> dict[str, Any]:
        """The values as a manifest stores them."""
        takes = [stored_rows(take) for take in self.takes]
        return {"takes": takes, "center": self.center, "width": self.width}

    @classmethod
    def from_manifest(cls, fields: Fields, dimensions: int) -> EnrolledWord:
        texts = fields.values.get("takes")
        if not isinstance(texts, list) or not 1 <= len(texts) <= MAX_TAKES:
            raise fields.error("takes", f"give 1 to {MAX_TAKES} takes")
        return cls(
            takes=tuple(_rows(text, dimensions, MAX_STEPS, fields, "takes") for text in texts),
            center=fields.number("center", -MAX_DISTANCE, MAX_DISTANCE),
            width=fields.number("width", 1e-6, MAX_DISTANCE),
        )


def stored_take(embeddings: NDArray[np.floating]) -> NDArray[np.int8]:
    """Return embeddings as a model file stores them."""
    return np.rint(unit_rows(embeddings) * LEVELS).astype(np.int8)


def stored_rows(rows: NDArray[np.int8]) -> str:
    """Return rows as a manifest stores them."""
    return base64.b64encode(rows.tobytes()).decode()


@dataclass(frozen=True)
class TemplateSettings(DecisionSettings):
    """All times are in seconds of sound."""

    dimensions: int
    """Of an embedding: the outputs of the network."""
    fillers: Fillers | None
    """None in models that were enrolled before there were fillers."""
    words: Mapping[str, EnrolledWord]
    thresholds: Mapping[str, float]
    """By word: the score from which on it is detected."""
    peak_s: float
    """A word is detected when its score was not exceeded for this time."""
    delay_s: float
    """From the end of a word to the step with the highest score."""
    refractory_s: float
    """The same word is not detected again within this time."""
    operating_points: tuple[OperatingPoint, ...]

    @classmethod
    def from_manifest(cls, labels: Sequence[str], values: Mapping[str, Any]) -> TemplateSettings:
        fields = Fields(values, "decision")
        background = fields.texts("background_labels")
        if len(background) != 1 or background[0] != labels[-1]:
            raise fields.error("background_labels", "give the last of the labels")
        names = list(labels[:-1])
        dimensions = fields.integer("dimensions", 1, MAX_DIMENSIONS)
        enrolled, thresholds = fields.section("words"), fields.section("thresholds")
        if sorted(enrolled.values) != sorted(names):
            raise FieldError("decision.words: give each label but the background label")
        words = {
            name: EnrolledWord.from_manifest(enrolled.section(name), dimensions) for name in names
        }
        if sum(len(take) for word in words.values() for take in word.takes) > MAX_ROWS:
            raise FieldError(f"decision.words: the takes have more than {MAX_ROWS} steps")
        return cls(
            background_labels=tuple(background),
            word_prior=1.0,
            dimensions=dimensions,
            fillers=_fillers(fields, dimensions) if "fillers" in fields.values else None,
            words=words,
            thresholds={name: thresholds.number(name, 0, 1) for name in names},
            peak_s=fields.number("peak_s", 0, MAX_TIME_S),
            delay_s=fields.number("delay_s", 0, MAX_TIME_S),
            refractory_s=fields.number("refractory_s", 0, MAX_TIME_S),
            operating_points=tuple(
                OperatingPoint.from_manifest(point) for point in fields.sections("operating_points")
            ),
        )

    def output_shapes(self, labels: int) -> list[list[int]]:
        return [[1, self.dimensions]]

    @property
    def usual_threshold(self) -> float:
        return Counter(self.thresholds.values()).most_common(1)[0][0]

    def with_threshold(self, threshold: float) -> TemplateSettings:
        return replace(self, thresholds=dict.fromkeys(self.thresholds, threshold))

    def with_thresholds(self, thresholds: Mapping[str, float]) -> TemplateSettings:
        return replace(self, thresholds=changed_thresholds(self.thresholds, thresholds))

    def with_budget(self, max_false_per_hour: float) -> TemplateSettings:
        return self.with_threshold(
            choose_point(self.operating_points, max_false_per_hour).threshold
        )

    def accepts_recording(self, label: str, score: float) -> bool | None:
        return label in self.thresholds and score >= self.thresholds[label]

    def matcher(self) -> TemplateMatcher:
        return TemplateMatcher([word.takes for word in self.words.values()], self.fillers)

    def scores(self, distances: NDArray[np.float32]) -> list[float]:
        """Return the score of each word, and of the background label."""
        found = [
            word.score(distance)
            for word, distance in zip(self.words.values(), distances.tolist(), strict=True)
        ]
        return [*found, 1 - max(found)]


@dataclass
class _Peak:
    word: int
    scores: list[float]
    window: Window


class TemplateDecision(Decision):
    settings_class = TemplateSettings

    def __init__(self, labels: Sequence[str], settings: TemplateSettings) -> None:
        self.labels = list(labels)
        self._settings = settings
        self._matcher = settings.matcher()
        self._newest_t = -inf
        self._peak: _Peak | None = None
        self._detected_at = [-inf] * len(settings.words)
        self.change_settings(settings)

    def change_settings(self, settings: TemplateSettings) -> None:
        self._settings = settings
        self._thresholds = [settings.thresholds[name] for name in settings.words]

    def process(self, window: Window, scores: NDArray[np.float32]) -> Iterator[Detection]:
        """`scores` are the embedding of the newest step."""
        if window.t - self._newest_t > self._settings.refractory_s:
            yield from self._take_peak(window.t)  # sound is missing in between
            self._matcher.reset()
        self._newest_t = window.t
        if self._peak and window.t - self._peak.window.t > self._settings.peak_s:
            yield from self._take_peak(window.t)
        found = self._settings.scores(self._matcher.step(scores))
        word = max(range(len(self._thresholds)), key=found.__getitem__)
        if found[word] < self._thresholds[word]:
            return
        if window.t - self._detected_at[word] < self._settings.refractory_s:
            return
        if self._peak is None or found[word] > self._peak.scores[self._peak.word]:
            self._peak = _Peak(word, found, window)

    @property
    def due_t(self) -> float:
        return inf if self._peak is None else self._peak.window.t + self._settings.peak_s

    def pass_time(self, t: float) -> Iterator[Detection]:
        if t > self.due_t:
            yield from self._take_peak(t)

    def finish(self) -> Iterator[Detection]:
        yield from self._take_peak(self._newest_t)

    def _take_peak(self, t: float) -> Iterator[Detection]:
        """Yield the detection of the peak, if there is one, at time `t`."""
        peak, self._peak = self._peak, None
        if peak is None:
            return
        # The sound of this word must not become part of another one.
        self._matcher.reset()
        self._detected_at[peak.word] = peak.window.t
        end = peak.window.t - self._settings.delay_s
        by_label = dict(zip(self.labels, peak.scores, strict=True))
        label, score = self.labels[peak.word], peak.scores[peak.word]
        yield Detection(label, score, end, (t - end) * 1000, by_label, peak.window.trajectory)

    @classmethod
    def score_recording(
        cls,
        labels: Sequence[str],
        settings: TemplateSettings,
        windows: Sequence[Window],
        scores: Sequence[NDArray[np.float32]],
    ) -> NDArray[np.float32]:
        """The scores at the step at which a word scores highest."""
        matcher = settings.matcher()
        found = np.array([settings.scores(matcher.step(one)) for one in scores], np.float32)
        best: NDArray[np.float32] = found[found[:, :-1].max(axis=1).argmax()]
        return best


def _fillers(fields: Fields, dimensions: int) -> Fillers:
    vectors = _rows(fields.values["fillers"], dimensions, MAX_FILLERS, fields, "fillers")
    return Fillers(vectors, fields.number("filler_weight", 0, 1))


def _rows(text: Any, dimensions: int, most: int, fields: Fields, name: str) -> NDArray[np.int8]:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError):
        data = b""
    rows, rest = divmod(len(data), dimensions)
    if rest or not 1 <= rows <= most:
        raise fields.error(name, f"give rows of {dimensions} values, 1 to {most} of them")
    return np.frombuffer(data, np.int8).reshape(rows, dimensions)

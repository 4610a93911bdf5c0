"""What the live chain makes of long audio, and how much of it is right.

The network is run once over the sound, by the very stages that listen live; its scores are kept, so
that any number of decisions can be made of them later.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.decision import Decision
from edge.events import Detection
from edge.features import Window
from edge.model import Model
from edge.samples import Chunk
from training.common.intervals import poisson_interval
from training.sound.evaluate.long_audio import LongAudio, TrueWord

log = logging.getLogger(__name__)

IN_TIME_S = 1.0  # after a word's end, in which hearing it counts (MLPerf Tiny, streaming)
SAY_EVERY_S = 600.0
DEBOUNCE_S = 1.0  # in which what is false again is not counted again


@dataclass(frozen=True)
class Trace:
    """Every window that the network saw, and what it said; none where the gate was closed."""

    t: NDArray[np.float64]
    """End of each window, in seconds."""
    decided_t: NDArray[np.float64]
    """When it could be computed."""
    scores: NDArray[np.float32]
    """(n, labels)."""
    labels: tuple[str, ...]
    seconds: float
    """How much sound there was, what the gate withheld included."""

    def windows(self) -> Iterator[tuple[Window, NDArray[np.float32]]]:
        """As a decision is told of them."""
        nothing = np.empty((0, 0), np.float32)
        for t, decided_t, scores in zip(self.t, self.decided_t, self.scores, strict=True):
            yield Window(float(t), float(decided_t), nothing), scores


@dataclass(frozen=True)
class Heard:
    t: float
    """When the decision was made."""
    label: str


def listen(model: Model, audio: LongAudio) -> Trace:
    """Run the features and the network of a model over the sound."""
    features = model.features()
    times: list[tuple[float, float]] = []
    scores: list[NDArray[np.float32]] = []

    def take(chunk: Chunk | None) -> None:
        for window in features.finish() if chunk is None else features.process(chunk):
            if isinstance(window, Window):
                times.append((window.t, window.decided_t))
                scores.append(model.scores(window.tensor, window.new_rows))

    count, said = 0, 0.0
    for block in audio.blocks():
        if count / audio.rate - said >= SAY_EVERY_S:
            said = count / audio.rate
            log.info("%s: %.0f of %.0f minutes", audio.name, said / 60, audio.seconds / 60)
        t = (count + np.arange(len(block))) / audio.rate
        take(Chunk(t, block[:, np.newaxis]))
        count += len(block)
    take(None)
    log.info("%s: all %.1f minutes heard", audio.name, audio.seconds / 60)
    t, decided_t = np.array(times, np.float64).reshape(-1, 2).T
    kept = np.array(scores, np.float32).reshape(-1, len(model.labels))
    return Trace(t, decided_t, kept, tuple(model.labels), count / audio.rate)


def decide(trace: Trace, decision: Decision) -> list[Heard]:
    """What the decision hears in a trace."""
    return [
        Heard(window.decided_t, event.label)
        for window, scores in trace.windows()
        for event in decision.process(window, scores)
        if isinstance(event, Detection)
    ]


@dataclass(frozen=True)
class Outcome:
    """How much of what was said was heard, and what was heard that was not said."""

    words: int
    hits: int
    delays: list[float] = field(repr=False)
    """Seconds from a word's end to its hit; negative where it was heard before it was over."""
    false: Counter[str]
    """How often false, by what was there: another word, the same word twice, no word at all."""
    seconds: float
    missed: Counter[str] = field(repr=False, default_factory=Counter)
    """Words that were not heard."""
    by_label: Counter[str] = field(repr=False, default_factory=Counter)
    """False accepts, by what was heard."""
    origins: Counter[str] = field(repr=False, default_factory=Counter)
    """False accepts, by the clip that brought them about."""
    clips: Counter[str] = field(repr=False, default_factory=Counter)
    """How often each clip was played."""

    @property
    def false_per_hour(self) -> float:
        return self.false.total() * 3600 / self.seconds


def rate_interval(outcomes: Sequence[Outcome], each: float | None = None) -> tuple[float, float]:
    """95 % interval of the false accepts an hour that other people would bring about.

    A clip that is mistaken whenever it is played is one observation, not ten: what counts is how
    many clips are, each with as many false accepts as it brought about. Where none is, `each` says
    how many that would be; without it, as many as a clip was played.
    """
    origins, clips = false_origins(outcomes), Counter[str]()
    for one in outcomes:
        clips += one.clips
    if origins:
        each = origins.total() / len(origins)
    elif each is None:
        each = max(1.0, clips.total() / max(1, len(clips)))
    hours = sum(one.seconds for one in outcomes) / 3600
    low, high = poisson_interval(len(origins))
    return low * each / hours, high * each / hours


def false_origins(outcomes: Sequence[Outcome]) -> Counter[str]:
    """False accepts of all of them, by the clip that brought them about."""
    together: Counter[str] = Counter()
    for one in outcomes:
        together += one.origins
    return together


def judge(
    heard: Sequence[Heard], words: Sequence[TrueWord], targets: Collection[str], seconds: float
) -> Outcome:
    """A word is hit once, from its start until a second after its end, by its own name only."""
    said = [word for word in words if word.label in targets]
    starts = np.array([word.start for word in words])
    unheard = dict(enumerate(said))
    waiting = {label: [k for k, w in unheard.items() if w.label == label] for label in targets}
    delays: list[float] = []
    false: Counter[str] = Counter()
    by_label: Counter[str] = Counter()
    origins: Counter[str] = Counter()
    last_false = -np.inf
    for event in sorted(heard, key=lambda one: one.t):
        queue = waiting.get(event.label, [])
        while queue and unheard[queue[0]].end + IN_TIME_S < event.t:
            queue.pop(0)
        if queue and unheard[queue[0]].start <= event.t:
            hit = unheard.pop(queue.pop(0))
            delays.append(event.t - hit.end)
        elif event.t - last_false >= DEBOUNCE_S:
            last_false = event.t
            k = int(np.searchsorted(starts, event.t, side="right")) - 1
            there = words[k] if k >= 0 and event.t <= words[k].end + IN_TIME_S else None
            if there is None:
                false["no word"] += 1
            else:
                false["twice" if there.label == event.label else "another word"] += 1
            by_label[event.label] += 1
            # What no clip brought about is another thing each time.
            origins[there.clip if there and there.clip else f"{event.t}"] += 1
    missed = Counter(word.label for word in unheard.values())
    clips = Counter(word.clip for word in words if word.clip)
    hits = len(delays)
    return Outcome(len(said), hits, delays, false, seconds, missed, by_label, origins, clips)


def withheld(trace: Trace, words: Sequence[TrueWord], targets: Collection[str]) -> int:
    """How many words the level gate kept from the network, from their start until too late."""
    said = [word for word in words if word.label in targets]
    first = np.searchsorted(trace.t, [word.start for word in said])
    last = np.searchsorted(trace.t, [word.end + IN_TIME_S for word in said])
    return int((first == last).sum())

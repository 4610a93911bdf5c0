"""Words spotted in long audio: scored as live, and matched to the ground truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from edge.chain import Chain, run
from edge.events import Detection
from edge.model import Model
from edge.samples import AUDIO, Chunk, Health
from edge.source import Source
from sound_network import write_model
from synthetic_words import RATE, write_word_clips
from training.common.intervals import poisson_interval
from training.sound.evaluate.long_audio import TrueWord
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.spotting.matching import match_words, words_without_windows
from training.sound.evaluate.spotting.result import SpottingResult, false_per_hour_interval
from training.sound.evaluate.spotting.scored_audio import (
    ScoredAudio,
    SpottedWord,
    run_decision,
    run_features_and_network,
)

WORDS = [TrueWord(1.0, 1.5, "one"), TrueWord(4.0, 4.5, "bird"), TrueWord(7.0, 7.5, "two")]


def spotted(*words: tuple[float, str]) -> list[SpottedWord]:
    return [SpottedWord(*word) for word in words]


def match(
    words: Sequence[SpottedWord],
    truth: list[TrueWord],
    targets: Sequence[str] = ("one",),
    seconds: float = 60.0,
) -> SpottingResult:
    none = np.empty(0)
    audio = ScoredAudio(none, none, np.empty((0, 1), np.float32), ("one",), seconds, truth)
    return match_words(words, audio, targets)


@pytest.mark.parametrize(
    ("detections", "hits", "false_accepts"),
    [
        (spotted((1.7, "one"), (7.9, "two")), 2, {}),
        (spotted((1.0, "one")), 1, {}),  # from the start of the word ...
        (spotted((2.5, "one")), 1, {}),  # ... until a second after its end
        (spotted((0.9, "one")), 0, {"no word": 1}),
        (spotted((2.6, "one")), 0, {"no word": 1}),
        (spotted((1.7, "two")), 0, {"another word": 1}),
        (spotted((4.6, "one")), 0, {"another word": 1}),
        (spotted((1.3, "one"), (1.9, "one")), 1, {"twice": 1}),
        (spotted((5.0, "two"), (5.6, "one"), (6.1, "one")), 0, {"another word": 1, "no word": 1}),
    ],
)
def test_spotted_words_are_hits_or_false_accepts_with_a_cause(
    detections: list[SpottedWord], hits: int, false_accepts: dict[str, int]
) -> None:
    result = match(detections, WORDS, ["one", "two"], 3600.0)
    assert (result.words, result.hits, dict(result.false_accepts)) == (2, hits, false_accepts)
    assert result.misses.total() == 2 - hits
    assert result.false_per_hour == sum(false_accepts.values())


def test_a_repeated_word_needs_two_detections() -> None:
    words = [TrueWord(1.0, 1.4, "one"), TrueWord(1.9, 2.3, "one")]
    assert match(spotted((1.6, "one"), (2.5, "one")), words).hits == 2
    result = match(spotted((2.35, "one")), words)
    assert (result.hits, result.false_accepts.total()) == (1, 0)
    assert match(spotted((1.5, "one")), words).delays == [pytest.approx(0.1)]


def test_a_correct_detection_of_a_word_that_is_not_a_target_is_ignored() -> None:
    result = match(spotted((7.6, "two"), (7.9, "two"), (9.0, "two")), WORDS)
    assert (result.words, result.hits) == (1, 0)
    assert dict(result.false_accepts) == {"no word": 1}


def test_a_clip_with_many_false_accepts_is_one_observation() -> None:
    words = [TrueWord(10.0 * k, 10.0 * k + 0.5, "bird", f"{k % 3}.wav") for k in range(360)]
    in_one_clip = [SpottedWord(word.end, "one") for word in words if word.clip == "0.wav"]
    always = match(in_one_clip, words, seconds=3600)
    assert (always.false_accepts.total(), len(always.false_by_clip)) == (120, 1)
    low, high = poisson_interval(1)
    assert false_per_hour_interval([always]) == pytest.approx((120 * low, 120 * high))
    never = match([], words, seconds=3600)
    expected = (0, 120 * poisson_interval(0)[1])
    assert false_per_hour_interval([never]) == pytest.approx(expected)
    # Without clips, each false accept is an observation.
    outside_clips = match(spotted((5.0, "one"), (8.0, "one")), [], seconds=7200)
    expected = tuple(limit / 2 for limit in poisson_interval(2))
    assert false_per_hour_interval([outside_clips]) == pytest.approx(expected)


def test_words_without_windows_are_counted() -> None:
    t = np.array([0.9, 2.6, 4.2, 7.1])
    audio = ScoredAudio(t, t, np.zeros((4, 1), np.float32), ("one",), 10.0, WORDS)
    assert words_without_windows(audio, ["one", "two"]) == 1


class MemorySource(Source):
    """Samples from memory, in chunks whose length is no multiple of anything."""

    channels, rate = AUDIO, float(RATE)

    def __init__(self, samples: np.ndarray) -> None:
        self.samples, self.health = samples, Health()

    @classmethod
    def add_options(cls, parser: object) -> None: ...

    @classmethod
    def from_options(cls, args: object, requirements: object) -> Source | None: ...

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Chunk]:
        for at in range(0, len(self.samples), 777):
            part = self.samples[at : at + 777]
            yield Chunk((at + np.arange(len(part))) / RATE, part[:, np.newaxis])


class ListSink:
    """Stores the detections, each with the time at which it was known."""

    def __init__(self) -> None:
        self.detections: list[tuple[float, str]] = []

    def show(self, event: object) -> None:
        if isinstance(event, Detection):
            self.detections.append((event.t, event.label))

    def progress(self, health: Health, chunk: Chunk, preview: object = None) -> None: ...


def test_spotted_words_are_those_of_the_live_chain(tmp_path: Path) -> None:
    model = Model.load(write_model(tmp_path / "kws.tflite"))
    clips = write_word_clips(tmp_path / "clips")
    noise = [np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32)]
    config = MixConfig(seconds=60, snrs=[None, 3.0], seed=3)
    for audio in mix_clips(clips, ["one", "two"], noise, config):
        scored = run_features_and_network(model, audio)
        assert scored.seconds == 60
        sink = ListSink()
        samples = np.concatenate(list(audio.blocks()))
        run(MemorySource(samples), Chain(model), [sink])
        words = run_decision(scored, model.decision())
        assert [word.label for word in words] == [label for _, label in sink.detections]
        assert [word.t for word in words] == pytest.approx([t for t, _ in sink.detections])
        assert len(words) > 3

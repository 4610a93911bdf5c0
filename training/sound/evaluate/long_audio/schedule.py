"""Which clip is played when, in long audio that is mixed from clips.

Half of the words are targets: words that the model should detect. The other half are other words,
which the model must not detect. After each word comes a gap. Stretches of words alternate with
stretches of background noise alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from edge.errors import RecordingError
from edge.takes.sound.endpoints import word_span
from training.sound.data.clip_files import LabelledClip
from training.sound.data.recordings import load_samples
from training.sound.evaluate.long_audio import RATE, TrueWord


@dataclass(frozen=True)
class MixConfig:
    """How clips are mixed into long audio."""

    seconds: float
    snrs: Sequence[float | None] = (None,)
    """One audio is mixed for each. dB of each word above the noise; None: clean, words as they were
    recorded, with noise only where no words are."""
    gap_s: tuple[float, float] = (0.5, 4.0)
    """Shortest and longest time from the end of a word to the start of the next."""
    repetitions: int = 1
    """How often each word is played in a row."""
    speech_s: float = 150.0
    """Length of each stretch with words ..."""
    noise_only_s: float = 30.0
    """... and of the stretch without words after it."""
    rate: int = RATE
    seed: int = 0

    @property
    def cycle_s(self) -> float:
        """From the start of one stretch with words to the start of the next."""
        return self.speech_s + self.noise_only_s


@dataclass(frozen=True)
class Placement:
    """A clip in the long audio. Times in seconds."""

    clip: LabelledClip
    start: float
    """Start of the clip; its word starts later."""
    length: float
    word_span: tuple[float, float]
    """Start and end of the word, from the start of the clip."""

    @property
    def end(self) -> float:
        return self.start + self.length

    @property
    def word(self) -> TrueWord:
        first, last = self.word_span
        return TrueWord(self.start + first, self.start + last, self.clip.word, str(self.clip.path))


def schedule_clips(
    clips: Sequence[LabelledClip], targets: Collection[str], config: MixConfig
) -> list[Placement]:
    """Place clips one after another until the audio is full.

    The schedule depends on the seed and not on the noise, so all noise levels have the same words
    at the same times. Every clip is used once before a clip is used again. RecordingError if a
    target has no clips.
    """
    missing = sorted(set(targets) - {clip.word for clip in clips})
    if missing:
        raise RecordingError(f"no clips of {', '.join(missing)}: add some")
    rng = np.random.default_rng(config.seed)
    target_clips = _shuffled_forever([clip for clip in clips if clip.word in targets], rng)
    others = [clip for clip in clips if clip.word not in targets]
    other_clips = _shuffled_forever(others, rng) if others else target_clips
    placements: list[Placement] = []
    t = float(rng.uniform(*config.gap_s))
    while True:
        if len(placements) % config.repetitions == 0:
            clip = next(target_clips if rng.random() < 0.5 else other_clips)
        length = len(load_samples(clip.path, config.rate)) / config.rate
        first, last = _word_span(clip.path, config.rate)
        if t % config.cycle_s + (last - first) > config.speech_s:
            next_cycle = (t // config.cycle_s + 1) * config.cycle_s
            t = next_cycle + float(rng.uniform(*config.gap_s))
        start = max(0.0, t - first)
        if start + length > config.seconds:
            break
        placements.append(Placement(clip, start, length, (first, last)))
        t = placements[-1].word.end + float(rng.uniform(*config.gap_s))
    return placements


def _shuffled_forever(
    clips: Sequence[LabelledClip], rng: np.random.Generator
) -> Iterator[LabelledClip]:
    """Yield all clips in random order, then all again in another order, without end."""
    while True:
        for k in rng.permutation(len(clips)):
            yield clips[k]


@cache
def _word_span(path: Path, rate: int) -> tuple[float, float]:
    return word_span(load_samples(path, rate), rate)

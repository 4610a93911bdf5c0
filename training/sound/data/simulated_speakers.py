"""Words that simulated people say, as one more corpus: nobody else speaks into `--mock`."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.window_length import pad_or_crop
from edge.simulation.sound import voice_data
from edge.simulation.sound.room import Noise, Room
from edge.simulation.sound.speaker import SPEECH_LEVEL, WORDS, Speaker, say
from training.common.cache import source_code
from training.sound.data import clips
from training.sound.data.clips import SECOND, Clips, spectrum
from training.sound.learn import fit

log = logging.getLogger(__name__)

CORPUS = "simulated people"
MADE_BY = ("edge/simulation/**/*.py", "training/sound/data/simulated_speakers.py", *clips.MADE_BY)
QUIET = (25.0, 60.0)  # dB from a word down to what else a room has; more is added while learning


def people(count: int, seed: int = 0, words: Sequence[str] = WORDS) -> Clips:
    """Each of them says each word once; kept, as it takes a minute."""
    key = hashlib.sha256(repr((count, seed, tuple(words))).encode() + source_code(*MADE_BY))
    key.update(voice_data.FILE.read_bytes())
    path = fit.CACHE / f"simulated-words-{key.hexdigest()[:16]}.npz"

    def make() -> Clips:
        made = clips.together([_person(training_seed(seed, k), words) for k in range(count)])
        log.info("%d simulated people say %d words", count, len(made))
        return made

    return clips.kept(path, make)


def training_seed(seed: int, number: int) -> int:
    """Even: whoever a user of `--mock` meets has an odd one."""
    return 2 * (seed * 1_000_003 + number)


def _person(seed: int, words: Sequence[str]) -> Clips:
    said = list(spoken(seed, words))
    count = len(words)
    return Clips(
        np.array([spectrum(second) for second in said], np.float16),
        np.array(words),
        np.full(count, f"simulated{seed}"),
        np.full(count, CORPUS),
        # They never judge: who trains wants to know how well people are heard.
        np.full(count, "train"),
        np.full(count, ""),
        np.zeros(count, bool),
    )


def spoken(seed: int, words: Sequence[str]) -> list[NDArray[np.float32]]:
    """A second of each word, in a room of that person."""
    who = Speaker(seed)
    rng = who.rng
    room, quiet = Room(rng), SPEECH_LEVEL * 10 ** (-rng.uniform(*QUIET) / 20)
    noise = Noise(rng, quiet)
    seconds = []
    for word in words:
        mouth = pad_or_crop(say(word, who, rng), SECOND)
        seconds.append((room.reverberate(mouth) + noise.take(SECOND)).astype(np.float32))
    return seconds

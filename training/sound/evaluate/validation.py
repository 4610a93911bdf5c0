"""Those who judge a model: what it makes of their clips, and of hours of their words in noise."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.model.model import Model
from training.sound.data.clip_files import Spoken, label_of
from training.sound.data.clips import Clips
from training.sound.data.folder_layouts import SILENCE
from training.sound.data.recordings import load_samples
from training.sound.evaluate import clip_accuracy
from training.sound.evaluate.clip_accuracy import Scored
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.thresholds import choose
from training.sound.evaluate.trace import listen
from training.sound.task import Task

log = logging.getLogger(__name__)

HOURS = 3.0  # of long audio at each level, by which thresholds are chosen
PART = 512  # windows at once
LEVELS = (None, 10.0, 0.0)  # dB; None is clean


def judging(clips: Clips, task: Task) -> list[Spoken]:
    """The clips as files, each named by the label that it should get."""
    number = dict(zip(task.words, task.spoken, strict=True))
    return [
        Spoken(Path(path), number.get(word, _other(word, task)), speaker)
        for path, word, speaker in zip(clips.path, clips.word, clips.speaker, strict=True)
    ]


def says_others(clips: Sequence[Spoken], task: Task) -> bool:
    return any(one.word == task.other for one in clips)


def _other(word: str, task: Task) -> str:
    return task.silence if word == SILENCE else label_of(word, (task.other,))


def judged(model: Model, trial: keras.Model, clips: Sequence[Spoken]) -> Scored:
    def by_float(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        # `predict` takes longer to begin than a clip takes; a long one has many windows.
        parts = np.split(windows, range(PART, len(windows), PART))
        return np.concatenate([trial.predict_on_batch(part) for part in parts])

    return clip_accuracy.score(model, clips, model.manifest.rate_hz, by_float)


def decide(
    model: Model,
    judges: Clips,
    others: Sequence[Spoken],
    task: Task,
    noise: Sequence[Path],
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Thresholds for live use, by hours of noise with the judges' words, and with those of
    others, which are none of the task. Silences are not played: they would be made loud.

    Where nobody says another word, it is no bolder than the decision of the `base`, to which many
    have spoken.
    """
    words = judging(judges[judges.word != SILENCE], task)
    words += [replace(one, word=task.other) for one in others if one.word != SILENCE]
    if says_others(words, task):
        base = None
    else:
        log.warning(
            "nobody says any other word, so how often other people's talk is mistaken is not "
            "measured: give more --data, or --others"
        )
    rate = model.manifest.rate_hz
    beds = [load_samples(file, rate) for file in noise]
    levels = LEVELS if beds else LEVELS[:1]
    log.info("listening to %g h of long audio at each of %d levels", HOURS, len(levels))
    config = MixConfig(seconds=HOURS * 3600, snrs=levels, rate=rate)
    audios = mix_clips(words, task.spoken, beds, config)
    heard = [(listen(model, audio), audio.words) for audio in audios]
    return choose(heard, task.silent, cautious=base)

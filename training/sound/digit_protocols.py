"""What `training.sounddigit_figures` holds out of training, and tests.

All networks go on from one that is pretrained on large corpora, which contain none of the tested
speakers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import RecordingError
from training.sound.data.clips import LARGE_CORPUS, Clips, concatenate, large_corpora
from training.sound.data.words import SILENCE
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import label_clips, score_with_keras
from training.sound.export import load_int8, to_int8
from training.sound.learn.config import TrainingConfig
from training.sound.learn.distillation import with_distillation
from training.sound.learn.phases import WordNetwork, adapt, finetune, pretrain
from training.sound.learn.pretrained_model import from_tflite
from training.sound.learn.training_sets import (
    TrainingSet,
    adaptation_training_set,
    all_words_training_set,
    calibration_windows,
    task_training_set,
)

log = logging.getLogger(__name__)

FSDD = "fsdd"
OWN_TAKES = 20  # of each digit, as in the lecture
ARABIC_HELD_OUT = ("02", "07", "08", "12", "21", "25")
HELD_OUT, ADAPTED = f"{FSDD}, held out", f"{FSDD}, adapted"
EPOCHS = 6  # of the finetuning for each row; the shipped model is trained for longer


@dataclass(frozen=True)
class Row:
    """The result of one protocol."""

    name: str
    goal: float
    """The accuracy that should be reached."""
    scores: ClipScores
    group: str = ""
    """The accuracies of a group of rows are averaged at the end of the table."""


def pretrain_on_large_corpora(
    clips: Clips, noise: NDArray[np.float16], config: TrainingConfig
) -> WordNetwork:
    """Return the network that all others go on from."""
    large = large_corpora(clips)
    if not large or FSDD in large:
        raise RecordingError(
            f"--data must hold a corpus of {LARGE_CORPUS} speakers besides {FSDD}, for the "
            "pretraining: speech_commands_logmel"
        )
    return pretrain(all_words_training_set(clips, noise, config), config)


def hold_out_speakers(
    clips: Clips, noise: NDArray[np.float16], pretrained: WordNetwork, config: TrainingConfig
) -> Iterator[Row]:
    """Yield two rows for each speaker of FSDD: held out, and adapted to some of the takes."""
    fsdd = clips.corpus == FSDD
    if not fsdd.any():
        raise RecordingError(f"--data must hold the folder {FSDD}")
    take = _take_numbers(clips.path)
    for speaker in np.unique(clips.speaker[fsdd]):
        held_out = fsdd & (clips.speaker == speaker)
        others = clips[~held_out]
        training_set = task_training_set(others, noise, config)
        training_set = with_distillation(training_set, others, noise, config)
        network = finetune(pretrained, training_set, _row_config(config))
        name = f"{FSDD}, {speaker} held out"
        int8 = _to_int8(network, training_set, config)
        yield Row(name, 0.94, _scores(int8, network, clips[held_out], config), HELD_OUT)
        own, later = held_out & (take < OWN_TAKES), held_out & (take >= OWN_TAKES)
        own_set = adaptation_training_set(clips[own], others, noise, config)
        # From the int8 model, as a user would adapt it, and not from the float network.
        base = from_tflite(int8, training_set.inputs, len(config.task.labels), config.network)
        adapted = adapt(base, own_set, config)
        name = f"... and adapted (--base) to {OWN_TAKES} takes a digit, tested on later takes"
        int8 = _to_int8(adapted, own_set, config)
        yield Row(name, 0.995, _scores(int8, adapted, clips[later], config), ADAPTED)


def hold_out_arabic_speakers(
    arabic: Clips,
    clips: Clips,
    noise: NDArray[np.float16],
    pretrained: WordNetwork,
    config: TrainingConfig,
) -> Row:
    """Train on Arabic digits, and test on Arabic speakers that are held out.

    Of the other `clips` only silence is used.
    """
    held_out = np.isin(np.array([speaker[-2:] for speaker in arabic.speaker]), ARABIC_HELD_OUT)
    silence = clips[clips.word == SILENCE]
    training_set = task_training_set(concatenate([arabic[~held_out], silence]), noise, config)
    network = finetune(pretrained, training_set, _row_config(config))
    name = f"Arabic digits, {len(ARABIC_HELD_OUT)} of 24 speakers held out"
    int8 = _to_int8(network, training_set, config)
    return Row(name, 0.98, _scores(int8, network, arabic[held_out], config))


def _row_config(config: TrainingConfig) -> TrainingConfig:
    """Return the config of the finetuning of a row: as long for few clips as for many."""
    return replace(config, finetuning=replace(config.finetuning, epochs=EPOCHS), full_size=1)


def _to_int8(network: keras.Model, training_set: TrainingSet, config: TrainingConfig) -> bytes:
    return to_int8(network, config.network, calibration_windows(training_set, config))


def _scores(int8: bytes, network: keras.Model, tested: Clips, config: TrainingConfig) -> ClipScores:
    """Score the tested clips with the int8 model and with the float network it was made from."""
    model = load_int8(int8, config.task)
    scores = score_with_keras(model, network, label_clips(tested, config.task))
    log.info("%s", scores.summary())
    return scores


def _take_numbers(paths: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return the last number of each file name, which is the number of the take, or -1."""
    stems = (Path(path).stem.rsplit("_", 1)[-1] for path in paths)
    return np.array([int(stem) if stem.isdigit() else -1 for stem in stems], np.int64)

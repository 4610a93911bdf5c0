"""Validation of a trained network: its accuracy on the clips of the validation set, and thresholds
chosen on long audio that is mixed from these clips."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.model.model import Model
from training.sound.data.clip_files import LabelledClip
from training.sound.data.clips import Clips, by_machine, said_by_machine_only
from training.sound.data.recordings import load_samples
from training.sound.data.words import SILENCE
from training.sound.evaluate.clip_accuracy.scores import ClipScores, score_clips
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.spotting.scored_audio import run_features_and_network
from training.sound.evaluate.thresholds.choose import choose_thresholds
from training.sound.evaluate.thresholds.config import ThresholdConfig
from training.sound.task import Task

log = logging.getLogger(__name__)

KERAS_BATCH = 512  # windows


@dataclass(frozen=True)
class ValidationConfig:
    hours: float = 3.0
    """Of long audio at each noise level, on which the thresholds are chosen."""
    snrs: tuple[float | None, ...] = (None, 10.0, 0.0)
    """The noise levels, in dB; None: clean."""
    thresholds: ThresholdConfig = ThresholdConfig()


def label_clips(clips: Clips, task: Task) -> list[LabelledClip]:
    """Return the recordings of the clips, each with the label that a model should give."""
    labels = dict(zip(task.words, task.event_labels, strict=True)) | {SILENCE: task.silence_label}
    return [
        LabelledClip(Path(path), labels.get(word, task.other_label), speaker)
        for path, word, speaker in zip(clips.path, clips.word, clips.speaker, strict=True)
    ]


def has_other_words(clips: Sequence[LabelledClip], task: Task) -> bool:
    """Return whether some clips are of words outside the task."""
    return any(clip.word == task.other_label for clip in clips)


def score_with_keras(
    model: Model, network: keras.Model, clips: Sequence[LabelledClip]
) -> ClipScores:
    """Score the clips with the int8 model, and with the Keras network it was made from."""

    def float_scores(windows: NDArray[np.float32]) -> NDArray[np.float32]:
        # For the few windows of a clip, the start of `predict` takes longer than the network.
        parts = np.split(windows, range(KERAS_BATCH, len(windows), KERAS_BATCH))
        return np.concatenate([network.predict_on_batch(part) for part in parts])

    return score_clips(model, clips, float_scores)


def threshold_clips(validation_set: Clips, task: Task) -> Clips:
    """Return the clips that thresholds are chosen on.

    If only machine voices say the words, and people say other words, the other words of machine
    voices are left out. Many hardly differ, such as "stops" for "stop": thresholds that exclude
    these miss most of the words.
    """
    if not said_by_machine_only(task.words, validation_set):
        return validation_set
    other = ~np.isin(validation_set.word, (*task.words, SILENCE))
    of_machine = other & by_machine(validation_set)
    return validation_set[~of_machine] if (other & ~of_machine).any() else validation_set


def choose_decision(
    model: Model,
    validation_set: Clips,
    other_speakers: Sequence[LabelledClip],
    task: Task,
    noise_files: Sequence[Path],
    config: ValidationConfig,
    base_decision: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the decision of the manifest, with thresholds for live use.

    `other_speakers` say words outside the task. Without any such words, false accepts of other
    words cannot be measured; then no threshold is lower than in the `base_decision`, which was
    chosen with many speakers.
    """
    validation_set = threshold_clips(validation_set, task)
    # Clips of silence are left out, since mixing would raise them to the level of words.
    clips = label_clips(validation_set[validation_set.word != SILENCE], task)
    clips += [
        replace(clip, word=task.other_label) for clip in other_speakers if clip.word != SILENCE
    ]
    if has_other_words(clips, task):
        base_decision = None
    else:
        log.warning(
            "no clips of other words, so the false accepts of other words are not measured: "
            "give more --data, or --others"
        )
    rate = model.manifest.rate_hz
    noise = [load_samples(file, rate) for file in noise_files]
    snrs = config.snrs if noise else (None,)
    log.info("mixing %g h of long audio at each of %d noise levels", config.hours, len(snrs))
    mix = MixConfig(seconds=config.hours * 3600, snrs=snrs, rate=rate)
    audios = [
        run_features_and_network(model, audio)
        for audio in mix_clips(clips, task.event_labels, noise, mix)
    ]
    lowest = said_by_machine_only(task.words, validation_set)
    thresholds = replace(config.thresholds, lowest=lowest)
    return choose_thresholds(audios, task.background_labels, thresholds, base_decision)

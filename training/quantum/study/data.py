"""The data of the study: training windows and the clips of the validation and the test split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.features.sound.windows import SoundFeatures
from training.quantum.clip_windows import window_of_clip
from training.quantum.study.arms import scale_windows
from training.sound.data.clips import Clips
from training.sound.data.load import load_clips
from training.sound.data.noise import recorded_noise
from training.sound.data.split import make_split
from training.sound.evaluate.validation import label_clips
from training.sound.learn.config import TrainingConfig
from training.sound.learn.training_sets import example_batches, task_training_set
from training.sound.task import Task

SPLITS = ("val", "test")


@dataclass(frozen=True)
class Examples:
    """Windows of log-mel (n, FRAMES, BANDS), scaled to 0..1, and the label number of each."""

    windows: NDArray[np.floating]
    classes: NDArray[np.int64]


@dataclass(frozen=True)
class StudyData:
    training: Examples
    """Augmented windows: the same for every network."""
    evaluation: Mapping[str, Examples]
    """By split: "val" and "test"."""
    clips: int
    """Number of clips that the training windows are drawn from."""
    speakers: Mapping[str, int]
    """Number of speakers in each split of `evaluation`."""


def load_study_data(config: TrainingConfig, windows: int) -> StudyData:
    """Load the clips, draw that many training windows, and cut the windows of the evaluation."""
    task, clips = config.task, load_clips(config.data, config.cache)
    evaluated = {split: clips[clips.split == split] for split in SPLITS}
    if not all(set(task.words) <= set(part.word) for part in evaluated.values()):
        raise RecordingError(
            "the recordings have no validation and test list with every word: add speech_commands"
        )
    training_clips = make_split(clips, task.words, config.seed).train
    noise = recorded_noise([Path(file) for file in config.noise])
    training_set = task_training_set(training_clips, noise, config)
    drawn, targets = example_batches(training_set, windows, config.fit)
    return StudyData(
        Examples(scale_windows(drawn).astype(np.float16), targets.argmax(axis=1)),
        {split: _device_windows(part, task) for split, part in evaluated.items()},
        len(training_clips),
        {split: len(set(part.speaker) - {""}) for split, part in evaluated.items()},
    )


def _device_windows(clips: Clips, task: Task) -> Examples:
    """Return a window of each clip, computed as on a device."""
    specification = SoundFeatures.specification()
    labelled = label_clips(clips, task)
    windows = [window_of_clip(clip.path, specification) for clip in labelled]
    classes = np.array([task.labels.index(clip.word) for clip in labelled])
    return Examples(scale_windows(np.stack(windows)), classes)

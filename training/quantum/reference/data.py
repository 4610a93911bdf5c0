"""The data of the reference: clips of the words, by split, behind the quanvolution of the paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.features.quantum.quanvolution import Quanvolution
from training.quantum.clip_windows import window_of_clip
from training.sound.data.clips import Clips
from training.sound.data.load import load_clips
from training.sound.data.split import make_split
from training.sound.learn.front_ends import PAPER
from training.sound.task import Task


@dataclass(frozen=True)
class Split:
    """The clips of a split, and for each the output of the quanvolution and the class."""

    clips: Clips
    inputs: NDArray[np.float32]
    classes: NDArray[np.int64]

    @property
    def speakers(self) -> int:
        return len(set(self.clips.speaker) - {""})


def load_splits(
    folders: Sequence[str], seed: int, task: Task, stage: Quanvolution, cache: Path
) -> dict[str, Split]:
    """Return the clips of the words by split: "val", "test" and "train"."""
    clips = load_clips(folders, cache)
    parts = {split: clips[clips.split == split] for split in ("val", "test")}
    parts["train"] = make_split(clips, task.words, seed).train
    for name, part in parts.items():
        # A clip that exists as a log-mel image only has no magnitude spectrogram.
        parts[name] = part[np.isin(part.word, task.words) & ~part.image_only]
    if not all(map(len, parts.values())):
        raise RecordingError(
            "the recordings have no validation and test list with the words: add speech_commands"
        )
    splits = {}
    for name, part in parts.items():
        inputs = np.stack([stage.apply(window_of_clip(Path(path), PAPER)) for path in part.path])
        splits[name] = Split(part, inputs, part.class_numbers(task.words, task.words[0]))
    return splits

"""Load what a training needs: clips, noise, and words of other people."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from training.sound.data import download
from training.sound.data.clip_files import LabelledClip
from training.sound.data.clip_selection import select_clips
from training.sound.data.clips import Clips, concatenate
from training.sound.data.folder_layouts import find_noise_files
from training.sound.data.leakage import without_silence_from
from training.sound.data.load import load_clips
from training.sound.data.log_mel import RATE
from training.sound.data.noise import recorded_noise
from training.sound.data.recordings import readable_clips
from training.sound.data.simulated_speakers import simulated_clips
from training.sound.data.words import SILENCE, UNKNOWN
from training.sound.learn.config import TrainingConfig
from training.sound.task import Task

NAMED = 12  # words that a message names


@dataclass(frozen=True)
class TrainingData:
    clips: Clips
    """Of people, and of simulated speakers."""
    folders: tuple[str, ...]
    """The corpora of the clips."""
    noise: NDArray[np.float16]
    """(n, ROWS, BANDS): recordings without speech."""
    noise_files: tuple[Path, ...]
    others: tuple[LabelledClip, ...]
    """Other words by other people: the model must not take them for its own words."""


def load_data(config: TrainingConfig) -> TrainingData:
    """Load the data that a config names. Raises EdgeError if it is missing or contradictory."""
    downloaded = [str(download.fetch(config.download))] if config.download else []
    folders = (*config.data, *downloaded)
    if not folders:
        raise EdgeError("no training data: give --data (sound-record makes it)")
    recorded = load_clips(folders, config.cache)
    _refuse_missing_words(config.task, recorded, folders)
    others = _load_others(config.others, config.task, recorded) if config.others else []
    count = config.simulated_speakers
    simulated = [simulated_clips(count, config.seed, cache=config.cache)] if count else []
    noise_files = (*map(Path, config.noise), *find_noise_files(folders))
    recorded = without_silence_from(recorded, [Path(file) for file in config.test_noise])
    return TrainingData(
        clips=concatenate([recorded, *simulated]),
        folders=folders,
        noise=recorded_noise(noise_files),
        noise_files=noise_files,
        others=tuple(others),
    )


def _load_others(places: Sequence[str], task: Task, recorded: Clips) -> list[LabelledClip]:
    others = readable_clips(select_clips(places), RATE)
    in_data = {os.path.realpath(path) for path in recorded.path if path}
    if any(os.path.realpath(clip.path) in in_data for clip in others):
        raise EdgeError("--others are in --data as well: give recordings of other people")
    words = sorted({clip.word for clip in others} & set(task.words))
    if words:
        raise EdgeError(f"--others say {', '.join(words)}: give recordings of none of the words")
    return others


def _refuse_missing_words(task: Task, clips: Clips, folders: Sequence[str]) -> None:
    missing = sorted(set(task.words) - set(clips.word))
    if missing:
        available = sorted(set(clips.word) - {SILENCE, UNKNOWN})
        more = " ..." if len(available) > NAMED else ""
        raise RecordingError(
            f"nobody says {', '.join(missing)} in {', '.join(folders)}: record some "
            f"(sound-record), or choose --words of {', '.join(available[:NAMED])}{more}"
        )

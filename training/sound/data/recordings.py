"""The samples of recordings, at the rate that a model needs, and which clips can be read."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.formats.sound import read
from training.sound.data.clip_files import LabelledClip

MAX_SECONDS = 2 * 3600.0  # of noise or of an annotated recording: 460 MB at 16 kHz

log = logging.getLogger(__name__)


@lru_cache(maxsize=4096)
def load_samples(path: Path, rate: int) -> NDArray[np.float32]:
    """Return what `read_samples` returns; kept in memory, for clips that are used many times."""
    return read_samples(path, rate)


def read_samples(path: Path, rate: int) -> NDArray[np.float32]:
    """Return the recording, resampled to `rate` Hz. A RecordingError names the file."""
    try:
        return read(path, rate, MAX_SECONDS).samples
    except RecordingError as error:
        raise RecordingError(f"{path} {error}") from None


def readable_clips(clips: Sequence[LabelledClip], rate: int) -> list[LabelledClip]:
    """Return the clips that can be read, and log a warning for each of the others.

    Raises RecordingError if no clip can be read.
    """
    readable = []
    for clip in clips:
        try:
            if not len(load_samples(clip.path, rate)):
                raise RecordingError(f"{clip.path} is empty")
            readable.append(clip)
        except (EdgeError, OSError) as error:
            log.warning("left out: %s", error)
    if not readable:
        raise RecordingError(f"none of {len(clips)} clips can be read: see above")
    return readable

"""The spectra of the clips, as a device computes them for a whole recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.formats.sound import read
from training.common.cache import cache_key, cached_arrays
from training.common.left_out import LeftOut
from training.common.progress import Progress
from training.urban.config import FRONT_END, specification
from training.urban.metadata import LABELS, UrbanClip

CODE = (
    "edge/resample.py",
    "edge/features/sound/*.py",
    "edge/formats/**/*.py",
    "training/urban/clips.py",
    "training/urban/config.py",
)
MAX_CLIP_S = 60.0
REPORTED = 500  # clips between two reports of the progress


@dataclass(frozen=True)
class Spectra:
    """One window for each clip that could be read."""

    clips: tuple[UrbanClip, ...]
    rows: NDArray[np.float16]
    """(n, frames, bands): the clip is in the middle, digital silence before and after it."""
    lengths: NDArray[np.intp]
    """(n,) frames of the clip in its window."""

    @property
    def classes(self) -> NDArray[np.intp]:
        return np.array([LABELS.index(clip.label) for clip in self.clips], np.intp)

    @property
    def folds(self) -> NDArray[np.intp]:
        return np.array([clip.fold for clip in self.clips], np.intp)


def load_spectra(clips: Sequence[UrbanClip], cache: Path) -> Spectra:
    """The spectra of the clips, from the cache if they were computed before.

    Raises RecordingError if no clip can be read.
    """
    state = [(str(clip.path), clip.path.stat().st_mtime_ns) for clip in clips]
    path = cache / f"urbansound-{cache_key(state, code=CODE)}.npz"
    arrays = cached_arrays(path, lambda: _compute(clips))
    readable = arrays["readable"].tolist()
    if not readable:
        raise RecordingError(f"none of {len(clips)} clips can be read: see above")
    return Spectra(tuple(clips[number] for number in readable), arrays["rows"], arrays["lengths"])


def _compute(clips: Sequence[UrbanClip]) -> dict[str, NDArray[np.generic]]:
    progress, left_out = Progress("urban sounds: clips", len(clips)), LeftOut("clips")
    readable: list[int] = []
    rows: list[NDArray[np.float16]] = []
    lengths: list[int] = []
    size = window_samples(specification())
    for number, clip in enumerate(clips):
        try:
            samples = read(clip.path, FRONT_END.rate_hz, MAX_CLIP_S).samples
            if not samples.any():
                raise RecordingError("holds no sound at all")
        except (EdgeError, OSError) as error:
            left_out.add(clip.path, error)
            continue
        readable.append(number)
        rows.append(FRONT_END.frames(pad_or_crop(samples, size)).astype(np.float16))
        lengths.append(min(len(rows[-1]), 1 + len(samples) // FRONT_END.hop))
        if (number + 1) % REPORTED == 0:
            progress.report(number + 1)
    left_out.report_count()
    return {
        "readable": np.array(readable, np.intp),
        "rows": np.array(rows, np.float16),
        "lengths": np.array(lengths, np.intp),
    }

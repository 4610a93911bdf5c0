"""Load the clips below folders: compute or find their spectra, and drop duplicates."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.errors import EdgeError, RecordingError
from edge.formats import files
from training.common.cache import cache_key, cached_arrays
from training.common.left_out import LeftOut
from training.common.progress import Progress
from training.sound.data.clip_files import LabelledClip
from training.sound.data.clips import Clips, concatenate
from training.sound.data.folder_layouts import find_clip_files
from training.sound.data.log_mel import BANDS, ROWS, log_mel, read_clip
from training.sound.data.log_mel_images import read_images
from training.sound.data.split import HELD_OUT_SPLITS
from training.sound.data.stored_rows import StoredRows
from training.sound.data.words import SILENCE

log = logging.getLogger(__name__)

SOURCES = (  # the code that the spectra depend on
    "edge/resample.py",
    "edge/features/sound/*.py",
    "edge/formats/**/*.py",
    "training/sound/data/clip_files.py",
    "training/sound/data/clips.py",
    "training/sound/data/folder_layouts.py",
    "training/sound/data/lists.py",
    "training/sound/data/load.py",
    "training/sound/data/log_mel.py",
    "training/sound/data/log_mel_images.py",
    "training/sound/data/stored_rows.py",
    "training/sound/data/words.py",
)
REPORTED = 1000  # clips between two reports of the progress


def load_clips(folders: Sequence[str | Path], cache: Path | None = None) -> Clips:
    """Return every clip below the folders, each sound once.

    `cache` is the folder where spectra are stored. Unreadable recordings are named when a folder is
    read for the first time.
    """
    parts = [_load_cached(Path(folder), cache) for folder in folders]
    return _without_duplicates(concatenate([part for part in parts if len(part)] or parts))


def _without_duplicates(clips: Clips) -> Clips:
    """Of the same sound, keep a clip of a validation or test list if there is one, else the first.

    Otherwise a copy of a corpus would bring clips of its test set into the training set.
    """
    held_out = np.isin(clips.split, HELD_OUT_SPLITS)
    kept: dict[bytes, int] = {}
    for k in np.concatenate([np.flatnonzero(held_out), np.flatnonzero(~held_out)]).tolist():
        digest = hashlib.blake2b(clips.rows[k].tobytes(), digest_size=16).digest()
        first = kept.setdefault(digest, k)
        if clips.word[first] != clips.word[k]:
            log.warning(
                "%s and %s are the same sound: it is taken as %s",
                *(clips.path[first], clips.path[k], clips.word[first]),
            )
    if len(kept) < len(clips):
        log.info("%d clips are duplicates: each is used once", len(clips) - len(kept))
    return clips[np.array(sorted(kept.values()), np.int64)]


def _load_cached(folder: Path, cache: Path | None) -> Clips:
    """Spectra of a large corpus take minutes to compute, so they are stored, and stay there."""
    if cache is None:
        return _read_folder(folder)
    found = sorted(path for path in files.files_below(folder.resolve()) if path.is_file())
    # A take that is recorded again often has the same size, so the time of the change counts.
    state = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
    path = cache / f"{folder.name}-{cache_key(state, code=SOURCES)}.npz"
    arrays = cached_arrays(path, lambda: vars(_read_folder(folder)), on_disk="rows")
    return Clips(StoredRows([arrays.pop("rows")]), **arrays)


def _read_folder(folder: Path) -> Clips:
    tars = sorted(folder.glob("*.tar")) if folder.is_dir() else []
    parts = [part for part in map(read_images, tars) if len(part)]
    recordings = list(find_clip_files(folder))
    if recordings:
        parts.append(_read_recordings(folder, recordings))
    if not parts:
        raise RecordingError(
            f"{folder} holds no sound: give a folder with one folder of recordings for each word"
        )
    return parts[0] if len(parts) == 1 else concatenate(parts)


def _read_recordings(folder: Path, recordings: Sequence[LabelledClip]) -> Clips:
    readable: list[LabelledClip] = []
    left_out = LeftOut(f"recordings in {folder}")
    rows = np.empty((len(recordings), ROWS, BANDS), np.float16)
    progress = Progress(f"{folder.name}: clips", len(recordings))
    for count, recording in enumerate(recordings):
        try:
            clip = read_clip(recording.path)
            if not clip.any() and recording.word != SILENCE:
                raise RecordingError("holds no sound at all")
            rows[len(readable)] = log_mel(clip)
            readable.append(recording)
        except (EdgeError, OSError) as error:
            left_out.add(recording.path, error)
        if count and count % REPORTED == 0:
            progress.report(count)
    left_out.report_count()
    if not readable:
        raise RecordingError(
            f"{folder}: none of its {len(recordings)} recordings can be read: see above"
        )
    return Clips(
        rows[: len(readable)],
        np.array([clip.word for clip in readable], str),
        np.array([clip.speaker for clip in readable], str),
        np.full(len(readable), folder.name),
        np.array([clip.split for clip in readable], str),
        np.array([str(clip.path) for clip in readable], str),
        np.zeros(len(readable), bool),
    )

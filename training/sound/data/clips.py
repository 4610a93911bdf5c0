"""Recordings of words, and pictures of such, as spectra of one second: what networks learn from.

How folders are read is in `layouts`. A tar of log-mel pictures
(`<label>/<speaker>_nohash_<n>.<word>.jpg`) is read as well.
"""

from __future__ import annotations

import hashlib
import logging
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.window_length import pad_or_crop
from edge.formats import files
from edge.formats.sound import read
from edge.resample import resampled
from training.common.atomic_write import atomic_write
from training.common.cache import source_code
from training.sound.data.folder_layouts import OTHER_NAMES, SILENCE, Named, named, speaker_of

log = logging.getLogger(__name__)

RATE = 16000
SECOND = RATE
ROWS = 98  # in a second, at twice the rate of the shipped front end: either half makes a window
FINE = FrontEnd(hop=160)
# ln(mel) = (pixel - 146.1) / 9.9: fitted to the pictures of clips whose sound is known as well.
PIXEL_ZERO, PIXEL_NAT = 146.1, 9.9
JUDGES = ("val", "test")  # splits from which nothing is learnt
EDGE = 1.6  # nats above the quiet rows of a clip, that belong to its word
MADE_BY = (
    "edge/resample.py",
    "edge/features/sound/*.py",
    "edge/formats/**/*.py",
    "training/sound/data/clips.py",
    "training/sound/data/folder_layouts.py",
)
NAMED = 5  # recordings that cannot be read, before they are only counted


@dataclass(frozen=True)
class Clips:
    """`rows` of log-mel at 10 ms, and what is known of each clip."""

    rows: NDArray[np.float16]
    """(n, ROWS, bands)."""
    word: NDArray[np.str_]
    speaker: NDArray[np.str_]
    corpus: NDArray[np.str_]
    split: NDArray[np.str_]
    """train, val or test, where the corpus says so; else empty."""
    path: NDArray[np.str_] = field(repr=False)
    pictured: NDArray[np.bool_] = field(repr=False)
    """Known as a picture only, not as sound."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, which: NDArray[np.bool_] | NDArray[np.int64] | slice) -> Clips:
        return Clips(**{name: values[which] for name, values in vars(self).items()})

    def labelled(self, labels: Sequence[str], otherwise: str) -> NDArray[np.int64]:
        """The class of each clip; words that are no label are `otherwise`."""
        number = {label: k for k, label in enumerate(labels)}
        return np.array([number.get(word, number[otherwise]) for word in self.word], np.int64)


def together(parts: Sequence[Clips]) -> Clips:
    names = vars(parts[0])
    return Clips(**{name: np.concatenate([vars(part)[name] for part in parts]) for name in names})


def load(folders: Sequence[str | Path], cache: Path | None = None) -> Clips:
    """Every clip below the folders, once; what cannot be read is said when it is read first.

    Of those that stand twice the one is taken that a list has for a judge, and else the first.
    """
    parts = [_cached(Path(folder), cache) for folder in folders]
    clips = together([part for part in parts if len(part)] or parts)
    judges = np.isin(clips.split, JUDGES)
    taken: dict[bytes, int] = {}
    for k in np.concatenate([np.flatnonzero(judges), np.flatnonzero(~judges)]).tolist():
        digest = hashlib.blake2b(clips.rows[k].tobytes(), digest_size=16).digest()
        first = taken.setdefault(digest, k)
        if clips.word[first] != clips.word[k]:
            log.warning(
                "%s and %s are the same sound, and %s is taken to be right",
                *(clips.path[first], clips.path[k], clips.word[first]),
            )
    if len(taken) < len(clips):
        log.info("%d clips stand twice: taken once", len(clips) - len(taken))
    return clips[np.array(sorted(taken.values()), np.int64)]


def _cached(folder: Path, cache: Path | None) -> Clips:
    """Spectra take a minute to compute, so they are kept by what lies in the folder."""
    if cache is None:
        return _read_folder(folder)
    found = sorted(p for p in files.files_below(folder.resolve()) if p.is_file())
    # A take that was recorded again is often as long as the one before.
    said = repr([(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in found])
    key = hashlib.sha256(said.encode() + source_code(*MADE_BY)).hexdigest()
    return kept(cache / f"{folder.name}-{key[:16]}.npz", lambda: _read_folder(folder))


def kept(path: Path, make: Callable[[], Clips]) -> Clips:
    """What was made before, if it was."""
    if path.exists():
        try:
            with np.load(path) as arrays:
                return Clips(**{name: arrays[name] for name in arrays.files})
        except (OSError, ValueError, TypeError, EOFError, BadZipFile):
            log.warning("%s is damaged: made again", path)
    clips = make()
    with atomic_write(path) as unfinished:
        np.savez(unfinished, **vars(clips))
    return clips


def _read_folder(folder: Path) -> Clips:
    tars = sorted(folder.glob("*.tar")) if folder.is_dir() else []
    parts = [part for part in map(_pictures, tars) if len(part)]
    names = list(named(folder))
    if names:
        parts.append(_sounds(folder, names))
    if not parts:
        raise RecordingError(
            f"{folder} holds no sound: give a folder with one folder of recordings for each word"
        )
    return together(parts)


def _sounds(folder: Path, names: Sequence[Named]) -> Clips:
    kept, rows, bad = [], [], 0
    for count, name in enumerate(names):
        try:
            second = second_of(name.path)
            if not second.any() and name.word != SILENCE:
                raise RecordingError("holds no sound at all")
            rows.append(spectrum(second))
            kept.append(name)
        except (EdgeError, OSError) as fault:
            bad += 1
            if bad <= NAMED:
                log.warning(
                    "left out: %s",
                    fault if name.path.name in str(fault) else f"{name.path} {fault}",
                )
        if count and count % 1000 == 0:
            log.info("%s: %d of %d clips", folder.name, count, len(names))
    if bad > NAMED:
        log.warning("left out: %d recordings in %s, of which those named above", bad, folder)
    if not kept:
        raise RecordingError(
            f"{folder}: none of its {len(names)} recordings can be read: see above"
        )
    return Clips(
        np.array(rows, np.float16).reshape(len(kept), ROWS, FINE.bins),
        np.array([name.word for name in kept], str),
        np.array([name.speaker for name in kept], str),
        np.full(len(kept), folder.name),
        np.array([name.split for name in kept], str),
        np.array([str(name.path) for name in kept], str),
        np.zeros(len(kept), bool),
    )


def second_of(path: Path) -> NDArray[np.float32]:
    """The second of a recording in which most happens; silence around what is shorter."""
    sound = read(path)
    return loudest_second(resampled(sound.samples, sound.rate, RATE))


def loudest_second(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(samples) <= SECOND:
        return pad_or_crop(samples, SECOND)
    energy = np.cumsum(np.concatenate([[0.0], samples.astype(np.float64) ** 2]))
    gained = energy[SECOND:] - energy[:-SECOND]
    # In the middle of all starts that have as much: a word should not stick to an edge.
    best = np.flatnonzero(gained >= 0.995 * gained.max())
    start = int(best[len(best) // 2])
    return samples[start : start + SECOND]


def spectrum(second: NDArray[np.float32]) -> NDArray[np.float32]:
    """(ROWS, bands)"""
    return FINE.frames(second)[:ROWS]


def _pictures(tar: Path) -> Clips:
    """Those in a tar; none in a tar of other things."""
    import tensorflow as tf

    rows, words, speakers, paths = [], [], [], []
    bad = 0
    with _opened(tar) as archive:
        for member in archive:
            if not member.isfile() or not re.search(r"[^/]/[^/]+\.jpg$", member.name):
                continue
            label, name = member.name.split("/")[-2:]
            stem, _, word = name.removesuffix(".jpg").partition(".")
            content = archive.extractfile(member)
            assert content is not None
            try:
                pixels = tf.io.decode_jpeg(content.read(), 1).numpy()[:, :, 0]
                rows.append(_spectrum_of(pixels))
            except (tf.errors.InvalidArgumentError, ValueError):
                bad += 1
                continue
            words.append(word or OTHER_NAMES.get(label, label))
            speakers.append(speaker_of(stem))
            paths.append(member.name)
    count = len(rows)
    if bad or not count:
        log.warning("%s: %d pictures of words, %d that are none left out", tar, count, bad)
    spectra = np.array(rows, np.float16).reshape(count, ROWS, FINE.bins)
    return Clips(
        np.maximum(spectra, np.float16(np.log(FINE.floor))),
        np.array(words, str),
        np.array(speakers, str),
        np.full(count, tar.parent.name),
        np.full(count, ""),
        np.array(paths, str),
        np.ones(count, bool),
    )


def _spectrum_of(pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
    """(ROWS, bands). ValueError if it is no picture of a word."""
    if pixels.shape != (ROWS, FINE.bins):
        raise ValueError
    spectrum: NDArray[np.float16] = ((pixels - PIXEL_ZERO) / PIXEL_NAT).astype(np.float16)
    return spectrum


@contextmanager
def _opened(tar: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(tar) as archive:
            yield archive
    except (tarfile.TarError, EOFError):
        raise RecordingError(f"{tar} is broken: copy it again, or take it away") from None


def where_spoken(rows: NDArray[np.float16]) -> NDArray[np.int64]:
    """(n, 2): first and last row of each clip's word, found by loudness."""
    level = np.sort(rows.astype(np.float32), axis=2)[:, :, -20:].mean(axis=2)
    quiet = np.quantile(level, 0.1, axis=1, keepdims=True)
    loud = level.max(axis=1, keepdims=True)
    above = level > quiet + np.maximum(EDGE, 0.3 * (loud - quiet))
    above[~above.any(axis=1)] = True
    first = above.argmax(axis=1)
    last = rows.shape[1] - 1 - above[:, ::-1].argmax(axis=1)
    return np.stack([first, last], axis=1)

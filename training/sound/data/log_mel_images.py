"""Log-mel spectra stored as images in a tar: `<label>/<speaker>_nohash_<n>.<word>.jpg`."""

from __future__ import annotations

import logging
import re
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from training.sound.data.clip_files import speaker_of
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS, FRONT_END, ROWS
from training.sound.data.words import OTHER_NAMES

log = logging.getLogger(__name__)

# ln(mel) = (pixel - 146.1) / 9.9: fitted to the images of clips that exist as sound as well.
PIXEL_ZERO, PIXELS_PER_NAT = 146.1, 9.9
IMAGE_PATH = re.compile(r"[^/]/[^/]+\.jpg$")


def read_images(tar: Path) -> Clips:
    """Return the images in a tar; no clips if the tar holds other things."""
    import tensorflow as tf

    rows, words, speakers, paths, unreadable = [], [], [], [], 0
    with _open_tar(tar) as archive:
        for member in archive:
            if not member.isfile() or not IMAGE_PATH.search(member.name):
                continue
            label, name = member.name.split("/")[-2:]
            stem, _, word = name.removesuffix(".jpg").partition(".")
            content = archive.extractfile(member)
            assert content is not None
            try:
                rows.append(_spectrum(tf.io.decode_jpeg(content.read(), 1).numpy()[:, :, 0]))
            except (tf.errors.InvalidArgumentError, ValueError):
                unreadable += 1
                continue
            words.append(word or OTHER_NAMES.get(label, label))
            speakers.append(speaker_of(stem))
            paths.append(member.name)
    count = len(rows)
    if unreadable or not count:
        log.warning("%s: %d images of words, %d other images left out", tar, count, unreadable)
    spectra = np.array(rows, np.float16).reshape(count, ROWS, BANDS)
    return Clips(
        np.maximum(spectra, np.float16(np.log(FRONT_END.floor))),
        np.array(words, str),
        np.array(speakers, str),
        np.full(count, tar.parent.name),
        np.full(count, ""),
        np.array(paths, str),
        np.ones(count, bool),
    )


def _spectrum(pixels: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Return (ROWS, BANDS). Raises ValueError if the image has another size."""
    if pixels.shape != (ROWS, BANDS):
        raise ValueError
    spectrum: NDArray[np.float16] = ((pixels - PIXEL_ZERO) / PIXELS_PER_NAT).astype(np.float16)
    return spectrum


@contextmanager
def _open_tar(tar: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(tar) as archive:
            yield archive
    except (tarfile.TarError, EOFError):
        raise RecordingError(f"{tar} is broken: copy it again, or remove it") from None

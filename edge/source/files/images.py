"""Images played as a source (`--replay`): one after another, one a second."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.formats.image import SUFFIXES, read
from edge.formats.image.resize import resized
from edge.samples import COLOUR, GREY, Chunk
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import Pacer

log = logging.getLogger(__name__)

IMAGE_TIME = 1e-3  # s of source time from the first pixel of an image to the last
INTERVAL = 1.0  # s from one image to the next


class ImageFiles(PlayedFiles[NDArray[np.float32]]):
    """Each image is stretched to the size that the model needs, and is one chunk."""

    suffixes = SUFFIXES
    contents = "images"
    replay_help = "show images (PNG, PGM, JPEG) to the model, or all images in a folder"

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
        super().__init__(paths, requirements, speed)
        self.channels = tuple(requirements["channels"])
        self._size = requirements["height"], requirements["width"]
        self.rate = self._size[0] * self._size[1] / INTERVAL  # pixels a second

    def read(self, path: Path) -> NDArray[np.float32]:
        pixels = image_pixels(path, self.channels, *self._size)
        log.info("image %s", path)
        return pixels

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        for number, pixels in enumerate(self.played()):
            for _ in pacer.wait_for(number * INTERVAL):
                yield Chunk.empty(len(self.channels))
            chunk = image_chunk(pixels, number * INTERVAL)
            self.health.count(chunk)
            yield chunk


def image_pixels(
    path: Path, channels: tuple[str, ...], height: int, width: int
) -> NDArray[np.float32]:
    """The pixels of an image in that size, (height * width, channels)."""
    picture = read(path)
    values = picture.grey if channels == GREY else picture.colour
    return resized(values, height, width).reshape(-1, len(GREY if channels == GREY else COLOUR))


def image_chunk(pixels: NDArray[np.float32], start: float) -> Chunk:
    """The samples of an image at source time `start`."""
    t = start + np.arange(len(pixels), dtype=np.float64) * (IMAGE_TIME / len(pixels))
    return Chunk(t, pixels)

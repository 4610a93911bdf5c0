"""Images played as a source (`--replay`): one after another, one a second."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, RuntimeMissing, SourceError
from edge.formats.image import SUFFIXES, find, read
from edge.formats.image.resize import resized
from edge.samples import COLOUR, GREY, Chunk
from edge.source import Source
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import Pacer

log = logging.getLogger(__name__)

IMAGE_TIME = 1e-3  # s of source time from the first pixel of an image to the last
INTERVAL = 1.0  # s from one image to the next


class ImageFiles(PlayedFiles):
    """Each image is stretched to the size that the model needs, and is one chunk."""

    replay_help = "show images (PNG, PGM, JPEG) to the model, or all images in a folder"

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
        super().__init__(paths, speed)
        self.channels = tuple(requirements["channels"])
        self._size = requirements["height"], requirements["width"]
        self.rate = self._size[0] * self._size[1] / INTERVAL  # pixels a second

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, requirements, args.speed) if args.replay else None

    def __enter__(self) -> Source:
        self._files = find(self.paths)
        if not self._files:
            raise SourceError(
                f"no {', '.join(SUFFIXES)} in {self.paths[0]}: give a folder that contains images"
            )
        self._images = self._read()
        first = next(self._images, None)
        if first is None:
            raise SourceError(
                f"none of {len(self._files)} images could be read: the messages above name the "
                "fault of each"
            )
        self._first = first
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close: each image is read at once."""

    def __iter__(self) -> Iterator[Chunk]:
        pacer, number = Pacer(self.speed), 0
        pixels: NDArray[np.float32] | None = self._first
        while pixels is not None:
            for _ in pacer.wait_for(number * INTERVAL):
                yield Chunk.empty(len(self.channels))
            chunk = image_chunk(pixels, number * INTERVAL)
            self.health.count(chunk)
            yield chunk
            number += 1
            pixels = next(self._images, None)

    def _read(self) -> Iterator[NDArray[np.float32]]:
        for file in self._files:
            try:
                pixels = image_pixels(file, self.channels, *self._size)
            except (RecordingError, RuntimeMissing) as error:
                self.skip(file, error, self._files)
                continue
            log.info("image %s", file)
            yield pixels


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

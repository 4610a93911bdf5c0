"""Simulated images (`--mock`): a bright stroke on a dark ground."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.samples import Chunk
from edge.source.files.images import INTERVAL, image_chunk
from edge.source.pacing import Pacer
from edge.source.simulated.base import SimulatedSource
from edge.source.simulated.options import add_duration_option

WIDTH = 0.06  # of a stroke, as a share of the image
NOISE = 0.02


class SimulatedImages(SimulatedSource):
    """Shows that a model runs; what it recognises in these images means nothing."""

    mock_help = "simulated images: needs no files"
    seed_help = "selects the images"

    def __init__(
        self, requirements: Mapping[str, Any], seed: int = 0, speed: float = 1.0, pause: float = 0.0
    ) -> None:
        """`pause`: the images are dark, and end after so many seconds; 0 for images without end."""
        super().__init__(requirements, seed, speed)
        self.channels = tuple(requirements["channels"])
        self.rate = requirements["height"] * requirements["width"] / INTERVAL  # pixels a second
        self.pause = pause

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        add_duration_option(parser, "--pause", "dark images for this time, then stop")

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        return {"pause": args.pause}

    def __iter__(self) -> Iterator[Chunk]:
        pacer, rng = Pacer(self.speed), np.random.default_rng(self.seed)
        height, width = self.requirements["height"], self.requirements["width"]
        y, x = np.mgrid[0:height, 0:width] / max(height, width)
        for number in itertools.count():
            if 0 < self.pause <= number * INTERVAL:
                return
            for _ in pacer.wait_for(number * INTERVAL):
                yield Chunk.empty(len(self.channels))
            points = rng.uniform(0.2, 0.8, (4, 2)) if self.pause == 0 else np.empty((0, 2))
            share = np.linspace(0, 1, 40)[:, None]
            path = [a + (b - a) * share for a, b in itertools.pairwise(points)]
            bright = np.zeros((height, width))
            for across, down in np.concatenate(path) if path else ():
                bright = np.maximum(
                    bright, np.exp(-((x - across) ** 2 + (y - down) ** 2) / WIDTH**2)
                )
            bright = np.clip(bright + NOISE * rng.normal(size=bright.shape), 0, 1)
            pixels = np.repeat(bright.reshape(-1, 1), len(self.channels), axis=1)
            chunk = image_chunk(pixels.astype(np.float32), number * INTERVAL)
            self.health.count(chunk)
            yield chunk

"""A source of one's own: two seconds of a tone, chosen by `kws-listen --tone HZ`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.samples import AUDIO, Chunk, Health
from edge.source import Source


class ToneSource(Source):
    def __init__(self, frequency: float, rate: int) -> None:
        self.frequency = frequency
        self.rate = rate
        self.channels = AUDIO
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--tone", type=float, metavar="HZ", help="a tone of two seconds")

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return None if args.tone is None else cls(args.tone, requirements["rate_hz"])

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __iter__(self) -> Iterator[Chunk]:
        block = int(self.rate) // 10
        for start in range(0, 2 * int(self.rate), block):
            t = np.arange(start, start + block) / self.rate
            wave = 0.1 * np.sin(2 * np.pi * self.frequency * t)
            chunk = Chunk(t, wave.astype(np.float32))
            self.health.count(chunk)
            yield chunk

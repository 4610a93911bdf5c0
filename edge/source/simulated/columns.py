"""Simulated channels of any sensor (`--mock`): slow waves with noise."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.samples import Chunk
from edge.source.pacing import CHUNK, Pacer
from edge.source.simulated.base import SimulatedSource
from edge.source.simulated.options import add_duration_option

PERIODS = (0.5, 3.0)  # s, of the waves
NOISE = 0.05  # of the amplitude of a wave


class SimulatedColumns(SimulatedSource):
    """Shows that a model runs; what it recognises in these waves means nothing."""

    mock_help = "simulated waves in each channel: needs no hardware"
    seed_help = "selects the waves"

    def __init__(
        self, requirements: Mapping[str, Any], seed: int = 0, speed: float = 1.0, pause: float = 0.0
    ) -> None:
        """`pause`: there is only noise, and it ends after so many seconds; 0 for waves without
        end."""
        super().__init__(requirements, seed, speed)
        self.channels = tuple(requirements["channels"])
        self.pause = pause

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        add_duration_option(parser, "--pause", "noise without waves for this time, then stop")

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        return {"pause": args.pause}

    def __iter__(self) -> Iterator[Chunk]:
        pacer, rng = Pacer(self.speed), np.random.default_rng(self.seed)
        channels = len(self.channels)
        periods, phases = rng.uniform(*PERIODS, channels), rng.uniform(0, 2 * np.pi, channels)
        count = max(1, round(CHUNK * self.rate))
        for number in itertools.count():
            t = (number * count + np.arange(count)) / self.rate
            if 0 < self.pause <= t[0]:
                return
            waves = np.sin(2 * np.pi * t[:, None] / periods + phases) * (self.pause == 0)
            for _ in pacer.wait_for(float(t[-1])):
                yield Chunk.empty(channels)
            noise = NOISE * rng.normal(size=(count, channels))
            chunk = Chunk(t, (waves + noise).astype(np.float32))
            self.health.count(chunk)
            yield chunk

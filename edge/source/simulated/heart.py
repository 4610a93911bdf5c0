"""A simulated heart with electrodes on the skin (`--mock`)."""

from __future__ import annotations

import argparse
import itertools
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from edge.samples import ECG, Chunk
from edge.simulation.ecg.heart import LABELS, LEAD_IN, LEAD_OUT, Heart
from edge.simulation.ecg.noise import NoiseLevels, electrode_noise
from edge.simulation.ground_truth import Mark
from edge.simulation.seeds import person_seed
from edge.source.pacing import CHUNK, Pacer
from edge.source.simulated.base import SimulatedSource
from edge.source.simulated.options import add_duration_option

RATE = 250.0  # Hz, as many boards sample
NOISE_TIME = 60.0  # s of noise that is computed at once
REACH = 1.0  # s before and after a sample in which a beat changes it


class SimulatedHeart(SimulatedSource):
    channels = ECG
    mock_help = "a simulated heart: needs no hardware"
    seed_help = "selects the heart"

    def __init__(
        self,
        requirements: Mapping[str, Any],
        beats: str | None = None,
        seed: int = 0,
        loose: float = 0.0,
        speed: float = 1.0,
    ) -> None:
        """Beat as `beats` says, with labels N, S, V, F and Q (None: random ones without end).

        Then the electrodes are loose for `loose` seconds: there is only noise.
        """
        super().__init__(requirements, seed, speed)
        self.rate = RATE
        self.beats, self.loose = beats, loose

    @classmethod
    def add_settings(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--beats",
            type=_beats,
            metavar="STRING",
            help="with --mock: these beats and stop, as in NNNNVNNS (default: random beats without "
            "end)",
        )
        add_duration_option(
            parser, "--loose", "loose electrodes, so noise without beats, for this time after them"
        )

    @classmethod
    def settings(cls, args: argparse.Namespace) -> dict[str, Any]:
        beats = "" if args.beats is None and args.loose else args.beats
        return {"beats": beats, "loose": args.loose}

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        count = round(CHUNK * self.rate)
        seed = person_seed(self.seed, 0)
        heart, noise = Heart(seed), self._noise(seed)
        labels = heart.random_labels() if self.beats is None else self.beats
        coming = heart.beats(labels, LEAD_IN)
        near: deque[Mark] = deque()
        end = np.inf
        for number in itertools.count():
            t = (number * count + np.arange(count)) / self.rate
            while end == np.inf and (not near or near[-1].start < t[-1] + REACH):
                beat = next(coming, None)
                if beat is None:
                    end = (near[-1].end if near else t[0]) + LEAD_OUT + self.loose
                else:
                    near.append(beat)
                    self.marks.append(beat)
            if t[0] >= end:
                return
            while len(near) > 1 and near[0].end < t[0] - REACH:
                near.popleft()
            ecg = heart.signal(t, near) + list(itertools.islice(noise, count))
            for _ in pacer.wait_for(t[-1]):
                yield Chunk.empty(1)
            chunk = Chunk(t, ecg[:, None].astype(np.float32))
            self.health.count(chunk)
            yield chunk

    def _noise(self, seed: int) -> Iterator[float]:
        rng = np.random.default_rng(seed)
        while True:
            yield from electrode_noise(
                rng, round(NOISE_TIME * self.rate), self.rate, NoiseLevels()
            ).tolist()


def _beats(text: str) -> str:
    """Parse the beats, for argparse."""
    if not text or not set(text) <= set(LABELS):
        raise argparse.ArgumentTypeError(f"{text!r} is no beats: give some of {''.join(LABELS)}")
    return text

"""Measure the processor time of the sound front end for one hop, and of librosa for the same sound.

  python -m tools.front_end_speed
  python -m tools.front_end_speed lecture --seconds 60

edge-sense gets the sound block by block, as from a microphone, and computes each frame once. There
are two figures for librosa: for the whole sound in one call, which is its fastest use, and for the
latest window at each block, which is its use in a live program without a streaming front end.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

import librosa
import numpy as np
from numpy.typing import NDArray

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.streaming import StreamingFrontEnd
from edge.features.sound.window_length import window_samples
from tools.timing import durations_s
from training.sound.learn.front_ends import FRONT_ENDS

ROUNDS = 5  # the fastest counts, because other programs can only make a round slower
LIVE_WINDOWS = 50  # enough for librosa's live use, because all windows take the same time

Samples = NDArray[np.float32]


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.front_end_speed", __doc__)
    parser.add_argument(
        "name", nargs="?", choices=list(FRONT_ENDS), default="shipped", help="a front end (shipped)"
    )
    parser.add_argument(
        "--seconds", type=float, default=20.0, metavar="S", help="length of the sound (20)"
    )
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    specification = FRONT_ENDS[args.name]
    front_end, step = FrontEnd(**specification["front_end"]), specification["step"]
    samples = noise(round(args.seconds * front_end.rate_hz))
    hops = len(samples) / front_end.hop

    size, advance = window_samples(specification), step * front_end.hop
    starts = range(0, len(samples) - size, advance)[:LIVE_WINDOWS]
    windows = [samples[start : start + size] for start in starts]
    ours = fastest_s(lambda: run_streaming(front_end, step, samples)) / hops
    whole = fastest_s(lambda: run_librosa(front_end, samples)) / hops
    live = fastest_s(lambda: [run_librosa(front_end, window) for window in windows])
    live /= len(windows) * step

    hop_ms = 1000 * front_end.hop / front_end.rate_hz
    print(f"{args.name}: processor time for a hop of {hop_ms:.1f} ms, in us")
    print(f"  edge-sense, block by block             {1e6 * ours:8.1f}")
    for name, theirs in (("librosa, the whole sound at once", whole), ("librosa, live", live)):
        print(f"  {name:38} {1e6 * theirs:8.1f}   {theirs / ours:.1f} times as long")


def noise(count: int) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, count).astype(np.float32)


def fastest_s(function: Callable[[], object]) -> float:
    """Processor time of the fastest call in s."""
    function()  # without timing, because librosa compiles itself and arrays are allocated
    return min(durations_s(function, ROUNDS, time.process_time))


def run_streaming(front_end: FrontEnd, step: int, samples: Samples) -> None:
    streaming = StreamingFrontEnd(front_end, step)
    for start in range(0, len(samples), streaming.block_hop):
        streaming.push(samples[start : start + streaming.block_hop])


def run_librosa(front_end: FrontEnd, samples: Samples) -> Samples:
    """The same features, computed by librosa."""
    bands = librosa.feature.melspectrogram(
        y=samples,
        sr=front_end.rate_hz,
        n_fft=front_end.fft,
        win_length=front_end.window,
        hop_length=front_end.hop,
        power=front_end.power,
        n_mels=front_end.mels,
        fmin=front_end.low_hz,
        fmax=front_end.high_hz,
        htk=front_end.scale == "htk",
        norm=front_end.norm,
    )
    if front_end.log is not None:
        bands = np.log(np.maximum(bands, front_end.floor))
    if front_end.coefficients:
        bands = librosa.feature.mfcc(S=bands, n_mfcc=front_end.coefficients)
    return bands


if __name__ == "__main__":
    sys.exit(main())

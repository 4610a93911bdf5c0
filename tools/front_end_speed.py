"""How long a hop of the front end takes, and the same sound in librosa, in one run.

  python -m tools.front_end_speed
  python -m tools.front_end_speed lecture --seconds 60

Ours is fed as by a microphone, one window's step at a time, and computes each frame once. librosa
is given the whole sound at once, which suits it best, then the latest window at each step, which
is what a live program does that has no other front end.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import librosa
import numpy as np
from numpy.typing import NDArray

from edge.features.sound.front_end import FrontEnd
from edge.features.sound.streaming import StreamingFrontEnd
from edge.features.sound.window_length import window_samples
from training.sound.learn.front_ends import FRONT_ENDS

ROUNDS = 5  # the fastest counts: whatever else the machine does only makes it slower
LIVE_STEPS = 50  # of librosa's windows, which all take the same

Samples = NDArray[np.float32]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="front_end_speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=list(FRONT_ENDS), default="shipped")
    parser.add_argument("--seconds", type=float, default=20.0, metavar="S", help="of sound (20)")
    args = parser.parse_args(argv)
    specification = FRONT_ENDS[args.name]
    front_end, step = FrontEnd(**specification["front_end"]), specification["step"]
    samples = sound(round(args.seconds * front_end.rate_hz))
    hops = len(samples) / front_end.hop

    size, advance = window_samples(specification), step * front_end.hop
    last = [samples[at : at + size] for at in range(0, len(samples) - size, advance)][:LIVE_STEPS]
    ours = fastest(lambda: stream(front_end, step, samples)) / hops
    whole = fastest(lambda: oracle(front_end, samples)) / hops
    live = fastest(lambda: [oracle(front_end, one) for one in last]) / (len(last) * step)

    print(f"{args.name}: a hop of {1000 * front_end.hop / front_end.rate_hz:.1f} ms takes, in us")
    print(f"  edge-sense, as the sound comes         {1e6 * ours:8.1f}")
    for said, theirs in (("librosa, the whole sound at once", whole), ("librosa, live", live)):
        print(f"  {said:38} {1e6 * theirs:8.1f}   {theirs / ours:.1f} times as long")
    return 0


def sound(count: int) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, count).astype(np.float32)


def fastest(function: Callable[[], object]) -> float:
    """Seconds of CPU."""
    function()  # librosa compiles itself, arrays are allocated
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return min(taken)


def stream(front_end: FrontEnd, step: int, samples: Samples) -> None:
    streaming = StreamingFrontEnd(front_end, step)
    for start in range(0, len(samples), streaming.block_hop):
        streaming.push(samples[start : start + streaming.block_hop])


def oracle(front_end: FrontEnd, samples: Samples) -> Samples:
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
    raise SystemExit(main())

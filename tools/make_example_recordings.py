"""Make the recordings in examples/recordings: all of them simulated, none of a person.

python -m tools.make_example_recordings
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.formats.motion import own_csv
from edge.formats.motion.recording import Recording
from edge.formats.sound.wav_writer import write_wav
from edge.samples import MOTION
from edge.simulation.sound.utterances import parse_script
from edge.source import HAND_MOTION
from edge.source.simulated.hand import SimulatedHand
from edge.source.simulated.microphone import SimulatedMicrophone

FOLDER = Path(__file__).parents[1] / "examples" / "recordings"
REST_S = 0.35  # of the hand after the digit
RATE = 16000  # Hz
SEED = 1
DIGITS = "037"
SPEECH = {"four_two.wav": "42", "yes_no.wav": "yes no"}


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.make_example_recordings", __doc__ or "")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help=f"({FOLDER})")
    add_common(parser)
    return run_command(parser, _make, argv)


def _make(args: argparse.Namespace) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    for digit in DIGITS:
        (args.out / f"{digit}.csv").write_text(own_csv.render(drawn(digit)))
    for name, script in SPEECH.items():
        write_wav(args.out / name, spoken(script), RATE)


def drawn(digit: str) -> Recording:
    """A simulated person who draws this digit, until the hand rests."""
    source = SimulatedHand(HAND_MOTION, digit, SEED, speed=np.inf)
    with source:
        chunks = list(source)
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    kept = t < source.marks[0].end + REST_S
    return Recording.checked(t[kept], values[kept], MOTION)


def spoken(script: str) -> np.ndarray:
    """A simulated person who says these words."""
    words = parse_script(script)
    with SimulatedMicrophone({"rate_hz": RATE}, words, SEED, speed=np.inf) as source:
        return np.concatenate([chunk.values[:, 0] for chunk in source])


if __name__ == "__main__":
    sys.exit(main())

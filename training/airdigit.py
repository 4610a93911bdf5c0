"""Train the AirDigit model, or adapt one to your own hand.

  python -m training.airdigit --data my_takes/ --base airdigit --out mine.tflite
  python -m training.airdigit --data imu_handheld imu_phone strokes_wand pen_strokes --out a.tflite

--data takes folders of recordings in any format that edge-sense reads (`airdigit-record` makes
them). With --base the given model is trained further on your takes: record five of each digit, and
allow a few minutes.

Without --base a network is trained on simulated people first, and then on the recordings too: allow
an hour on two cores. If --data names such folders, the simulated people draw the characters of pen
corpora (a folder pen_strokes with files *.jsonl.gz) and the paths of the stroke files of
magic_wand.

The card (.md), the confusion matrices (.png) and the float network (.onnx) are written beside the
model.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.common.jobs import JobOptions
from training.common.options import add_cluster_option, add_training_options
from training.motion.config import ADAPTATION_PEOPLE, TRAINING_PEOPLE, TrainingConfig
from training.motion.train import train


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.airdigit", __doc__)
    parser.add_argument("--data", nargs="+", required=True, metavar="DIR", help="your recordings")
    parser.add_argument("--base", metavar="MODEL", help="adapt this model (a name or a file)")
    parser.add_argument(
        "--people",
        type=int,
        metavar="N",
        help="simulated people to train on, each of whom draws one figure "
        f"({TRAINING_PEOPLE.figures}; with --base {ADAPTATION_PEOPLE.figures})",
    )
    add_cluster_option(parser)
    add_training_options(parser)
    return run_command(parser, lambda args: train(config_of(args)), argv)


def config_of(args: argparse.Namespace) -> TrainingConfig:
    """The hyperparameters that the options choose."""
    config = TrainingConfig(
        data=tuple(args.data),
        out=args.out,
        base=args.base,
        seed=args.seed,
        jobs=JobOptions(args.cluster),
    )
    return config if args.people is None else config.with_people(args.people)


if __name__ == "__main__":
    sys.exit(main())

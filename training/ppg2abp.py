"""Train a model that estimates the waveform of the arterial pressure from a PPG.

  python -m training.ppg2abp --data mimic --out mine.tflite     records of real people
  python -m training.ppg2abp --data ppg2abp --out mine.tflite   the data.hdf5 of the original paper
  python -m training.ppg2abp --test ppg --out mine.tflite       simulated people

--data is a folder of WFDB records (.hea) that have the signals PLETH and ABP, or of the file
data.hdf5 of the original paper (arXiv 2005.01669). People are named by the records: p000020 in
the path, or else the name of the record up to `_`. A fifth of the people is tested and not trained
on. A random split is measured as well, to show by how much it flatters. Without --data the people
are simulated, and the model is only a demonstration.

The card (.md), some waveforms (.png) and the float network (.onnx) are written beside the model.
It is no medical device.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.common.options import add_training_options
from training.pressure.config import TrainingConfig
from training.pressure.train import train

DEFAULTS = TrainingConfig(Path("ppg2abp.tflite"))


def main(argv: Sequence[str] | None = None, defaults: TrainingConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.ppg2abp", __doc__)
    parser.add_argument(
        "--data", metavar="DIR", help="records, or data.hdf5 (default: simulated people)"
    )
    parser.add_argument(
        "--people",
        type=people,
        default=defaults.people,
        metavar="N",
        help=f"without --data: so many simulated people ({defaults.people})",
    )
    parser.add_argument(
        "--test", nargs="+", default=[], metavar="DIR", help="more records, which are only tested"
    )
    add_training_options(parser)
    return run_command(
        parser,
        lambda args: train(
            replace(
                defaults,
                data=args.data,
                people=args.people,
                test=tuple(args.test),
                out=args.out,
                seed=args.seed,
            )
        ),
        argv,
    )


def people(text: str) -> int:
    """Parse --people, for argparse."""
    if int(text) < 2:
        raise ValueError
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

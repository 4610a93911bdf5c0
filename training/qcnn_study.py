"""Compare a quanvolution with an ordinary convolution and with no stage: accuracy and cost.

  python -m training.qcnn_study --data speech_commands speech_commands_extra \\
      speech_commands_logmel --out models/kws_qcnn-study.md

For each seed, four networks are trained on the same windows in the same order, from the same random
numbers: behind a quanvolution of a random circuit, behind one whose angles are trained with the
network, behind an ordinary convolution of the same size, and without a stage. They are evaluated as
int8 models on speakers who are not in the training set. Five seeds take half an hour on one core.
The runs are stored in a .json beside the table. An interrupted study continues with the runs that
are missing, and training.qcnn takes its circuit from this file. The picture (.png) shows every run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.common.provenance import command_line, file_names, folder_names, model_path
from training.quantum.options import add_data_options
from training.quantum.study.config import StudyConfig
from training.quantum.study.study import run_study
from training.sound.learn.config import TrainingConfig
from training.sound.task import keyword_task

DEFAULTS = StudyConfig(TrainingConfig(keyword_task()))


def main(argv: Sequence[str] | None = None, defaults: StudyConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.qcnn_study", __doc__)
    add_data_options(parser)
    parser.add_argument(
        "--seeds", type=int, default=defaults.seeds, metavar="N", help=f"({defaults.seeds})"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.md")
    add_common(parser)

    def run(args: argparse.Namespace) -> None:
        training = replace(
            defaults.training,
            out=args.out,
            command=_command(args),
            data=tuple(args.data),
            noise=tuple(args.noise),
        )
        run_study(replace(defaults, training=training, seeds=args.seeds))

    return run_command(parser, run, argv)


def _command(args: argparse.Namespace) -> str:
    return command_line(
        "training.qcnn_study",
        {
            "--data": folder_names(args.data),
            "--noise": file_names(args.noise),
            "--seeds": args.seeds,
            "--out": model_path(args.out),
        },
    )


if __name__ == "__main__":
    sys.exit(main())

"""Train a model that recognises words behind a quanvolution, a small quantum circuit.

  python -m training.qcnn --data speech_commands/ speech_commands_extra/ speech_commands_logmel/ \\
      --out models/kws_qcnn.tflite
  python -m training.qcnn --reference --data speech_commands/ speech_commands_extra/ \\
      --out models/kws_qcnn-reference.md

The circuit is the one of 64 random circuits behind which the first layer of the base can be
imitated best, or with --study the one with the best validation accuracy in a study
(training.qcnn_study). Its closed form is known, so it is computed in microseconds, as a stage
between the front end and the int8 network: kws-listen --model runs the model like any other.

The network starts with the weights of a model without the stage, --base (kws), and is trained to
give the same scores for the same sound, in some minutes.

--reference trains the pipeline of the paper (arXiv 2010.13309) in float instead: 60x126 magnitude
mel spectrograms, quanvolution, U-Net, two BiLSTM and attention.
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
from edge.errors import ModelError
from edge.simulation.seeds import seed
from training.common.provenance import command_line, file_names, folder_names, model_path
from training.quantum.circuits import best_of_study
from training.quantum.config import QcnnConfig
from training.quantum.options import add_data_options
from training.quantum.reference.train import train_reference
from training.quantum.train import train_qcnn
from training.sound.learn.config import FitConfig, Schedule, TrainingConfig
from training.sound.learn.front_ends import SHIPPED
from training.sound.learn.pretrained_model import PretrainedModel
from training.sound.options import speaker_count
from training.sound.task import Task, keyword_task

DEFAULTS = TrainingConfig(
    keyword_task(),
    fit=FitConfig(batch_size=128),
    adaptation=Schedule(epochs=30, learning_rate=1.5e-3, label_smoothing=0.0),
)
DEFAULT_BASE = "kws"


def main(argv: Sequence[str] | None = None, defaults: TrainingConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.qcnn", __doc__)
    add_data_options(parser)
    parser.add_argument(
        "--people", type=speaker_count, metavar="N", help="simulated people in the training data"
    )
    parser.add_argument(
        "--others",
        nargs="+",
        default=[],
        metavar="DIR",
        help="recordings of other words, for the choice of thresholds, as in training.kws",
    )
    parser.add_argument(
        "--study",
        type=Path,
        metavar="FILE.json",
        help="take the best circuit of this study, not of 64 random ones",
    )
    parser.add_argument(
        "--base",
        default=DEFAULT_BASE,
        metavar="MODEL",
        help="the model whose scores the network learns to give: a name, or a file that "
        f"training.kws made ({DEFAULT_BASE})",
    )
    parser.add_argument(
        "--reference", action="store_true", help="train the pipeline of the paper, in float"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)

    def run(args: argparse.Namespace) -> None:
        if args.reference:
            train_reference(args.data, args.out, args.seed, defaults.task, defaults.cache)
        else:
            train_qcnn(_config(args, defaults))

    return run_command(parser, run, argv)


def _config(args: argparse.Namespace, defaults: TrainingConfig) -> QcnnConfig:
    """Return the defaults with the options filled in, and the circuit."""
    base = _read_base(args.base, defaults.task)
    speakers = defaults.simulated_speakers if args.people is None else args.people
    training = replace(
        defaults,
        out=args.out,
        command=_command(args),
        data=tuple(args.data),
        noise=tuple(args.noise),
        others=tuple(args.others),
        simulated_speakers=speakers,
        seed=args.seed,
        network=base.network,
    )
    if not args.study:
        return QcnnConfig(training, base)
    quanvolution, circuit = best_of_study(args.study)
    return QcnnConfig(training, base, quanvolution, circuit, args.study)


def _read_base(name: str, task: Task) -> PretrainedModel:
    """Read the base. Raises ModelError if a network behind the stage cannot imitate it."""
    base = PretrainedModel.read(name)
    if base.front_end != SHIPPED:
        raise ModelError(
            f"--base {name} has no log-mel spectra for the quanvolution: choose a model of the "
            "shipped front end"
        )
    if base.labels != task.labels:
        raise ModelError(
            f"--base {name} recognises {', '.join(base.labels)}: choose a model of "
            f"{', '.join(task.labels)}"
        )
    return base


def _command(args: argparse.Namespace) -> str:
    """Return the command line that trains the same model again, for the provenance."""
    return command_line(
        "training.qcnn",
        {
            "--data": folder_names(args.data),
            "--noise": file_names(args.noise),
            "--others": folder_names(args.others),
            "--people": args.people,
            "--study": args.study and model_path(args.study),
            "--base": Path(args.base).name,
            "--seed": args.seed,
            "--out": model_path(args.out),
        },
    )


if __name__ == "__main__":
    sys.exit(main())

"""Print the accuracy of AirDigit on people, devices and movements that it was not trained on.

  python -m training.airdigit_figures --data pen_strokes watch_letters wand_strokes leap3d --shipped
  python -m training.airdigit_figures --data imu_handheld imu_phone strokes_wand pen_strokes
  python -m training.airdigit_figures --data imu_phone pen_strokes --accelerometer

--shipped measures a model file as it is, on corpora that it was not trained on: letters that people
wrote with a watch on the wrist, digits drawn in the air with a wand or a finger and pen characters
of other writers, which simulated arms draw, and other movements. It takes some minutes. --plots
draws the worst takes of each corpus.

Without --shipped, a network is trained for every row of a table, without the takes that the row
names and with the hyperparameters of the shipped model. All networks go on from one that was
pretrained on simulated people. Allow two hours on two cores.

With --accelerometer it shows how far a sensor without a gyroscope gets: one network learns from
the acceleration alone, and is compared with one that has both sensors. Allow an hour on two cores,
most of it to simulate people. These two are float networks; all others are int8 models on the
device's runtime.

--out writes the tables to a file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import RecordingError
from edge.model.model import Model
from edge.model.shipped import find_model
from edge.simulation.seeds import seed
from training.common.atomic_write import write_file
from training.common.jobs import JobOptions
from training.common.options import add_cluster_option
from training.common.provenance import command_line, folder_names
from training.motion.config import TrainingConfig
from training.motion.held_out import held_out_table
from training.motion.strangers.plots import plot_worst
from training.motion.strangers.results import Result, measure_sets, table
from training.motion.without_gyroscope import accelerometer_table


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.airdigit_figures", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="folders of the corpora"
    )
    parser.add_argument(
        "--shipped",
        nargs="?",
        const="airdigit",
        metavar="MODEL",
        help="measure this model (default: airdigit), and train none",
    )
    parser.add_argument(
        "--plots", type=Path, metavar="FOLDER", help="with --shipped: pictures of the worst takes"
    )
    parser.add_argument(
        "--new-people",
        action="store_true",
        help="train networks only for the rows that leave out all takes of a person",
    )
    parser.add_argument(
        "--accelerometer",
        action="store_true",
        help="train a network without the gyroscope, and compare it with one that has both sensors",
    )
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="write the tables to a file")
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="of all random numbers (default: 0)"
    )
    parser.add_argument(
        "--people", type=int, metavar="N", help="simulated people in the training set"
    )
    add_cluster_option(parser)
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    """Print the table, and write it to a file if there is one."""
    config = config_of(args)
    if args.accelerometer:
        lines = list(accelerometer_table(config))
    elif args.shipped:
        lines = shipped_figures(args.shipped, config, args.plots)
    else:
        lines = held_out_table(config, args.new_people)
    text = "\n".join([*_heading(args), *lines])
    print(text)
    if args.out:
        write_file(args.out, text + "\n")


def config_of(args: argparse.Namespace) -> TrainingConfig:
    """The hyperparameters of the shipped model, with the options of this command."""
    jobs = JobOptions(args.cluster)
    config = TrainingConfig(data=tuple(args.data), seed=args.seed, jobs=jobs)
    return config if args.people is None else config.with_people(args.people)


def shipped_figures(name: str, config: TrainingConfig, plots: Path | None) -> list[str]:
    """The table of one model file, on corpora that it was not trained on."""
    model = Model.load(find_model(name), task="airdigit")
    results: list[Result] = []
    for result in measure_sets(model, config.data, config.cache, config.jobs):
        results.append(result)
        if plots is not None:
            plot_worst(result, plots)
    if not results:
        raise RecordingError(
            f"{config.data[0]}: none of the corpora watch_letters, wand_strokes, leap3d and "
            "pen_strokes is among the folders"
        )
    return table(model, results)


def _heading(args: argparse.Namespace) -> list[str]:
    options = {
        "--data": folder_names(args.data),
        "--shipped": args.shipped == "airdigit" or args.shipped,
        "--new-people": args.new_people,
        "--accelerometer": args.accelerometer,
        "--people": args.people,
        "--seed": args.seed or None,
    }
    return [
        "# AirDigit on people, devices and movements that it was not trained on",
        "",
        f"Printed by `{command_line('training.airdigit_figures', options)}`.",
        "Float networks." if args.accelerometer else "int8 on the device's runtime.",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main())

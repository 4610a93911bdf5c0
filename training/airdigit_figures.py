"""Print the accuracy of AirDigit on people, sessions and devices that are in no training set.

  python -m training.airdigit_figures --data imu_handheld imu_phone strokes_wand

For every row of the table a network is trained without the takes that the row names, with the
hyperparameters of the shipped model; it is tested as an int8 model on the device's runtime. All
networks go on from one that was pretrained on simulated people. Allow an hour on two cores. --out
writes the table to a file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tensorflow import keras

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import RecordingError
from edge.simulation.seeds import seed
from training.common.atomic_write import write_file
from training.common.tflite import to_int8
from training.motion import dataset, fit, network
from training.motion.config import TrainingConfig
from training.motion.evaluation import Evaluation, evaluate
from training.motion.export import calibration_tensors
from training.motion.live_accuracy import live_accuracy
from training.motion.protocols import HANDHELD, PHONE, Mask, Protocol, protocols
from training.motion.simulated_people import simulate
from training.motion.training_data import adaptation_people, validation_people

COMMAND = "python -m training.airdigit_figures --data imu_handheld imu_phone strokes_wand"


@dataclass(frozen=True)
class Row:
    """The result of one protocol."""

    protocol: Protocol
    evaluation: Evaluation
    wrong_label: Mask
    """Which of the tested takes have a wrong label in the corpus."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.airdigit_figures", __doc__)
    parser.add_argument("--data", nargs="+", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    parser.add_argument("--people", type=int, default=TrainingConfig.people, metavar="N")
    add_common(parser)
    return run_command(parser, lambda args: measure(config_of(args), args.out), argv)


def config_of(args: argparse.Namespace) -> TrainingConfig:
    """The hyperparameters of the shipped model, with the options of this command."""
    return TrainingConfig(data=tuple(args.data), seed=args.seed, people=args.people)


def measure(config: TrainingConfig, out: Path | None = None) -> None:
    """Train and test all networks; print the table, and write it to `out`."""
    recorded = dataset.load_strokes(config.data)
    as_labelled = dataset.load_strokes(config.data, corrected=False)
    if {HANDHELD, PHONE} - set(recorded.corpus):
        raise RecordingError(f"--data must hold the folders {HANDHELD} and {PHONE}")
    paths = dataset.load_drawn_paths(config.data)
    simulated = simulate(config.people, 0, config.cache, paths)
    adaptation, validation = adaptation_people(config), validation_people(config)
    pretrained = fit.pretrain(simulated, config)
    finetuned: dict[bytes, keras.Model] = {}
    rows, live = [], []
    for protocol in protocols(recorded):
        training = recorded[~protocol.held_out]
        key = protocol.held_out.tobytes()
        if key not in finetuned:
            finetuned[key] = fit.finetune(pretrained, simulated, training, config)
        trained = finetuned[key]
        calibration = calibration_tensors(simulated, training)
        if protocol.own is not None:
            # As a user does it: from the int8 file, not from the float network behind it.
            base = network.from_tflite(to_int8(trained, calibration))
            trained = fit.adapt(base, adaptation, recorded[protocol.own], config)
        tested = as_labelled[protocol.tested]
        evaluation = evaluate(protocol.name, trained, tested, calibration)
        rows.append(Row(protocol, evaluation, tested.label != recorded.label[protocol.tested]))
        if protocol.live_corpus:
            (folder,) = (f for f in config.data if Path(f).resolve().name == protocol.live_corpus)
            live.append(live_accuracy(folder, to_int8(trained, calibration), validation, config))
    text = "\n".join([*_table(rows), "", *_live_section(live)])
    print(text)
    if out:
        write_file(out, text + "\n")


def _live_section(lines: Sequence[str]) -> list[str]:
    explanation = "The takes of a corpus that was held out, played to the live chain:"
    return ["## Live", "", explanation, "", *lines]


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "# AirDigit on people, sessions and devices that are in no training set"
    yield ""
    yield f"Printed by `{COMMAND}`."
    yield "Two writers in all, one for each corpus: few people. int8 on the device's runtime."
    yield ""
    yield "| held out, and tested | strokes | goal | int8 | float | int8, right labels |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        result = row.evaluation
        yield (
            f"| {row.protocol.name} | {len(result.truth)} | {row.protocol.goal:.2f} | "
            f"**{result.int8_accuracy:.3f}** | {result.float_accuracy:.3f} | "
            f"{_with_right_labels(row)} |"
        )
    yield ""
    yield (
        "The last column leaves out takes whose label in the corpus is wrong (ten 5s in a row that "
        "are labelled 4; `CORRECTIONS` in `training/motion/dataset.py` says how that was found). "
        "Training uses them as 5; the other columns count them as they are labelled."
    )
    for row in rows:
        yield from ["", f"## {row.protocol.name}", "", *row.evaluation.table()]


def _with_right_labels(row: Row) -> str:
    if not row.wrong_label.any():
        return ""
    correct = row.evaluation.int8_scores.argmax(axis=1) == row.evaluation.truth
    return f"{correct[~row.wrong_label].mean():.3f}"


if __name__ == "__main__":
    sys.exit(main())

"""What `python -m training.kws` and `python -m training.sounddigit` have in common."""

from __future__ import annotations

import argparse
import logging
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from tensorflow import keras

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.model.model import Model
from edge.simulation.seeds import seed
from training.common.atomic_write import check_model_path, write_file
from training.common.onnx import to_onnx
from training.common.plots import ConfusionPlot, plot_confusion
from training.sound import export
from training.sound.data import selection
from training.sound.data.split import hold_out
from training.sound.evaluate.card import LISTEN_COMMANDS, model_card
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import (
    ValidationConfig,
    choose_decision,
    label_clips,
    score_with_keras,
)
from training.sound.learn import fit, training_sets
from training.sound.learn.config import ADAPT_PEOPLE, PEOPLE, SIZES, School
from training.sound.task import COMMANDS, Task

log = logging.getLogger(__name__)

VALIDATION = ValidationConfig()


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--data", nargs="+", default=[], metavar="DIR", help="recordings of words")
    parser.add_argument(
        "--download",
        type=Path,
        metavar="DIR",
        help="learn from Speech Commands as well: fetched to this folder, if it is not there yet "
        "(2.4 GB, and 4 more unpacked)",
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--people",
        type=_count,
        metavar="N",
        help=f"simulated people to learn from ({PEOPLE}; with --base {ADAPT_PEOPLE})",
    )
    parser.add_argument(
        "--others",
        nargs="+",
        default=[],
        metavar="DIR",
        help="recordings of none of the words, by people who are not in --data: thresholds are "
        "chosen so that they are not mistaken for any",
    )
    parser.add_argument("--base", metavar="MODEL", help="adapt this model (a name or a file)")
    parser.add_argument(
        "--size", choices=list(SIZES), help="of the network (normal; with --base that of the base)"
    )
    parser.add_argument(
        "--front-end",
        choices=("shipped", "lecture"),
        help="the spectra it sees: those of the shipped models, or the lecture's MFCC, which take "
        "longer to compute (shipped; with --base that of the base)",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)


def _count(text: str) -> int:
    if int(text) < 0:
        raise ValueError
    return int(text)


def train(args: argparse.Namespace, task: Task) -> None:
    check_model_path(args.out)
    school = School.of(args, task)
    everything = school.everything
    held = hold_out(everything, task.words, args.seed)
    lesson = school.lesson(held.learnt)
    trial = school.learn(lesson, held.learnt)
    ranges = training_sets.calibration(lesson)
    model = export.loaded(export.to_int8(trial, school.shape, ranges), task, school.front_end)
    judges = label_clips(held.judging, task)
    result = score_with_keras(model, trial, judges)
    log.info("validation set: %s", result.summary())
    base = school.base.decision if school.base else None
    decision = choose_decision(
        model, held.judging, school.others, task, school.noise_files, VALIDATION, base
    )
    final = trial
    if not held.by_list:
        log.info("now with those who judged as well, to ship")
        everybody = selection.learnable(everything)
        lesson = school.lesson(everybody)
        final, ranges = school.learn(lesson, everybody), training_sets.calibration(lesson)
    onnx, onnx_error = to_onnx(final, ranges[:200])
    provenance = _provenance(args, school, lesson, result)
    int8 = export.to_int8(final, school.shape, ranges)
    export.write(args.out, int8, task, decision, provenance, school.front_end)
    write_file(args.out.with_suffix(".onnx"), onnx)
    title = (
        f"{args.out.name}: {result.accuracy(result.int8):.1%} of {len(result.truth)} clips correct"
    )
    plots = [ConfusionPlot(result.confusion(), title)]
    plot_confusion(plots, result.labels, "said", args.out.with_suffix(".png"))
    listened = school.listened(judges)
    text = model_card(args.out, Model.load(args.out), result, held.said, onnx_error, listened)
    write_file(args.out.with_suffix(".md"), text)
    print(text)
    print(f"wrote {args.out}; try it: {LISTEN_COMMANDS[task.name]} --model {args.out} --mock")


def _provenance(
    args: argparse.Namespace, school: School, lesson: fit.Lesson, result: ClipScores
) -> dict[str, Any]:
    command = ["python", "-m", f"training.{args.command}"]
    if args.data:
        command += ["--data", *(Path(folder).resolve().name for folder in args.data)]
    if args.download:
        command += ["--download", args.download.resolve().name]
    if args.noise:
        noise = (Path(file).resolve() for file in args.noise)
        command += ["--noise", *(f"{file.parent.name}/{file.name}" for file in noise)]
    if tuple(getattr(args, "words", COMMANDS)) != COMMANDS:
        command += ["--words", *args.words]
    if args.others:
        command += ["--others", *(Path(folder).resolve().name for folder in args.others)]
    if args.base:
        command += ["--base", Path(args.base).name]
    if args.people is not None:
        command += ["--people", str(args.people)]
    if args.front_end and not args.base:
        command += ["--front-end", args.front_end]
    if not args.base:
        command += ["--size", args.size or "normal"]
    command += ["--seed", str(args.seed)]
    command += ["--out", str(Path("models") / args.out.name)]
    return {
        "command": shlex.join(command),
        **school.origin(lesson, args.noise),
        "metrics": {
            "judged": {
                "clips": len(result.truth),
                "speakers": result.speakers,
                "int8": round(result.accuracy(result.int8), 4),
            }
        },
        "versions": {"keras": keras.__version__, "numpy": np.__version__},
    }

"""Train a model that hears words behind a quantum convolution.

  python -m training.qcnn --data speech_commands/ speech_commands_extra/ speech_commands_logmel/ \
      --study models/kws_qcnn-study.json --out models/kws_qcnn.tflite
  python -m training.qcnn --reference --data speech_commands/ speech_commands_extra/ \
      --out models/kws_qcnn-reference.md

The circuit is that which did best on the validation split in a --study (training.qcnn_study), or
else a random one. What it computes is known in closed form, so it runs as a stage of the front end
in microseconds, and the int8 network behind it hears like any other: kws-listen --model. The
network goes on from what training.kws has learnt of all words: where that is not kept, allow an
hour for it, and a quarter of one for the rest.

--reference trains the paper's pipeline (arXiv 2010.13309) in float instead: 60x126 magnitudes,
quanvolution, U-Net, two BiLSTM and attention.
"""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.model.model import Model
from edge.simulation.seeds import seed
from training.common.atomic_write import check_model_path, write_file
from training.common.onnx import to_onnx
from training.common.plots import ConfusionPlot, plot_confusion
from training.quantum import card, stage
from training.quantum.stage import SHAPES, StagedLesson
from training.sound import export
from training.sound.data.clips import Clips
from training.sound.data.split import hold_out
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import (
    ValidationConfig,
    choose_decision,
    label_clips,
    score_with_keras,
)
from training.sound.learn import fit, training_sets
from training.sound.learn.config import SIZES, School
from training.sound.task import Task, commands

log = logging.getLogger(__name__)

VALIDATION = ValidationConfig()

AGAIN = fit.Plan(epochs=6, rate=2e-3)  # every word, once the first layer is another
FINISH = fit.Plan(epochs=4, rate=1e-3)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.qcnn", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="recordings of words"
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--people", type=int, metavar="N", help="simulated people to learn from, as training.kws"
    )
    parser.add_argument(
        "--others", nargs="+", default=[], metavar="DIR", help="for thresholds, as training.kws"
    )
    parser.add_argument("--study", type=Path, metavar="FILE.json", help="whose best circuit it has")
    parser.add_argument(
        "--size", choices=list(SHAPES), default="normal", help="of the network (normal)"
    )
    parser.add_argument("--reference", action="store_true", help="the paper's pipeline, in float")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)
    parser.set_defaults(base=None, download=None, front_end="shipped")
    return run_command(parser, lambda args: _run(args, commands()), argv)


def _run(args: argparse.Namespace, task: Task) -> None:
    if args.reference:
        from training.quantum import reference

        reference.train(args.data, args.out, args.seed, task)
    else:
        build(args, task)


def build(args: argparse.Namespace, task: Task) -> None:
    check_model_path(args.out)
    circuit, which = stage.best_of(args.study) if args.study else _random(args.seed)
    school = School.of(args, task)
    held = hold_out(school.everything, task.words, args.seed)
    lesson = StagedLesson.of(school.lesson(held.learnt), circuit)
    network = _learn(task, lesson, held.learnt, school.noise, args)
    ranges = training_sets.calibration(lesson)
    wanted = stage.wanted(circuit)
    int8 = export.to_int8(network, SHAPES[args.size], ranges)
    model = export.loaded(int8, task, wanted)
    judges = label_clips(held.judging, task)
    result = score_with_keras(model, network, judges)
    log.info("validation set: %s", result.summary())
    decision = choose_decision(
        model, held.judging, school.others, task, school.noise_files, VALIDATION
    )
    test = school.everything[school.everything.split == "test"]
    tested = score_with_keras(model, network, label_clips(test, task)) if len(test) else None
    onnx, onnx_error = to_onnx(network, ranges[:200])
    metrics = {"judged": _figures(result, task)}
    if tested:
        metrics["test"] = _figures(tested, task)
    provenance = {
        "command": _command(args),
        **school.origin(lesson, args.noise),
        "circuit": which,
        "metrics": metrics,
        "versions": {"keras": keras.__version__, "numpy": np.__version__},
    }
    export.write(args.out, int8, task, decision, provenance, wanted)
    write_file(args.out.with_suffix(".onnx"), onnx)
    shown = tested or result
    title = f"{args.out.name}: {shown.accuracy(shown.int8):.1%} of {len(shown.truth)} clips correct"
    plots = [ConfusionPlot(shown.confusion(), title)]
    plot_confusion(plots, shown.labels, "said", args.out.with_suffix(".png"))
    text = card.text(
        *(args.out, Model.load(args.out), result, tested, held.said, onnx_error),
        *(school.listened(judges), lesson.clips, task, args.study),
    )
    write_file(args.out.with_suffix(".md"), text)
    print(text)
    print(f"wrote {args.out}; try it: kws-listen --model {args.out} --mock")


def _random(seed: int) -> tuple[dict[str, Any], str]:
    return stage.drawn(seed), f"quanvolution, random, seed {seed}"


def _learn(
    task: Task,
    lesson: StagedLesson,
    learnt: Clips,
    noise: NDArray[np.float16],
    args: argparse.Namespace,
) -> keras.Model:
    """What training.kws knows of all words goes on behind the stage, then with those of the task.

    That is kept since kws was trained on these clips, or else learnt now.
    """
    known, words = training_sets.pretrained(learnt, noise, SIZES[args.size], args.seed)
    every, _ = training_sets.every_word(learnt, noise, args.seed)
    staged, shape = StagedLesson.of(every, lesson.quanvolution), SHAPES[args.size]
    keras.utils.set_random_seed(args.seed)
    again = stage.transplanted(known, staged, shape)
    count = len(lesson.clips)
    fit.fit(again, staged, fit.for_clips(AGAIN, count), "all words, behind the circuit")
    lesson = training_sets.taught(lesson, learnt, noise, task, args.seed)
    plan, groups = fit.for_clips(FINISH, count), task.groups(words)
    return fit.finish(again, lesson, shape, args.seed, plan, groups)


def _figures(result: ClipScores, task: Task) -> dict[str, Any]:
    words = result.truth < len(task.spoken)
    found: dict[str, Any] = {
        "clips": len(result.truth),
        "speakers": result.speakers,
        "words": int(words.sum()),
    }
    for name, answers in (("int8", result.int8), ("float", result.float32)):
        if answers is not None:
            right = answers.argmax(axis=1) == result.truth
            found[name] = round(float(right.mean()), 4)
            found[f"{name}_words"] = round(float(right[words].mean()), 4)
    return found


def _command(args: argparse.Namespace) -> str:
    command = ["python", "-m", "training.qcnn"]
    command += ["--data", *(Path(folder).resolve().name for folder in args.data)]
    if args.noise:
        noise = (Path(file).resolve() for file in args.noise)
        command += ["--noise", *(f"{file.parent.name}/{file.name}" for file in noise)]
    if args.others:
        command += ["--others", *(Path(folder).resolve().name for folder in args.others)]
    if args.people is not None:
        command += ["--people", str(args.people)]
    if args.study:
        command += ["--study", f"models/{args.study.name}"]
    command += ["--size", args.size, "--seed", str(args.seed), "--out", f"models/{args.out.name}"]
    return shlex.join(command)


if __name__ == "__main__":
    sys.exit(main())

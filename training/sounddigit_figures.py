"""Print the figures of spoken digits on people that training did not hear.

  python -m training.sounddigit_figures --data speech_commands speech_commands_extra \\
      speech_commands_logmel fsdd --arabic arabic_digits --noise doing_the_dishes.flac ...

For every row a network is trained anew with all that the row names kept out, by the recipe that
makes the shipped model, in less time; it is tested as an int8 model on the device's runtime. One
long training on the large corpora, in which none of the tested speakers are, serves all of them.
Allow an hour.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import RecordingError
from edge.simulation.seeds import seed
from training.sound import export
from training.sound.data import clips as corpora
from training.sound.data import selection
from training.sound.data.clips import Clips
from training.sound.data.folder_layouts import SILENCE
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import label_clips, score_with_keras
from training.sound.learn import fit, network, training_sets
from training.sound.learn.layers import Shape
from training.sound.task import DIGITS

log = logging.getLogger(__name__)

FSDD = "fsdd"
OWN_TAKES = 20  # of each digit, as the lecture has it
ARABIC_JUDGES = ("02", "07", "08", "12", "21", "25")
SHAPE = Shape()
PLAN = replace(fit.FINISH, epochs=6)  # of a row; the shipped model learns longer


@dataclass(frozen=True)
class Row:
    name: str
    goal: float | None
    scored: ClipScores


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.sounddigit_figures", __doc__)
    parser.add_argument("--data", nargs="+", required=True, metavar="DIR")
    parser.add_argument("--arabic", metavar="DIR", help="digits of another language")
    parser.add_argument("--noise", nargs="+", default=[], metavar="FILE")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    everything = corpora.load(args.data, fit.CACHE)
    noise = selection.recorded_noise([Path(file) for file in args.noise])
    learnt = selection.learnable(everything)
    large = selection.large(learnt)
    if not large or FSDD in large:
        raise RecordingError(
            f"--data must hold a corpus of {selection.MANY} speakers besides {FSDD}, to learn from "
            "first: speech_commands_logmel"
        )
    base, words = training_sets.pretrained(learnt, noise, SHAPE, args.seed)
    groups = DIGITS.groups(words)
    rows = list(_left_out(learnt, noise, base, groups, args.seed))
    if args.arabic:
        rows.append(_another_language(args, learnt, noise, base, groups))
    text = "\n".join(_table(rows, args))
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


def _left_out(
    learnt: Clips, noise: NDArray[np.float16], base: keras.Model, groups: list[int], seed: int
) -> Iterator[Row]:
    """Each speaker of FSDD as a stranger, and then as one who gives takes of his own."""
    fsdd = learnt.corpus == FSDD
    if not fsdd.any():
        raise RecordingError(f"--data must hold the folder {FSDD}")
    for speaker in np.unique(learnt.speaker[fsdd]):
        his = fsdd & (learnt.speaker == speaker)
        lesson = training_sets.lesson_of(learnt[~his], noise, DIGITS, seed)
        lesson = training_sets.taught(lesson, learnt[~his], noise, DIGITS, seed)
        stranger = fit.finish(base, lesson, SHAPE, seed, PLAN, groups)
        yield _row(f"FSDD without {speaker} -> {speaker}", 0.94, stranger, lesson, learnt[his])
        number = _take_numbers(learnt.path)
        own, later = his & (number < OWN_TAKES), his & (number >= OWN_TAKES)
        own_lesson = training_sets.own_lesson(learnt[own], learnt[~his], noise, DIGITS, seed)
        # As a user would: from the int8 file, not from the float network behind it.
        model = export.to_int8(stranger, SHAPE, training_sets.calibration(lesson))
        known = network.from_model(model, lesson.inputs, len(DIGITS.labels), SHAPE)
        friend = fit.adapt(known, own_lesson, seed)
        name = f"... and {OWN_TAKES} own takes a digit given (--base), later takes of {speaker}"
        yield _row(name, 0.995, friend, own_lesson, learnt[later])


def _another_language(
    args: argparse.Namespace,
    learnt: Clips,
    noise: NDArray[np.float16],
    base: keras.Model,
    groups: list[int],
) -> Row:
    arabic = corpora.load([args.arabic], fit.CACHE)
    judges = np.array([name[-2:] in ARABIC_JUDGES for name in arabic.speaker])
    silence = learnt[learnt.word == SILENCE]
    lesson = training_sets.lesson_of(
        corpora.together([arabic[~judges], silence]), noise, DIGITS, args.seed
    )
    taught = fit.finish(base, lesson, SHAPE, args.seed, PLAN, groups)
    return _row("Arabic, 18 speakers -> 6 others", 0.98, taught, lesson, arabic[judges])


def _row(name: str, goal: float, taught: keras.Model, lesson: fit.Lesson, tested: Clips) -> Row:
    int8 = export.to_int8(taught, SHAPE, training_sets.calibration(lesson))
    model = export.loaded(int8, DIGITS)
    row = Row(name, goal, score_with_keras(model, taught, label_clips(tested, DIGITS)))
    log.info("%s: %s", name, row.scored.summary())
    return row


def _take_numbers(paths: NDArray[np.str_]) -> NDArray[np.int64]:
    """The last number of a name: which take it is."""
    stems = (Path(path).stem.rsplit("_", 1)[-1] for path in paths)
    return np.array([int(stem) if stem.isdigit() else -1 for stem in stems], np.int64)


def _table(rows: Sequence[Row], args: argparse.Namespace) -> Iterator[str]:
    data = " ".join(Path(folder).resolve().name for folder in args.data)
    noise = " ".join(Path(file).name for file in args.noise)
    arabic = f" --arabic {Path(args.arabic).resolve().name}" if args.arabic else ""
    yield from ["# Spoken digits of people that training did not hear", ""]
    yield f"Printed by `python -m training.sounddigit_figures --data {data}{arabic}"
    yield f"--noise {noise} --seed {args.seed}`. int8 on the device's runtime."
    yield from [
        "",
        "| kept out, and tested | clips | goal | int8 | float |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        by_float = row.scored.float32
        assert by_float is not None
        yield (
            f"| {row.name} | {len(row.scored.truth)} | {row.goal} "
            f"| **{row.scored.accuracy(row.scored.int8):.4f}** "
            f"| {row.scored.accuracy(by_float):.4f} |"
        )
    for name, chosen in (("strangers", "without"), ("with own takes", "own takes")):
        shares = [r.scored.accuracy(r.scored.int8) for r in rows if chosen in r.name]
        both = f"{np.mean(shares):.4f} / {np.min(shares):.4f}"
        yield f"| **FSDD, {name}: mean / worst of {len(shares)}** | | | {both} | |"


if __name__ == "__main__":
    sys.exit(main())

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
from training.sound.data.clips import LARGE_CORPUS, Clips, concatenate, large_corpora
from training.sound.data.load import load_clips
from training.sound.data.noise import recorded_noise
from training.sound.data.split import exclude_held_out
from training.sound.data.words import SILENCE
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import label_clips, score_with_keras
from training.sound.learn.config import TrainingConfig
from training.sound.learn.distillation import with_distillation
from training.sound.learn.phases import WordNetwork, adapt, finetune, pretrain
from training.sound.learn.pretrained_model import from_tflite
from training.sound.learn.training_sets import (
    TrainingSet,
    adaptation_training_set,
    all_words_training_set,
    calibration_windows,
    task_training_set,
)
from training.sound.task import DIGIT_TASK

log = logging.getLogger(__name__)

FSDD = "fsdd"
OWN_TAKES = 20  # of each digit, as the lecture has it
ARABIC_HELD_OUT = ("02", "07", "08", "12", "21", "25")
EPOCHS = 6  # of the finetuning for each row; the shipped model is trained for longer


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
    config = TrainingConfig(DIGIT_TASK, seed=args.seed)
    clips = exclude_held_out(load_clips(args.data, config.cache))
    noise = recorded_noise([Path(file) for file in args.noise])
    large = large_corpora(clips)
    if not large or FSDD in large:
        raise RecordingError(
            f"--data must hold a corpus of {LARGE_CORPUS} speakers besides {FSDD}, for the "
            "pretraining: speech_commands_logmel"
        )
    pretrained = pretrain(all_words_training_set(clips, noise, config), config)
    rows = list(_speakers_held_out(clips, noise, pretrained, config))
    if args.arabic:
        rows.append(_another_language(args.arabic, clips, noise, pretrained, config))
    text = "\n".join(_table(rows, args))
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


def _speakers_held_out(
    clips: Clips, noise: NDArray[np.float16], pretrained: WordNetwork, config: TrainingConfig
) -> Iterator[Row]:
    """Yield two rows for each speaker of FSDD: held out, and adapted to some of the takes."""
    fsdd = clips.corpus == FSDD
    if not fsdd.any():
        raise RecordingError(f"--data must hold the folder {FSDD}")
    take = _take_numbers(clips.path)
    for speaker in np.unique(clips.speaker[fsdd]):
        held_out = fsdd & (clips.speaker == speaker)
        others = clips[~held_out]
        training_set = task_training_set(others, noise, config)
        training_set = with_distillation(training_set, others, noise, config)
        network = finetune(pretrained, training_set, _row_config(config))
        name = f"FSDD without {speaker} -> {speaker}"
        yield _row(name, 0.94, network, training_set, clips[held_out], config)
        own, later = held_out & (take < OWN_TAKES), held_out & (take >= OWN_TAKES)
        own_set = adaptation_training_set(clips[own], others, noise, config)
        # From the int8 model, as a user would adapt it, and not from the float network.
        windows = calibration_windows(training_set, config)
        int8 = export.to_int8(network, config.network, windows)
        labels = len(DIGIT_TASK.labels)
        base = from_tflite(int8, training_set.inputs, labels, config.network)
        name = f"... and {OWN_TAKES} own takes a digit given (--base), later takes of {speaker}"
        yield _row(name, 0.995, adapt(base, own_set, config), own_set, clips[later], config)


def _another_language(
    folder: str,
    clips: Clips,
    noise: NDArray[np.float16],
    pretrained: WordNetwork,
    config: TrainingConfig,
) -> Row:
    arabic = load_clips([folder], config.cache)
    held_out = np.array([name[-2:] in ARABIC_HELD_OUT for name in arabic.speaker])
    silence = clips[clips.word == SILENCE]
    training_set = task_training_set(concatenate([arabic[~held_out], silence]), noise, config)
    network = finetune(pretrained, training_set, _row_config(config))
    name = "Arabic, 18 speakers -> 6 others"
    return _row(name, 0.98, network, training_set, arabic[held_out], config)


def _row_config(config: TrainingConfig) -> TrainingConfig:
    """Return the config of the finetuning of a row: as long for few clips as for many."""
    return replace(config, finetuning=replace(config.finetuning, epochs=EPOCHS), full_size=1)


def _row(
    name: str,
    goal: float,
    network: keras.Model,
    training_set: TrainingSet,
    tested: Clips,
    config: TrainingConfig,
) -> Row:
    windows = calibration_windows(training_set, config)
    model = export.load_int8(export.to_int8(network, config.network, windows), DIGIT_TASK)
    row = Row(name, goal, score_with_keras(model, network, label_clips(tested, DIGIT_TASK)))
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
    yield from ["# LabelledClip digits of people that training did not hear", ""]
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

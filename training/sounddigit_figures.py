"""Print the accuracy of spoken digits on speakers that are in no training set.

  python -m training.sounddigit_figures --data speech_commands speech_commands_extra \\
      speech_commands_logmel fsdd --arabic arabic_digits --noise doing_the_dishes.flac ...

For every row of the table a network is trained without the speakers that the row names, in less
time than the shipped model; it is tested as an int8 model on the device's runtime. All networks go
on from one that was pretrained on the large corpora, which contain none of the tested speakers.
Allow an hour. --out writes the table to a file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

import numpy as np

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.simulation.seeds import seed
from training.common.atomic_write import write_file
from training.common.provenance import command_line, file_names, folder_names
from training.sound.data.load import load_clips
from training.sound.data.noise import recorded_noise
from training.sound.data.split import exclude_held_out
from training.sound.digit_protocols import (
    FSDD,
    Row,
    hold_out_arabic_speakers,
    hold_out_speakers,
    pretrain_on_large_corpora,
)
from training.sound.learn.config import TrainingConfig
from training.sound.task import DIGIT_TASK


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.sounddigit_figures", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help=f"corpora of words, {FSDD} included"
    )
    parser.add_argument("--arabic", metavar="DIR", help="digits of another language")
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> None:
    config = TrainingConfig(
        DIGIT_TASK, data=tuple(args.data), noise=tuple(args.noise), seed=args.seed
    )
    text = "\n".join(figures_table(measure(config, args.arabic), _command(config, args.arabic)))
    print(text)
    if args.out:
        write_file(args.out, text + "\n")


def measure(config: TrainingConfig, arabic: str | None) -> list[Row]:
    """Train and test all networks."""
    clips = exclude_held_out(load_clips(config.data, config.cache))
    noise = recorded_noise([Path(file) for file in config.noise])
    pretrained = pretrain_on_large_corpora(clips, noise, config)
    rows = list(hold_out_speakers(clips, noise, pretrained, config))
    if arabic:
        arabic_clips = load_clips([arabic], config.cache)
        rows.append(hold_out_arabic_speakers(arabic_clips, clips, noise, pretrained, config))
    return rows


def _command(config: TrainingConfig, arabic: str | None) -> str:
    options = {
        "--data": folder_names(config.data),
        "--arabic": Path(arabic).resolve().name if arabic else None,
        "--noise": file_names(config.noise),
        "--seed": config.seed,
    }
    return command_line("training.sounddigit_figures", options)


def figures_table(rows: Sequence[Row], command: str) -> Iterator[str]:
    """Yield the lines of the table in Markdown."""
    yield "# Spoken digits of speakers that are in no training set"
    yield ""
    yield f"Printed by `{command}`. int8 on the device's runtime."
    yield ""
    yield "| held out, and tested | clips | goal | int8 | float |"
    yield "|---|---|---|---|---|"
    for row in rows:
        scores = row.scores
        assert scores.float32 is not None
        yield (
            f"| {row.name} | {len(scores.truth)} | {row.goal} "
            f"| **{scores.accuracy(scores.int8):.4f}** | {scores.accuracy(scores.float32):.4f} |"
        )
    for group in dict.fromkeys(row.group for row in rows if row.group):
        accuracies = [r.scores.accuracy(r.scores.int8) for r in rows if r.group == group]
        mean_and_worst = f"{np.mean(accuracies):.4f} / {np.min(accuracies):.4f}"
        yield f"| **{group}: mean / worst of {len(accuracies)}** | | | {mean_and_worst} | |"


if __name__ == "__main__":
    sys.exit(main())

"""Train the embedding that kws-enroll compares words in (models/embedding/words.tflite).

  python -m training.word_embedding --data speech_commands speech_commands_extra \\
      speech_commands_logmel arabic_digits --noise doing_the_dishes.flac ... \\
      --out models/embedding/words.tflite

The network learns to tell phones apart: from the machine voices eSpeak NG and Flite, which must be
installed, and from recordings of people. Five words of Speech Commands and the people who said them
five times are left out; training.enroll_figures tests with them, and adds what it measured to the
file. The training takes hours; with --network, only the bank is made anew.
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
from edge.simulation.seeds import seed
from training.common.provenance import command_line, file_names, folder_names
from training.sound.embedding.config import EmbeddingConfig
from training.sound.embedding.train import train

DEFAULTS = EmbeddingConfig()


def main(argv: Sequence[str] | None = None, defaults: EmbeddingConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.word_embedding", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="corpora of words, with speakers"
    )
    parser.add_argument(
        "--noise", nargs="+", required=True, metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--out", type=Path, default=defaults.out, metavar="FILE.tflite", help="the file to write"
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="FILE.tflite",
        help="keep the network of this file, and make its bank anew, in minutes",
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="of the training (0)")
    add_common(parser)

    def run(args: argparse.Namespace) -> None:
        options = {
            "--data": folder_names(args.data),
            "--noise": file_names(args.noise),
            **({"--network": f"models/embedding/{args.network.name}"} if args.network else {}),
            "--seed": args.seed,
            "--out": f"models/embedding/{args.out.name}",
        }
        train(
            replace(
                defaults,
                data=tuple(args.data),
                noise=tuple(args.noise),
                network_of=args.network,
                seed=args.seed,
                out=args.out,
                command=command_line("training.word_embedding", options),
            )
        )

    return run_command(parser, run, argv)


if __name__ == "__main__":
    sys.exit(main())

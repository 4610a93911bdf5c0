"""The command-line options of the trainings of words, and the config they make."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from edge.cli.parser import CommandParser
from edge.errors import EdgeError
from training.common.options import add_training_options
from training.common.provenance import command_line, file_names, folder_names, model_path
from training.common.workers import join_workers
from training.sound.learn.config import TrainingConfig
from training.sound.learn.front_ends import FRONT_ENDS, SHIPPED
from training.sound.learn.network_config import SIZES, network_for_windows
from training.sound.learn.pretrained_model import PretrainedModel
from training.sound.task import KEYWORDS

DEFAULT_SIZE, DEFAULT_FRONT_END = "normal", "shipped"
ADAPTATION_SPEAKERS = 40  # simulated, so that an adapted model does not forget other voices


def add_options(parser: CommandParser) -> None:
    parser.add_argument("--data", nargs="+", default=[], metavar="DIR", help="recordings of words")
    parser.add_argument(
        "--download",
        type=Path,
        metavar="DIR",
        help="train on Speech Commands as well: fetched to this folder, if it is not there yet "
        "(2.4 GB, and 4 more unpacked)",
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--talk",
        nargs="+",
        default=[],
        metavar="PLACE",
        help="recordings of people who talk and say none of the words: at the end the network is "
        "trained on sequences of words, talk and noise, for fewer false accepts in conversations "
        "(with --base only on these)",
    )
    parser.add_argument(
        "--test-noise",
        nargs="+",
        default=[],
        metavar="FILE",
        help="noise for a later test: clips of silence in --data that are cut from it are left out",
    )
    parser.add_argument(
        "--people",
        type=speaker_count,
        metavar="N",
        help="simulated people in the training data "
        f"({TrainingConfig.simulated_speakers}; with --base {ADAPTATION_SPEAKERS})",
    )
    parser.add_argument(
        "--others",
        nargs="+",
        default=[],
        metavar="DIR",
        help="recordings of other words, by people who are not in --data: thresholds are chosen so "
        "that these are not taken for one of the words",
    )
    parser.add_argument("--base", metavar="MODEL", help="adapt this model (a name or a file)")
    parser.add_argument(
        "--size", choices=list(SIZES), help="of the network (normal; with --base that of the base)"
    )
    parser.add_argument(
        "--front-end",
        choices=("shipped", "lecture"),
        help="the input spectra: those of the shipped models, or the lecture's MFCC, which take "
        "longer to compute (shipped; with --base that of the base)",
    )
    add_training_options(parser)


def speaker_count(text: str) -> int:
    if int(text) < 0:
        raise ValueError
    return int(text)


def config_from_options(args: argparse.Namespace, defaults: TrainingConfig) -> TrainingConfig:
    """Return the defaults with the options filled in. Raises EdgeError for impossible options."""
    join_workers()  # before TensorFlow computes anything
    base = PretrainedModel.read(args.base) if args.base else None
    if base and args.size:
        raise EdgeError("--size is of a new network: with --base it is that of the base")
    front_end = base.front_end if base else FRONT_ENDS[args.front_end or DEFAULT_FRONT_END]
    if args.talk and front_end != SHIPPED:
        raise EdgeError("--talk needs the shipped front end")
    network = SIZES[args.size] if args.size else defaults.network
    speakers = ADAPTATION_SPEAKERS if base else defaults.simulated_speakers
    return replace(
        defaults,
        out=args.out,
        command=_command(args),
        data=tuple(args.data),
        download=args.download,
        noise=tuple(args.noise),
        talk=tuple(args.talk),
        test_noise=tuple(args.test_noise),
        others=tuple(args.others),
        simulated_speakers=speakers if args.people is None else args.people,
        seed=args.seed,
        front_end=front_end,
        network=base.network if base else network_for_windows(network, front_end["shape"][0]),
        base=base,
    )


def _command(args: argparse.Namespace) -> str:
    """Return the command line that trains the same model again."""
    words, speak = getattr(args, "words", KEYWORDS), getattr(args, "speak", False)
    return command_line(
        f"training.{args.command}",
        {
            "--data": folder_names(args.data),
            "--download": args.download and args.download.resolve().name,
            "--noise": file_names(args.noise),
            "--words": [] if tuple(words) == KEYWORDS else list(words),
            "--speak": speak,
            "--language": args.language if speak else None,
            "--talk": folder_names(args.talk),
            "--test-noise": file_names(args.test_noise),
            "--others": folder_names(args.others),
            "--base": args.base and Path(args.base).name,
            "--people": args.people,
            "--front-end": None if args.base else args.front_end,
            "--size": None if args.base else args.size or DEFAULT_SIZE,
            "--seed": args.seed,
            "--out": model_path(args.out),
        },
    )

"""The options of `python -m training.evaluate`."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

from edge.cli.options import add_common, add_runtime_option
from edge.cli.parser import CommandParser
from edge.simulation.seeds import seed
from training.sound.data.words import normalize_word
from training.sound.evaluate.long_audio.schedule import MixConfig

CLEAN = "clean"
# Options of long audio that is mixed from clips, and their defaults.
MIX_OPTIONS: dict[str, Any] = {
    "noise": (),
    "snr": [None],
    "gap": MixConfig.gap_s,
    "times": MixConfig.repetitions,
    "hours": 1.0,
}


def add_options(parser: CommandParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    inputs = parser.add_argument_group(
        "recordings", "Give one or more of --clips, --long and --talk."
    )
    inputs.add_argument("--clips", nargs="+", metavar="PLACE", help="folders or index.csv files")
    inputs.add_argument(
        "--long", nargs="+", metavar="PLACE", help="the same, or recordings with a table"
    )
    inputs.add_argument(
        "--talk",
        nargs="+",
        metavar="PLACE",
        help="recordings, or folders of them, in which nobody says a word of the model",
    )
    inputs.add_argument(
        "--split", metavar="NAME", help="train, val or test, of corpora that have splits"
    )
    inputs.add_argument(
        "--speakers", nargs="+", default=(), metavar="NAME", help="only these speakers"
    )
    inputs.add_argument(
        "--words",
        nargs="+",
        type=normalize_word,
        metavar="WORD",
        help="only these words of the model; in long audio, detections of its other words are "
        "false accepts",
    )
    mix = parser.add_argument_group("long audio that is mixed from clips")
    mix.add_argument(
        "--noise", nargs="+", default=(), metavar="FILE", help="recordings of background noise"
    )
    mix.add_argument(
        "--snr",
        nargs="+",
        type=_snr,
        default=[None],
        metavar="DB",
        help="noise levels: clean, or dB of the words above the noise (clean)",
    )
    mix.add_argument(
        "--hours", type=_hours, default=1.0, metavar="H", help="at each noise level (1)"
    )
    shortest, longest = MixConfig.gap_s
    mix.add_argument(
        "--gap",
        nargs=2,
        type=_gap,
        default=MixConfig.gap_s,
        metavar=("MIN", "MAX"),
        help=f"seconds between words; 0.05 0.3 is connected speech ({shortest:g} {longest:g})",
    )
    mix.add_argument(
        "--times", type=_times, default=1, metavar="N", help="play each word N times in a row (1)"
    )
    mix.add_argument("--seed", type=seed, default=0, metavar="N")
    thresholds = parser.add_argument_group("thresholds", "Those of the model, unless:")
    thresholds.add_argument(
        "--threshold",
        nargs="+",
        type=_threshold,
        metavar="X|WORD=X",
        help="for all words, or for one word",
    )
    thresholds.add_argument(
        "--max-false-per-hour", type=float, metavar="N", help="as of kws-listen"
    )
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="write plots to a folder")
    add_runtime_option(parser)
    add_common(parser)


def _snr(text: str) -> float | None:
    if text == CLEAN:
        return None
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _hours(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1000:
        raise ValueError
    return value


def _gap(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 60:
        raise ValueError
    return value


def _times(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _threshold(text: str) -> tuple[str, float]:
    """Return word and threshold; the word is empty for a threshold of all words."""
    word, _, value = text.rpartition("=")
    if not 0 <= float(value) <= 1:
        raise ValueError
    return normalize_word(word), float(value)


def given_mix_options(args: argparse.Namespace) -> list[str]:
    """Return the options of mixed audio that have another value than their default."""
    return [f"--{name}" for name, value in MIX_OPTIONS.items() if getattr(args, name) != value]

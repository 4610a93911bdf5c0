"""The options of the live commands that choose the model and its thresholds."""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass, field
from pathlib import Path

from edge.cli.options import add_runtime_option
from edge.cli.parser import CommandParser
from edge.decision import DecisionSettings
from edge.errors import ModelError
from edge.page.settings_file import read_settings


@dataclass(frozen=True)
class ThresholdChoice:
    """What --threshold says."""

    common: float | None
    """For all labels alike; None for the model's own."""
    by_word: dict[str, float] = field(default_factory=dict)

    def apply(self, settings: DecisionSettings) -> DecisionSettings:
        if self.common is not None:
            settings = settings.with_threshold(self.common)
        return settings.with_thresholds(self.by_word) if self.by_word else settings


def add_recognition_options(parser: CommandParser, task: str, spots_words: bool) -> None:
    """`spots_words`: whether a budget of false accepts can be chosen."""
    group = parser.add_argument_group("recognition")
    group.add_argument(
        "--model",
        default=task,
        metavar="NAME|FILE",
        help=f"a shipped model or a .tflite file (default: {task})",
    )
    add_runtime_option(group)
    of_what = f"of a {'word' if spots_words else 'digit'}, for all of them alike"
    example = "0.95,stop=0.9" if spots_words else "0.6,7=0.8"
    group.add_argument(
        "--threshold",
        type=_threshold,
        metavar="SCORE",
        help=f"the least probability {of_what}, 0 to 1 (default: the model's own); single ones "
        f"can follow, as in {example}",
    )
    group.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="thresholds that the page saved; the page saves them here",
    )
    if spots_words:
        group.add_argument(
            "--max-false-per-hour",
            type=_count,
            metavar="N",
            help="use thresholds at which at most N words per hour were detected, when the model "
            "was trained, in sound that holds none of them",
        )


def chosen_settings(
    args: argparse.Namespace, settings: DecisionSettings, file: Path | None = None
) -> DecisionSettings:
    """The model's decision settings, with the threshold or budget that the options choose.

    `file`: thresholds that were saved, used if the options choose none.
    """
    threshold, budget = _threshold_and_budget(args)
    if threshold is not None and budget is not None:
        # The command line wins over the environment.
        threshold, budget = _threshold_and_budget(args.typed)
        if (threshold is None) == (budget is None):
            raise ModelError("--threshold and --max-false-per-hour set the same: give one of them")
    if budget is not None:
        return settings.with_budget(budget)
    if threshold is not None:
        return threshold.apply(settings)
    return settings if file is None else read_settings(file, settings)


def _threshold_and_budget(
    args: argparse.Namespace,
) -> tuple[ThresholdChoice | None, float | None]:
    return args.threshold, getattr(args, "max_false_per_hour", None)


def _threshold(text: str) -> ThresholdChoice:
    common, by_word = None, {}
    for part in text.split(","):
        word, equals, score = part.rpartition("=")
        if equals:
            by_word[word.strip()] = _score(score)
        elif common is None:
            common = _score(part)
        else:
            raise argparse.ArgumentTypeError(f"{part} needs a label: give LABEL=SCORE")
    return ThresholdChoice(common, by_word)


def _score(text: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a score: give 0 to 1")
    return score


def _count(text: str) -> float:
    count = float(text)
    if not 0 <= count < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of false accepts: give 0 or more")
    return count

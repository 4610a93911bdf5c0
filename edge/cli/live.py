"""What every live command does; it differs only in its help, its model and its sources."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from edge.chain import run
from edge.cli.options import (
    CommandParser,
    add_common,
    add_runtime_option,
    add_source_options,
    open_source,
)
from edge.cli.run import run_command, until_signal
from edge.decision import Decision
from edge.decision.spotting import limit
from edge.errors import ModelError
from edge.events import Summary
from edge.model import Model
from edge.model.requirements import check_channels
from edge.registry import load
from edge.samples import Health
from edge.sink import SINKS
from edge.sink.json_lines import JsonLinesSink


def live(
    prog: str,
    description: str,
    task: str,
    sources: dict[str, str],
    hint: str,
    argv: Sequence[str] | None = None,
    *,
    sound: bool = False,
    default: str | None = None,
    then: Callable[[Decision], Decision] | None = None,
) -> int:
    """Recognise until the source ends or somebody stops it.

    `task` also names the shipped model that is used if no other is given; `hint` is what a user
    may do when nothing happens, and {words} in it are the model's. `sound`: is it words that are
    recognised, not strokes? `default` is the source if none is chosen. `then` adds a decision to
    that of the model.
    """
    parser = CommandParser(prog, description)
    add_source_options(parser, sources, default)
    _add_options(parser, task, sound)
    add_common(parser)

    def recognise(args: argparse.Namespace) -> None:
        running = False
        try:
            model = Model.load(args.model, args.runtime, task)
            settings = model.manifest.decision
            settings.update(_chosen(args, settings))
            requirements = model.manifest.input["sensor"]
            with open_source(args, sources, requirements, default) as source:
                check_channels(model, source.channels)
                features, decision = model.features(source.channels), model.decision()
                decision = decision if then is None else then(decision)
                words = [label for label in model.labels if label not in settings.get("silent", ())]
                told = hint.format(words=_enumerated(words))
                kind = load(SINKS, "json" if args.json else "terminal")
                sink = kind(source.rate, told, sound=sound)
                with until_signal() as stopping:
                    running = True
                    run(source, features, model, decision, sink, stopping)
        except KeyboardInterrupt:
            if running:  # somebody insists
                raise
            if args.json:  # stopped before it began: that is a run without samples
                JsonLinesSink(0, hint, sound=sound).show(Summary(Health(), 0, 0))

    return run_command(parser, recognise, argv)


def _chosen(args: argparse.Namespace, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The decision's settings, as strict as the options ask for."""
    threshold, budget = _asked(args)
    if threshold is not None and budget is not None:
        threshold, budget = _asked(args.typed)  # wins over what stands in the environment
        if (threshold is None) == (budget is None):
            raise ModelError("--threshold and --max-false-per-hour ask for the same: give one")
    if budget is not None:
        return limit(settings, budget)
    if threshold is None:
        return settings
    if "thresholds" in settings:
        return {**settings, "thresholds": dict.fromkeys(settings["thresholds"], threshold)}
    return {**settings, "threshold": threshold}


def _asked(args: argparse.Namespace) -> tuple[float | None, float | None]:
    return args.threshold, getattr(args, "max_false_per_hour", None)


def _add_options(parser: CommandParser, task: str, sound: bool) -> None:
    group = parser.add_argument_group("recognition")
    group.add_argument(
        "--model",
        default=task,
        metavar="NAME|FILE",
        help=f"a shipped model or a .tflite file (default: {task})",
    )
    add_runtime_option(group)
    sure = "this is the word, for all words alike" if sound else "this is anything"
    group.add_argument(
        "--threshold",
        type=_score,
        metavar="SCORE",
        help=f"how sure it must be that {sure}, 0 to 1 (default: what the model says)",
    )
    if sound:
        group.add_argument(
            "--max-false-per-hour",
            type=_count,
            metavar="N",
            help="be so strict that in an hour of sound without any of the words no more than N "
            "are heard, as it was measured when the model was trained",
        )
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object a line",
    )


def _enumerated(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _score(text: str) -> float:
    score = float(text)
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no score: 0 to 1")
    return score


def _count(text: str) -> float:
    count = float(text)
    if not 0 <= count < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of false words: 0 or more")
    return count

"""The live commands, which differ only in their help text, their model and their sources."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from edge.chain import Chain, run
from edge.cli.options import add_common, add_runtime_option
from edge.cli.parser import CommandParser, variable_of
from edge.cli.run import run_command
from edge.cli.signals import until_signal
from edge.decision import DecisionSettings
from edge.decision.number import NumberDecision
from edge.errors import ModelError
from edge.events import Summary
from edge.model import Model
from edge.model.requirements import check_channels
from edge.registry import Registry
from edge.samples import AUDIO, Health
from edge.sink import SINKS, Sink, StreamInfo
from edge.sink.json_lines import JsonLinesSink
from edge.source.selection import add_source_options, choose_source


@dataclass(frozen=True)
class LiveCommand:
    prog: str
    description: str
    """The text of --help."""
    task: str
    """The task of its models, and the name of the shipped model that is the default."""
    sources: Registry
    hint: str
    """Shown when nothing is recognised for a while; {words} is replaced by the model's words."""
    default_source: str | None = None
    spots_words: bool = False
    """Words in a stream, with a budget of false accepts, instead of strokes one by one."""
    joins_digits: bool = False
    """Digits that follow one another become a number."""


def live(command: LiveCommand, argv: Sequence[str] | None = None) -> int:
    """Recognise until the source ends or a signal stops it; return the exit status."""
    parser, sources, sinks = _parser_for(command, argv)

    def recognise(args: argparse.Namespace) -> None:
        running = False
        try:
            model = Model.load(args.model, args.runtime, command.task)
            decision = model.decision(_chosen_settings(args, model.settings))
            chain = Chain(model, NumberDecision(decision) if command.joins_digits else decision)
            requirements = model.manifest.input["sensor"]
            with choose_source(args, sources, requirements, command.default_source) as source:
                check_channels(model, source.channels)
                hint = command.hint.format(words=_enumerated(model.words))
                info = StreamInfo(source.rate, source.channels, hint)
                shown = open_sinks(args, sinks, info)
                try:
                    with until_signal() as stopping:
                        running = True
                        run(source, chain, shown, stopping)
                finally:
                    for sink in shown:
                        sink.close()
        except KeyboardInterrupt:
            if running:  # the second signal
                raise
            if args.json:  # stopped before the first sample: programs still get a summary
                channels = AUDIO if command.spots_words else ()
                JsonLinesSink(StreamInfo(0, channels)).show(Summary(Health(), 0, 0))

    return run_command(parser, recognise, argv)


def open_sinks(args: argparse.Namespace, table: Registry, info: StreamInfo) -> list[Sink]:
    """The sinks that the options choose; the terminal is one unless another uses stdout."""
    found = [table.load(name).from_options(args, info) for name in table if name != "terminal"]
    chosen: list[Sink] = [sink for sink in found if sink is not None]
    if not any(sink.uses_stdout for sink in chosen):
        chosen.insert(0, table.load("terminal").from_options(args, info))
    return chosen


def _parser_for(
    command: LiveCommand, argv: Sequence[str] | None
) -> tuple[CommandParser, Registry, Registry]:
    """The parser, and the sources and sinks whose options it has.

    Those of installed packages are looked up only where an option or a variable is unknown, or for
    --help: the lookup takes time at each start.
    """
    parser = _parser(command, command.sources, SINKS)
    if not _has_unknown(parser, sys.argv[1:] if argv is None else argv):
        return parser, command.sources, SINKS
    sources, sinks = command.sources.with_plugins(), SINKS.with_plugins()
    return _parser(command, sources, sinks), sources, sinks


def _has_unknown(parser: CommandParser, argv: Sequence[str]) -> bool:
    flags = {word.split("=")[0] for word in argv if word.startswith("--")}
    variables = {name for name in os.environ if name.startswith("EDGE_")}
    known = {variable_of(action) for action in parser._actions}
    return (
        "-h" in argv
        or "--help" in argv
        or not flags <= parser._option_string_actions.keys()
        or not variables <= known
    )


def _parser(command: LiveCommand, sources: Registry, sinks: Registry) -> CommandParser:
    parser = CommandParser(command.prog, command.description)
    add_source_options(parser, sources, command.default_source)
    _add_recognition_options(parser, command)
    group = parser.add_argument_group("output", "Where events go (default: the terminal).")
    for name in sinks:
        sinks.load(name).add_options(group)
    add_common(parser)
    return parser


def _chosen_settings(args: argparse.Namespace, settings: DecisionSettings) -> DecisionSettings:
    """The model's decision settings, with the threshold or budget that the options choose."""
    threshold, budget = _threshold_and_budget(args)
    if threshold is not None and budget is not None:
        # The command line wins over the environment.
        threshold, budget = _threshold_and_budget(args.typed)
        if (threshold is None) == (budget is None):
            raise ModelError("--threshold and --max-false-per-hour set the same: give one of them")
    if budget is not None:
        return settings.with_budget(budget)
    return settings if threshold is None else settings.with_threshold(threshold)


def _threshold_and_budget(args: argparse.Namespace) -> tuple[float | None, float | None]:
    return args.threshold, getattr(args, "max_false_per_hour", None)


def _add_recognition_options(parser: CommandParser, command: LiveCommand) -> None:
    group = parser.add_argument_group("recognition")
    group.add_argument(
        "--model",
        default=command.task,
        metavar="NAME|FILE",
        help=f"a shipped model or a .tflite file (default: {command.task})",
    )
    add_runtime_option(group)
    of_what = "of a word, for all words alike" if command.spots_words else "of any of the labels"
    group.add_argument(
        "--threshold",
        type=_score,
        metavar="SCORE",
        help=f"the least probability {of_what}, 0 to 1 (default: the model's own)",
    )
    if command.spots_words:
        group.add_argument(
            "--max-false-per-hour",
            type=_count,
            metavar="N",
            help="use thresholds at which at most N words per hour were detected, when the model "
            "was trained, in sound that holds none of them",
        )


def _enumerated(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _score(text: str) -> float:
    score = float(text)
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not a score: give 0 to 1")
    return score


def _count(text: str) -> float:
    count = float(text)
    if not 0 <= count < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of false accepts: give 0 or more")
    return count

"""What every live command does; it differs only in its help, its model and its sources."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from edge.chain import run
from edge.commands import run_command, until_signal
from edge.commands.fit import check_channels
from edge.commands.options import (
    CommandParser,
    add_common,
    add_runtime_option,
    add_source_options,
    open_source,
)
from edge.events import Summary
from edge.model import Model
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
) -> int:
    """Recognise until the source ends or somebody stops it.

    `task` also names the shipped model that is used if no other is given; `hint` is what a user
    may do when nothing happens.
    """
    parser = CommandParser(prog, description)
    add_source_options(parser, sources)
    _add_options(parser, task)
    add_common(parser)

    def recognise(args: argparse.Namespace) -> None:
        running = False
        try:
            model = Model.load(args.model, args.runtime, task)
            if args.threshold is not None:
                model.manifest.decision["threshold"] = args.threshold
            with open_source(args, sources, model.manifest.input["sensor"]) as source:
                check_channels(model, source.channels)
                features, decision = model.features(source.channels), model.decision()
                sink = load(SINKS, "json" if args.json else "terminal")(source.rate, hint)
                with until_signal() as stopping:
                    running = True
                    run(source, features, model, decision, sink, stopping)
        except KeyboardInterrupt:
            if running:  # somebody insists
                raise
            if args.json:  # stopped before it began: that is a run without samples
                JsonLinesSink(0, hint).show(Summary(Health(), 0, 0))

    return run_command(parser, recognise, argv)


def _add_options(parser: CommandParser, task: str) -> None:
    group = parser.add_argument_group("recognition")
    group.add_argument(
        "--model",
        default=task,
        metavar="NAME|FILE",
        help=f"a shipped model or a .tflite file (default: {task})",
    )
    add_runtime_option(group)
    group.add_argument(
        "--threshold",
        type=_score,
        metavar="SCORE",
        help="how sure it must be that this is anything, 0 to 1 (default: what the model says)",
    )
    group.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print one JSON object a line",
    )


def _score(text: str) -> float:
    score = float(text)
    if not 0 <= score <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no score: 0 to 1")
    return score

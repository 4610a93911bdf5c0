"""The live commands, which differ only in their help text, their model and their sources."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from edge.chain import Chain
from edge.cli.fleet_option import ModelUpdates, add_fleet_options, exchangeable, with_model
from edge.cli.live_run import add_wait_option, run_live, stay_open
from edge.cli.options import add_common
from edge.cli.output_options import add_output_options, open_output
from edge.cli.page_option import add_page_options, open_page, settings_file
from edge.cli.parser import CommandParser, variable_of
from edge.cli.recognition_options import add_recognition_options, chosen_settings
from edge.cli.run import run_command
from edge.cli.wyoming_option import add_wyoming_option, serve_wyoming
from edge.errors import EdgeError
from edge.model import Model
from edge.registry import Registry
from edge.samples import AUDIO
from edge.sink import SINKS, StreamInfo, host_name
from edge.sink.json_lines import JsonLinesSink
from edge.sink.output import Output
from edge.source.selection import (
    add_source_options,
    choose_source,
    chosen_sources,
    misplaced_option,
)

WITHOUT_OPTION = {"systemd"}
"""Sinks that an environment variable chooses."""
NEED_OTHER_SOURCES = {"mock"}
"""Sources that use an option of another source: --mock uses --speed, which --replay adds."""


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
    serves_wyoming: bool = False
    """Whether it can be a wake-word service."""
    joins_digits: bool = False
    """Digits that follow one another become a number."""


def live(command: LiveCommand, argv: Sequence[str] | None = None) -> int:
    """Recognise until the source ends or a signal stops it; return the exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    parser, sources, sinks = parser_in_use(command, arguments) or parser_for(command, arguments)

    def recognise(args: argparse.Namespace) -> None:
        updates = None if args.fleet_keys is None else ModelUpdates(args, command.task)
        try:
            if updates is None:
                model = Model.load(args.model, args.runtime, command.task)
            else:
                model = updates.first_model()
        except KeyboardInterrupt:
            _show_empty_summary(args, command)
            return

        file = settings_file(args, model)

        def build(model: Model) -> Chain:
            settings = chosen_settings(args, model.settings, file)
            return Chain(model, settings, command.joins_digits)

        chain = build(model)
        requirements = model.manifest.input["sensor"]
        wyoming = getattr(args, "wyoming", None)
        if wyoming is None:
            source = choose_source(args, sources, requirements, command.default_source)
        elif chosen_sources(args, sources, requirements):
            raise EdgeError("--wyoming gets its sound from its clients: leave the source out")
        elif args.page is not None:
            raise EdgeError(
                "--page shows one stream, and --wyoming has many: leave one of them out"
            )
        info = StreamInfo(
            rate=requirements["rate_hz"],
            channels=tuple(requirements["channels"]),
            device=args.device_name or host_name(),
            task=command.task,
            serves_clients=wyoming is not None,
            from_device=wyoming is not None or source.is_device,
        )
        info = with_model(info, model, command.hint)
        chain.show_settings(info.controls)
        page = open_page(args, command, arguments, chain, info)
        with open_output(args, sinks, info) as output:
            if wyoming is not None:
                serve_wyoming(wyoming, model, chain.settings, output, info, args.runtime)
                return
            if page is None and updates is None:
                run_live(source, chain, output, info, args.wait)
                return
            used = exchangeable(chain, output, info, command.hint)
            if page is not None:
                output.sinks.append(page.sink)
                page.start(used)
            with updates.running(used, build, output, info) if updates else nullcontext():
                stopped = run_live(source, used, output, info, args.wait)
            if page is not None and not stopped:
                stay_open(page.link)

    return run_command(parser, recognise, argv)


def _show_empty_summary(args: argparse.Namespace, command: LiveCommand) -> None:
    """For a run that was stopped before its output was open: programs still get a summary."""
    if getattr(args, "json", False):
        channels = AUDIO if command.spots_words else ()
        with Output([JsonLinesSink(StreamInfo(0, channels))]) as output:
            output.show_end_before_begin()


def parser_in_use(
    command: LiveCommand, argv: Sequence[str]
) -> tuple[CommandParser, Registry, Registry] | None:
    """The same as `parser_for`, but only with the sources and sinks that are named by an option,
    such as --pcm: to import the others takes a tenth of the start time.

    None if other options are used.
    """
    named = {flag.removeprefix("--") for flag in _flags(argv)}
    sources = command.sources.only(named) or command.sources.only({command.default_source})
    sinks = SINKS.only(named | WITHOUT_OPTION)
    if not sources or named & NEED_OTHER_SOURCES:
        return None
    parser = _parser(command, sources, sinks)
    if _has_unknown(parser, argv):
        return None
    parser.complete = lambda: parser_for(command, argv)[0]
    return parser, sources, sinks


def parser_for(
    command: LiveCommand, argv: Sequence[str]
) -> tuple[CommandParser, Registry, Registry]:
    """The parser, and the sources and sinks whose options it has.

    Those of installed packages are looked up only where an option or a variable is unknown, or for
    --help: the lookup takes time at each start.
    """
    parser = _parser(command, command.sources, SINKS)
    if not _has_unknown(parser, argv):
        return parser, command.sources, SINKS
    sources, sinks = command.sources.with_plugins(), SINKS.with_plugins()
    parser = _parser(command, sources, sinks)
    unknown = _flags(argv) - parser._option_string_actions.keys()
    if unknown and (reason := misplaced_option(sources, unknown)):
        parser.error(reason)
    return parser, sources, sinks


def _flags(argv: Sequence[str]) -> set[str]:
    return {word.split("=")[0] for word in argv if word.startswith("--")}


def _has_unknown(parser: CommandParser, argv: Sequence[str]) -> bool:
    flags = _flags(argv)
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
    default = command.default_source if sources.get(command.default_source or "") else None
    add_wait_option(add_source_options(parser, sources, default))
    add_recognition_options(parser, command.task, command.spots_words)
    add_output_options(parser, sinks)
    add_fleet_options(parser)
    if command.serves_wyoming:
        add_wyoming_option(parser)
    add_page_options(parser)
    add_common(parser)
    return parser

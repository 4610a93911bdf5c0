"""Options that several commands share: the source of samples, the runtime, the verbosity."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

import edge
from edge.errors import SourceError
from edge.model.runtime import RUNTIMES
from edge.registry import Registry
from edge.source import Source


def add_common(parser: argparse.ArgumentParser) -> None:
    """The options that every command has."""
    group = parser.add_argument_group("general")
    group.add_argument(
        "-v",
        "--verbose",
        dest="verbosity",
        action="store_const",
        const=1,
        default=0,
        help="log more on stderr",
    )
    group.add_argument(
        "-q",
        "--quiet",
        dest="verbosity",
        action="store_const",
        const=-1,
        default=0,
        help="log only warnings on stderr",
    )
    version = f"%(prog)s {edge.__version__}"
    group.add_argument("--version", action="version", version=version, help="print the version")


def add_runtime_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--runtime",
        choices=list(RUNTIMES),
        help="the package that runs the model (default: the first that is installed)",
    )


def add_source_options(
    parser: argparse.ArgumentParser, table: Registry, default: str | None = None
) -> None:
    """The options of every source in `table`; the first that a source adds is what chooses it."""
    unless_chosen = f" (default: {_flag(table, default)})" if default else ""
    group = parser.add_argument_group(
        "source", f"Where the samples come from; choose one{unless_chosen}."
    )
    for name in table:
        table.load(name).add_options(group)


def open_source(
    args: argparse.Namespace,
    table: Registry,
    requirements: Mapping[str, Any],
    default: str | None = None,
) -> Source:
    """The one source that the options choose, to be opened with `with`.

    If they choose none, it is `default`, as if its option had been given without a value.
    """
    chosen = _chosen(args, table, requirements)
    if not chosen and default is not None:
        option = _choosing_option(table, default)
        with_default = argparse.Namespace(**{**vars(args), option.dest: option.const})
        chosen = _chosen(with_default, table, requirements)
    if len(chosen) > 1 and hasattr(args, "typed"):  # the command line wins over the environment
        typed = _chosen(args.typed, table, requirements)
        chosen = {name: source for name, source in chosen.items() if name in typed} or chosen
    if not chosen:
        options = " or ".join(_flag(table, name) for name in table)
        hint = " (--mock needs no hardware)" if "mock" in table else ""
        raise SourceError(f"choose a source: {options}{hint}")
    if len(chosen) > 1:
        options = " and ".join(_flag(table, name) for name in chosen)
        raise SourceError(f"{options} are different sources: choose one")
    return next(iter(chosen.values()))


def _chosen(
    args: argparse.Namespace, table: Registry, requirements: Mapping[str, Any]
) -> dict[str, Source]:
    answers = {name: table.load(name).from_options(args, requirements) for name in table}
    return {name: source for name, source in answers.items() if source is not None}


def _choosing_option(table: Registry, name: str) -> argparse.Action:
    group = argparse.ArgumentParser(add_help=False).add_argument_group()
    table.load(name).add_options(group)
    return group._group_actions[0]


def _flag(table: Registry, name: str) -> str:
    options = _choosing_option(table, name).option_strings
    return next(text for text in options if text.startswith("--"))

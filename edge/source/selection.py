"""Choose a source by command-line options, or by the same options from a program."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from typing import Any

from edge.errors import SourceError
from edge.registry import Registry
from edge.source import SOURCE_TABLES, Source

# By the group of a table: the models that take what its sources deliver.
MODELS = {
    "edge_sense.motion_sources": "a model of motion",
    "edge_sense.sound_sources": "a model of sound",
    "edge_sense.ecg_sources": "a model of an ECG",
    "edge_sense.pleth_sources": "a model of a PPG",
    "edge_sense.image_sources": "a model of images",
}


def add_source_options(
    parser: argparse.ArgumentParser, table: Registry, default: str | None = None
) -> argparse._ArgumentGroup:
    """Add the options of every source in the table; the help names the default source."""
    note = f" (default: {_flag(table, default)})" if default else ""
    group = parser.add_argument_group("source", f"Where the samples come from; choose one{note}.")
    for name in table:
        table.load(name).add_options(group)
    return group


def source_options(table: Registry, name: str) -> list[argparse.Action]:
    """The options of one source; the first one chooses the source."""
    group = argparse.ArgumentParser(add_help=False).add_argument_group()
    table.load(name).add_options(group)
    return group._group_actions


def misplaced_option(table: Registry, flags: Collection[str]) -> str | None:
    """Say that one of these options belongs to a source of another table; None if none does."""
    others = (
        flag
        for other in SOURCE_TABLES
        for name in other
        for option in source_options(other, name)
        for flag in option.option_strings
        if flag in flags
    )
    flag = next(others, None)
    if flag is None:
        return None
    fits = ", ".join(_flag(table, name) for name in table)
    model = MODELS.get(table.group, "a model of columns of numbers")
    return f"{flag} does not fit {model}: choose from {fits}"


def choose_source(
    args: argparse.Namespace,
    table: Registry,
    requirements: Mapping[str, Any],
    default: str | None = None,
) -> Source:
    """The one source that the options choose; the caller opens it with `with`.

    If the options choose none, it is the source `default`, as if its option was given without a
    value. SourceError if there is not exactly one.
    """
    chosen = chosen_sources(args, table, requirements)
    if not chosen and default is not None:
        option = source_options(table, default)[0]
        with_default = argparse.Namespace(**{**vars(args), option.dest: option.const})
        chosen = chosen_sources(with_default, table, requirements)
    if len(chosen) > 1 and hasattr(args, "typed"):  # the command line wins over the environment
        typed = chosen_sources(args.typed, table, requirements)
        chosen = {name: source for name, source in chosen.items() if name in typed} or chosen
    if not chosen:
        options = " or ".join(_flag(table, name) for name in table)
        hint = " (--mock needs no hardware)" if "mock" in table else ""
        raise SourceError(f"choose a source: {options}{hint}")
    if len(chosen) > 1:
        options = " and ".join(_flag(table, name) for name in chosen)
        raise SourceError(f"{options} are different sources: choose one")
    return next(iter(chosen.values()))


def chosen_sources(
    args: argparse.Namespace, table: Registry, requirements: Mapping[str, Any]
) -> dict[str, Source]:
    """By name: every source that the options choose."""
    sources = {name: table.load(name).from_options(args, requirements) for name in table}
    return {name: source for name, source in sources.items() if source is not None}


def _flag(table: Registry, name: str) -> str:
    """The long form of the option that chooses a source."""
    flags = source_options(table, name)[0].option_strings
    return next(flag for flag in flags if flag.startswith("--"))

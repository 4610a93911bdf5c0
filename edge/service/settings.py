"""The environment file of a service: every option of its command, with what it means."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edge.cli.parser import CommandParser, metavar_of, takes_path, variable_of
from edge.errors import EdgeError

HEADER = """\
# Settings of {command}. After a change: edge-service restart {name}
# A line that begins with # has no effect. Every option of the command is here.
"""
# Variables that are no options, because every user of the computer can see the options.
SECRETS = {"EDGE_MQTT_PASSWORD": "the password for the broker of --mqtt"}


def environment_file(
    parser: CommandParser, command: str, name: str, values: Mapping[str, str]
) -> str:
    """The text of the file. `values`: the variables whose lines have effect."""
    lines = [HEADER.format(command=command, name=name)]
    for action in parser._actions:
        variable = variable_of(action)
        if variable:
            lines += _described(variable, _meaning(parser, action), values.get(variable))
    for variable, meaning in SECRETS.items():
        lines += _described(variable, meaning, None)
    return "\n".join(lines) + "\n"


def variables(parser: CommandParser, argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The environment variables, with their values, that mean the same as these options.

    Paths become absolute, because a service runs in another folder than the one in which it is
    installed.
    """
    words = list(argv)
    while words:
        option, equals, value = words.pop(0).partition("=")
        action = parser._option_string_actions.get(option)
        if action is None or not variable_of(action):
            raise EdgeError(f"{option} cannot be a setting of a service: leave it out")
        found = [value] if equals else []
        while not equals and action.nargs != 0 and words and not _is_option(parser, words[0]):
            found.append(words.pop(0))
        if takes_path(action):
            found = [_absolute(action, text) for text in found]
        yield variable_of(action), _text(action, option, found)


def _is_option(parser: CommandParser, word: str) -> bool:
    return word.partition("=")[0] in parser._option_string_actions


def _absolute(action: argparse.Action, text: str) -> str:
    """The absolute path; the same text if it is the name of something that is no file."""
    path = Path(text)
    is_name = "NAME" in metavar_of(action) and not path.is_file()
    return text if is_name else str(path.absolute())


def _text(action: argparse.Action, option: str, values: Sequence[str]) -> str:
    if isinstance(action, argparse.BooleanOptionalAction):
        return "0" if option.startswith("--no-") else "1"
    if action.nargs == 0:
        return "1"
    if not values:  # an option with an optional value
        return "" if action.const is None else str(action.const)
    if len(values) == 1 and action.nargs in (None, "?"):
        return values[0]
    return " ".join(f'"{value}"' if " " in value else value for value in values)


def _meaning(parser: CommandParser, action: argparse.Action) -> str:
    """The help of an option, without the name of its variable."""
    text = parser._get_formatter()._expand_help(action)
    return text.removesuffix(f"[{variable_of(action)}]").strip()


def _described(variable: str, meaning: str, value: str | None) -> list[str]:
    lines = [f"# {line}" for line in textwrap.wrap(meaning, 96)]
    lines.append(f"#{variable}=" if value is None else f"{variable}={_quoted(value)}")
    return [*lines, ""]


def _quoted(value: str) -> str:
    """A value as systemd reads it from an environment file."""
    if not value.isprintable():
        raise EdgeError(f"{value!r} cannot be a setting: give printable characters")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("`", "\\`")
    return f'"{escaped.replace("$", chr(92) + "$")}"'

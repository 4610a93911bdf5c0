"""The argument parser of all commands. Every option can also be set by an environment variable,
because a container or a systemd unit has no command line."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from edge.text import one_line

EPILOG = "Every option can also be set by the environment variable in brackets."

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")


class CommandParser(argparse.ArgumentParser):
    """Every option `--like-this` can be given as EDGE_LIKE_THIS; the command line wins.

    For an option with several values, the variable holds them with spaces between, and a value
    that contains a space stands in double quotes.
    """

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(
            *(prog, None, description.strip(), EPILOG),
            formatter_class=_HelpFormatter,
            allow_abbrev=False,
        )
        self.complete: Callable[[], CommandParser] | None = None
        """Makes the parser of all options, for messages, if this one has only those in use."""

    def parse_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: argparse.Namespace | None = None,
    ) -> argparse.Namespace:
        """`typed` of the result holds the options of the command line alone."""
        from_environment = {}
        for action in self._actions:
            name = variable_of(action)
            text = os.environ.get(name, "") if name else ""
            if text:
                from_environment[action] = self._value(action, text)
                action.required = False
        typed = super().parse_args(args)
        for action, value in from_environment.items():
            if value is not None and not _is_list(action):
                self.set_defaults(**{action.dest: value})
        result = super().parse_args(args, namespace)
        for action, value in from_environment.items():
            # Not as a default, to which argparse would add the values of the command line.
            if _is_list(action) and getattr(result, action.dest) == action.default:
                setattr(result, action.dest, value)
        result.typed = typed
        return result

    def error(self, message: str) -> NoReturn:
        """Without the leading underscore of a private type function, and with a hint for files."""
        if self.complete is not None:
            self.complete().error(message)
        stray = message.removeprefix("unrecognized arguments: ")
        if (
            stray != message
            and not stray.startswith("-")
            and "--replay" in self._option_string_actions
        ):
            message += "; recordings are given with --replay"
        message = message.replace("invalid _", "invalid ")
        super().error(one_line(re.sub("invalid (int|float) value: (.*)", _not_a_number, message)))

    def _value(self, action: argparse.Action, text: str) -> Any:
        """The value that the option would have with this text on the command line."""
        if action.nargs == 0:
            if text.lower() not in YES + NO:
                self.error(f"{variable_of(action)}={text}: give 1 or 0")
            if isinstance(action, argparse.BooleanOptionalAction):
                return text.lower() in YES
            return action.const if text.lower() in YES else None
        try:
            if action.nargs in (None, "?") and not _is_list(action):
                return _one_value(action, text)
            words = _split(text)
            if not words:
                raise argparse.ArgumentTypeError("give a value, or unset it")
            if isinstance(action.nargs, int) and len(words) != action.nargs:
                raise argparse.ArgumentTypeError(f"{action.nargs} values are needed")
            return [_one_value(action, word) for word in words]
        except argparse.ArgumentTypeError as error:
            self.error(f"{variable_of(action)}={text}: {error}")
        except (TypeError, ValueError):
            kind = getattr(action.type, "__name__", "value").lstrip("_")
            self.error(f"{variable_of(action)}={text}: invalid {kind} value: {text!r}")


def _not_a_number(found: re.Match[str]) -> str:
    kind, text = found.groups()
    return f"{text} is not a {'whole number' if kind == 'int' else 'number'}"


def _is_list(action: argparse.Action) -> bool:
    """Whether the option can be given several times."""
    return isinstance(action, argparse._AppendAction)


def variable_of(action: argparse.Action) -> str:
    """The environment variable of an option; empty for --help, --version and positionals."""
    long = [name for name in action.option_strings if name.startswith("--")]
    if not long or action.dest == argparse.SUPPRESS or action.default == argparse.SUPPRESS:
        return ""
    return "EDGE_" + long[0].lstrip("-").replace("-", "_").upper()


def metavar_of(action: argparse.Action) -> str:
    """What --help calls the value of an option."""
    metavar = action.metavar or action.dest.upper()
    return metavar if isinstance(metavar, str) else " ".join(metavar)


def takes_path(action: argparse.Action) -> bool:
    """Whether the value of an option is the path of a file or folder, or can be one."""
    return action.type is Path or bool(re.search("FILE|FOLDER|PATH", metavar_of(action)))


def _split(text: str) -> list[str]:
    """Split as a shell does, but keep apostrophes, which are part of words in many languages."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    return list(lexer)


def _one_value(action: argparse.Action, text: str) -> Any:
    value = action.type(text) if callable(action.type) else text
    if action.choices is not None and value not in action.choices:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(action.choices)}")
    return value


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    def _get_help_string(self, action: argparse.Action) -> str | None:
        name = variable_of(action)
        return f"{action.help or ''} [{name}]".lstrip() if name else action.help

"""Options that all commands share: where samples come from, how much is said, and all of it
through the environment as well, because a container or a systemd unit has no command line.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import edge
from edge.errors import SourceError
from edge.model.runtime import RUNTIMES
from edge.registry import load
from edge.source import Source

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")


class CommandParser(argparse.ArgumentParser):
    """Every option `--like-this` may be given as EDGE_LIKE_THIS; what is typed wins.

    Where it takes several values, the variable has them with spaces between, and a value with a
    space in it in double quotes.
    """

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog, None, description.strip(), formatter_class=_Help, allow_abbrev=False)

    def parse_args(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        namespace: argparse.Namespace | None = None,
    ) -> argparse.Namespace:
        """As ever; `typed` of the result is what the command line alone would have given."""
        given = {}
        for action in self._actions:
            text = os.environ.get(_variable(action), "") if _variable(action) else ""
            if text:
                given[action] = self._value(action, text)
                action.required = False
        typed = super().parse_args(args)
        for action, value in given.items():
            if value is not None:
                self.set_defaults(**{action.dest: value})
        result = super().parse_args(args, namespace)
        result.typed = typed
        return result

    def error(self, message: str) -> NoReturn:
        """Without the underscore of a function that only this program knows."""
        super().error(message.replace("invalid _", "invalid "))

    def _value(self, action: argparse.Action, text: str) -> Any:
        """What the option would have made of a text that came through the environment."""
        if action.nargs == 0:
            if text.lower() not in YES + NO:
                self.error(f"{_variable(action)}={text}: say 1 or 0")
            if isinstance(action, argparse.BooleanOptionalAction):
                return text.lower() in YES
            return action.const if text.lower() in YES else None
        try:
            if action.nargs in (None, "?"):
                return _one_value(action, text)
            words = _apart(text)
            if not words:
                raise argparse.ArgumentTypeError("give a value, or unset it")
            if isinstance(action.nargs, int) and len(words) != action.nargs:
                raise argparse.ArgumentTypeError(f"{action.nargs} values are needed")
            return [_one_value(action, word) for word in words]
        except argparse.ArgumentTypeError as error:
            self.error(f"{_variable(action)}={text}: {error}")
        except (TypeError, ValueError):
            kind = getattr(action.type, "__name__", "value").lstrip("_")
            self.error(f"{_variable(action)}={text}: invalid {kind} value")


def _apart(text: str) -> list[str]:
    """As a shell does it, but for the apostrophe, which is part of words in many languages."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    return list(lexer)


def _one_value(action: argparse.Action, text: str) -> Any:
    value = action.type(text) if callable(action.type) else text
    if action.choices is not None and value not in action.choices:
        raise argparse.ArgumentTypeError(f"choose from {', '.join(action.choices)}")
    return value


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
        help="say more on stderr",
    )
    group.add_argument(
        "-q",
        "--quiet",
        dest="verbosity",
        action="store_const",
        const=-1,
        default=0,
        help="only warnings on stderr",
    )
    version = f"%(prog)s {edge.__version__}"
    group.add_argument("--version", action="version", version=version, help="print the version")


def add_runtime_option(group: argparse._ActionsContainer) -> None:
    group.add_argument(
        "--runtime",
        choices=list(RUNTIMES),
        help="the package that computes the model (default: the first that is installed)",
    )


def add_source_options(
    parser: argparse.ArgumentParser, table: dict[str, str], default: str | None = None
) -> None:
    """The options of every source in `table`; the first that a source adds is what chooses it."""
    unasked = f" (default: {_flag(table, default)})" if default else ""
    told = f"Where the samples come from; choose one{unasked}."
    group = parser.add_argument_group("source", told)
    for name in table:
        load(table, name).add_options(group)


def open_source(
    args: argparse.Namespace,
    table: dict[str, str],
    requirements: Mapping[str, Any],
    default: str | None = None,
) -> Source:
    """The one source that was asked for, to be opened with `with`.

    If none was, it is `default`, as though the option that chooses it had been given no value.
    """
    chosen = _ask(args, table, requirements)
    if not chosen and default is not None:
        option = _chooser(table, default)
        chosen = _ask(
            argparse.Namespace(**{**vars(args), option.dest: option.const}), table, requirements
        )
    if len(chosen) > 1:  # what is typed wins over what stands in the environment
        typed = _ask(args.typed, table, requirements)
        chosen = {name: source for name, source in chosen.items() if name in typed} or chosen
    if not chosen:
        options = " or ".join(_flag(table, name) for name in table)
        hint = " (--mock needs no hardware)" if "mock" in table else ""
        raise SourceError(f"choose a source: {options}{hint}")
    if len(chosen) > 1:
        options = " and ".join(_flag(table, name) for name in chosen)
        raise SourceError(f"{options} are different sources: choose one")
    return next(iter(chosen.values()))


def _ask(
    args: argparse.Namespace, table: dict[str, str], requirements: Mapping[str, Any]
) -> dict[str, Source]:
    answers = {name: load(table, name).from_options(args, requirements) for name in table}
    return {name: source for name, source in answers.items() if source is not None}


def _chooser(table: dict[str, str], name: str) -> argparse.Action:
    group = argparse.ArgumentParser(add_help=False).add_argument_group()
    load(table, name).add_options(group)
    return group._group_actions[0]


def _flag(table: dict[str, str], name: str) -> str:
    return next(text for text in _chooser(table, name).option_strings if text.startswith("--"))


def _variable(action: argparse.Action) -> str:
    """The environment variable of an option; empty for --help, --version and positionals."""
    long = [name for name in action.option_strings if name.startswith("--")]
    if not long or action.dest == argparse.SUPPRESS or action.default == argparse.SUPPRESS:
        return ""
    return "EDGE_" + long[0].lstrip("-").replace("-", "_").upper()


class _Help(argparse.RawDescriptionHelpFormatter):
    def _get_help_string(self, action: argparse.Action) -> str | None:
        variable = _variable(action)
        return f"{action.help or ''} [{variable}]".lstrip() if variable else action.help

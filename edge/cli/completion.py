"""Completion scripts for shells, and man pages, written from the parsers of the commands."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping
from importlib import import_module

from edge.cli.parser import CommandParser, metavar_of, takes_path, variable_of
from edge.model.shipped import shipped_models

COMMANDS = (
    "airdigit-doctor",
    "airdigit-live",
    "airdigit-record",
    "ecg-live",
    "edge-bench",
    "edge-classify",
    "edge-completion",
    "edge-convert",
    "edge-fleet",
    "edge-info",
    "edge-live",
    "edge-service",
    "kws-enroll",
    "kws-listen",
    "sound-record",
    "sounddigit-listen",
)
Parsers = Mapping[str, CommandParser]


class _Built(Exception):
    """Stops a command as soon as its parser is complete."""

    def __init__(self, parser: CommandParser) -> None:
        self.parser = parser


def parser_of(command: str) -> CommandParser:
    """The parser of a command, without its options for installed plugins."""

    def stop(parser: CommandParser, *arguments: object) -> None:
        raise _Built(parser)

    parse_args = CommandParser.parse_args
    CommandParser.parse_args = stop  # type: ignore[method-assign, assignment]
    try:
        import_module(f"edge.commands.{command.replace('-', '_')}").main([])
    except _Built as built:
        return built.parser
    finally:
        CommandParser.parse_args = parse_args  # type: ignore[method-assign]
    raise AssertionError(f"{command} has no parser")


def meaning(parser: CommandParser, action: argparse.Action) -> str:
    """The help of an option in one line, without the name of its variable."""
    text = parser._get_formatter()._expand_help(action)
    return re.sub(r"\s*\[EDGE_\w+\]$", "", " ".join(text.split()))


def bash(parsers: Parsers) -> str:
    values, options = [], []
    for command, parser in parsers.items():
        for action in _options(parser):
            if action.nargs != 0:
                names = "|".join(f"{command}:{name}" for name in action.option_strings)
                words = " ".join(_choices(action))
                values.append(f"        {names}) _edge_sense_value '{words}'; return ;;")
        names = " ".join(name for action in _options(parser) for name in action.option_strings)
        options.append(f"        {command}) options='{names}'; words='{_words(parser)}' ;;")
    return _BASH.format(
        values="\n".join(values), options="\n".join(options), commands=" ".join(parsers)
    )


def zsh(parsers: Parsers) -> str:
    cases = []
    for command, parser in parsers.items():
        lines = [f"    {command})", "      _arguments -s \\"]
        for action in _options(parser):
            value = (
                "" if action.nargs == 0 else f":{_zsh(metavar_of(action))}:{_zsh_values(action)}"
            )
            text = _zsh(meaning(parser, action))
            lines += [f"        '*{name}[{text}]{value}' \\" for name in action.option_strings]
        words = _words(parser)
        lines.append(f"        '*:argument:{f'({words})' if words else '_files'}'")
        cases.append("\n".join([*lines, "      ;;"]))
    return _ZSH.format(commands=" ".join(parsers), cases="\n".join(cases))


def fish(parsers: Parsers) -> str:
    lines = []
    for command, parser in parsers.items():
        for action in _options(parser):
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                for name in action.option_strings
            )
            words = _choices(action)
            kind = "" if action.nargs == 0 else " -r -F" if takes_path(action) else " -x"
            if words:
                kind += f" -a '{' '.join(words)}'"
            text = meaning(parser, action).replace("\\", "\\\\").replace("'", "\\'")
            lines.append(f"complete -c {command} {names}{kind} -d '{text}'")
        if _words(parser):
            lines.append(f"complete -c {command} -f -a '{_words(parser)}'")
    return "\n".join(lines) + "\n"


def man_page(command: str, parser: CommandParser, version: str) -> str:
    """A page of section 1, as roff."""
    first, _, rest = (parser.description or "").partition("\n")
    lines = [
        f'.TH {command.upper()} 1 "" "edge-sense {version}" "edge-sense"',
        ".SH NAME",
        f"{_roff(command)} \\- {_roff(first.rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_roff(command)}",
        "[OPTION]...",
        ".SH DESCRIPTION",
        *(".nf", *map(_roff, rest.strip("\n").splitlines()), ".fi"),
    ]
    for group in parser._action_groups:
        actions = [a for a in group._group_actions if a.help is not argparse.SUPPRESS]
        if actions:
            lines.append(f".SH {_roff((group.title or 'options').upper())}")
            lines += [] if not group.description else [_roff(group.description)]
            for action in actions:
                lines += _roff_option(parser, action)
    lines += [".SH EXIT STATUS", "0 at the end of the input or after a signal, 1 after an error,"]
    lines += ["2 for a wrong option, 130 if it was stopped before it began."]
    return "\n".join(lines) + "\n"


def _roff_option(parser: CommandParser, action: argparse.Action) -> Iterator[str]:
    names = ", ".join(action.option_strings) or metavar_of(action)
    value = "" if action.nargs == 0 or not action.option_strings else f" {metavar_of(action)}"
    yield ".TP"
    yield f".B {_roff(names + value)}"
    yield _roff(meaning(parser, action))
    if variable := variable_of(action):
        yield ".br"
        yield f"Variable: {variable}."


def _options(parser: CommandParser) -> Iterator[argparse.Action]:
    return (
        action
        for action in parser._actions
        if action.option_strings and action.help is not argparse.SUPPRESS
    )


def _words(parser: CommandParser) -> str:
    """The words that can stand without an option, if they are known."""
    return " ".join(
        str(choice)
        for action in parser._actions
        if not action.option_strings
        for choice in action.choices or ()
    )


def _choices(action: argparse.Action) -> list[str]:
    if "--model" in action.option_strings:
        return sorted(shipped_models())
    return [str(choice) for choice in action.choices or ()]


def _zsh_values(action: argparse.Action) -> str:
    words = _choices(action)
    return f"({' '.join(words)})" if words else "_files" if takes_path(action) else " "


def _zsh(text: str) -> str:
    """A text between brackets or colons, in single quotes."""
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def _roff(text: str) -> str:
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


_BASH = """\
# Completion for edge-sense in bash, written by edge-completion.
_edge_sense_value() {{
    COMPREPLY=($(compgen -W "$1" -- "$current") $(compgen -f -- "$current"))
}}
_edge_sense() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    local command=${{1##*/}} options='' words=''
    COMPREPLY=()
    case "$command:$previous" in
{values}
    esac
    case "$command" in
{options}
    esac
    if [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$current"))
    elif [[ -n $words && COMP_CWORD -eq 1 ]]; then
        COMPREPLY=($(compgen -W "$words" -- "$current"))
    else
        COMPREPLY=($(compgen -f -- "$current"))
    fi
}}
complete -o filenames -F _edge_sense {commands}
"""
_ZSH = """\
#compdef {commands}
# Completion for edge-sense in zsh, written by edge-completion.
_edge_sense() {{
  case $service in
{cases}
  esac
}}
if [[ $funcstack[1] == _edge_sense ]]; then
  _edge_sense "$@"
else
  compdef _edge_sense {commands}
fi
"""

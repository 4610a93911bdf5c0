"""Print completion for a shell, or the man page of a command.

edge-completion bash >> ~/.bash_completion
edge-completion zsh > ~/.zfunc/_edge_sense               a folder of $fpath
edge-completion fish > ~/.config/fish/completions/edge-sense.fish
edge-completion man kws-listen | man -l -
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import edge
from edge.cli import completion
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError

SHELLS = {"bash": completion.bash, "zsh": completion.zsh, "fish": completion.fish}


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("edge-completion", __doc__ or "")
    parser.add_argument("kind", choices=[*SHELLS, "man"], help="a shell, or man")
    parser.add_argument("command", nargs="?", metavar="COMMAND", help="with man: which command")
    add_common(parser)
    return run_command(parser, _print, argv)


def _print(args: argparse.Namespace) -> None:
    if args.kind in SHELLS and args.command:
        raise EdgeError(f"{args.command} is too much: completion is for all commands")
    if args.kind in SHELLS:
        parsers = {command: completion.parser_of(command) for command in completion.COMMANDS}
        print(SHELLS[args.kind](parsers), end="")
    elif args.command not in completion.COMMANDS:
        raise EdgeError(f"choose a command: {', '.join(completion.COMMANDS)}")
    else:
        parser = completion.parser_of(args.command)
        print(completion.man_page(args.command, parser, edge.__version__), end="")

"""Options that several commands share: the runtime and the verbosity."""

from __future__ import annotations

import argparse

import edge
from edge.model.runtime import RUNTIMES


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
        help="the package that runs the model; numpy needs no other package (default: the first "
        "that is installed)",
    )

"""Start the commands of edge-sense in a Python interpreter, installed or in a checkout."""

from __future__ import annotations

import sys


def start_code(command: str) -> str:
    """Python code that starts a command, such as "kws_listen", in the same way as its script."""
    return f"import sys; from edge.commands.start import {command}; sys.exit({command}())"


def edge_command(command: str, *arguments: str) -> list[str]:
    """The command with its arguments, for a process with the interpreter of this process."""
    return [sys.executable, "-c", start_code(command), *arguments]

"""Names to lazily imported classes: one line adds a source, a sink or a feature stage.

Lazily, because a Pi that reads a serial port should not pay for, or even have installed, what a
microphone needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def load(table: dict[str, str], name: str) -> Any:
    """The class that `table` names as `module:Class`."""
    module, _, attribute = table[name].partition(":")
    return getattr(import_module(module), attribute)

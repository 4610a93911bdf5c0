"""A line at the bottom of a terminal that is overwritten again and again."""

from __future__ import annotations

import sys

from edge.console import ERASE_LINE, supports_escape_codes


class StatusLine:
    """Writes to stderr if that is a terminal, and otherwise nothing."""

    def __init__(self, enabled: bool = True) -> None:
        self._enabled = enabled and supports_escape_codes(sys.stderr)
        self._visible = False

    def show(self, text: str) -> None:
        """Replace the line."""
        if self._enabled:
            # The cursor returns to the start of the line: any later output overwrites it.
            print(f"\r{text}{ERASE_LINE}\r", end="", file=sys.stderr, flush=True)
            self._visible = bool(text)

    def clear(self) -> None:
        """Erase the line."""
        if self._visible:
            self.show("")

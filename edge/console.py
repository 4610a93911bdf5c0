"""Find out what a terminal can show, and the escape codes for it."""

from __future__ import annotations

import os
from typing import TextIO

# Use these escape codes only for a stream with `supports_escape_codes`.
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
RED, GREEN, YELLOW = "\x1b[31m", "\x1b[32m", "\x1b[33m"
ERASE_LINE = "\x1b[K"  # from the cursor to the end of the line
ERASE_BELOW = "\x1b[J"  # from the cursor to the end of the screen


def supports_escape_codes(stream: TextIO) -> bool:
    """Return whether lines can be erased and rewritten."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def uses_colours(stream: TextIO) -> bool:
    """Return whether text may be coloured: https://no-color.org"""
    return supports_escape_codes(stream) and not os.environ.get("NO_COLOR")


def supports_unicode(stream: TextIO) -> bool:
    """Return whether the encoding of the stream has the characters used in drawings."""
    try:
        "⠿█·✓✗".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

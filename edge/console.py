"""What the terminal behind a stream can show, and the escape codes to do it."""

from __future__ import annotations

import os
from typing import TextIO

# Escape codes, for a stream with `supports_escape_codes`.
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
RED, GREEN, YELLOW = "\x1b[31m", "\x1b[32m", "\x1b[33m"
ERASE = "\x1b[K"  # from the cursor to the end of the line


def supports_escape_codes(stream: TextIO) -> bool:
    """Return whether the stream is a terminal with escape codes, and the user allows them."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return stream.isatty() and not plain


def supports_unicode(stream: TextIO) -> bool:
    """Return whether the encoding of the stream has the characters that drawings use."""
    try:
        "⠿█·".encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True

"""What the terminal behind a stream can show."""

from __future__ import annotations

import os
from typing import TextIO


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

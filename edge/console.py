"""Is there a terminal that understands escape sequences, and does its user want them?"""

from __future__ import annotations

import os
from typing import TextIO


def supports_escape_codes(stream: TextIO) -> bool:
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return stream.isatty() and not plain

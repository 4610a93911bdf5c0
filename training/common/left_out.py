"""Files that cannot be used: the first of them are named, all of them are counted."""

from __future__ import annotations

import logging
from pathlib import Path

log = logging.getLogger(__name__)

NAMED = 5  # files that are named


class LeftOut:
    """Logs why files are left out of a training."""

    def __init__(self, files: str) -> None:
        """`files` says what they are, in the plural."""
        self.files, self.count = files, 0

    def add(self, path: Path, error: Exception) -> None:
        self.count += 1
        if self.count <= NAMED:
            named = error if path.name in str(error) else f"{path} {error}"
            log.warning("left out: %s", named)

    def report_count(self) -> None:
        """Log how many there are, if not all are named."""
        if self.count > NAMED:
            log.warning("left out: %d %s, the first of them named above", self.count, self.files)

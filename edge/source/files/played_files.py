"""What the sources that play files share: the option, and files that cannot be read."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from edge.errors import EdgeError, SourceError
from edge.samples import Health
from edge.source import Source
from edge.source.pacing import add_speed_option

log = logging.getLogger(__name__)


class PlayedFiles(Source):
    """A file that cannot be read is logged and skipped, unless it is the only one."""

    replay_help: ClassVar[str]

    def __init__(self, paths: Sequence[str | Path], speed: float) -> None:
        self.paths, self.speed = paths, speed
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument(
            "--replay",
            nargs="+",
            metavar="FILE",
            help=f"{cls.replay_help}, one after another",
        )
        add_speed_option(parser)

    def skip(self, path: Path, error: EdgeError, files: Sequence[Path]) -> None:
        """Log an unreadable file; raise SourceError if it is the only one."""
        if len(files) == 1:
            raise SourceError(f"{path}: {error}") from error
        self.health.errors += 1
        log.warning("%s: %s: skipped", path, error)
        self.health.degraded(f"{path}: {error}: skipped")

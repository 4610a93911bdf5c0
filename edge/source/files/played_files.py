"""What the sources that play files share: options, the search for files, and unreadable files."""

from __future__ import annotations

import argparse
import logging
from abc import abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from edge.errors import EdgeError, SourceError
from edge.formats import files
from edge.samples import Health
from edge.source import Source
from edge.source.pacing import add_speed_option

log = logging.getLogger(__name__)

Content = TypeVar("Content")


class PlayedFiles(Source, Generic[Content]):
    """Plays one file after another. Each is opened or read only when it is due.

    A file that cannot be read is logged and skipped, unless it is the only one.
    """

    replay_help: ClassVar[str]
    suffixes: ClassVar[Sequence[str]]
    """What the names of the files that are searched for in a folder end with."""
    contents: ClassVar[str] = "recordings"
    """What such a folder holds, for a message."""

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
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

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, requirements, args.speed) if args.replay else None

    @abstractmethod
    def read(self, path: Path) -> Content:
        """Open or read a file; EdgeError, without its name, if that is not possible."""

    def __enter__(self) -> Source:
        self._files = files.find(self.paths, self.suffixes)
        if not self._files:
            kinds = (" or " if len(self.suffixes) == 2 else ", ").join(self.suffixes)
            raise SourceError(
                f"no {kinds} in {self.paths[0]}: give a folder that contains {self.contents}"
            )
        self._others = self.readable()
        first = next(self._others, None)
        if first is None:
            raise SourceError(
                f"none of {len(self._files)} files could be read: the messages above name the "
                "fault of each"
            )
        self.first = first
        return self

    def __exit__(self, *exc: object) -> None:
        self._others.close()

    def played(self) -> Iterator[Content]:
        """The contents of the readable files; `first` was read when the source was opened."""
        return chain([self.first], self._others)

    def readable(self) -> Generator[Content, None, None]:
        """Read each file when its content is needed, and skip unreadable ones."""
        for path in self._files:
            try:
                content = self.read(path)
            except EdgeError as error:
                self.skip(path, error)
            else:
                yield content

    def skip(self, path: Path, error: EdgeError) -> None:
        """Log an unreadable file; raise SourceError if it is the only one."""
        if len(self._files) == 1:
            raise SourceError(f"{path}: {error}") from error
        self.health.errors += 1
        log.warning("%s: %s: skipped", path, error)
        self.health.degraded(f"{path}: {error}: skipped")

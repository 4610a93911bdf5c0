"""Sound files played as a source (`--replay`): one after another, in real time or faster."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from edge.errors import EdgeError, RecordingError, SourceError
from edge.formats.sound import SUFFIXES, SoundFile, find, open_sound
from edge.samples import AUDIO, Chunk
from edge.source import Source
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import CHUNK, PAUSE, Pacer
from edge.source.sound_stream import SoundStream

log = logging.getLogger(__name__)


class SoundFiles(PlayedFiles):
    """Files are read block by block: a file may last a day."""

    replay_help = "play sound files (WAV, FLAC, Ogg, MP3), or all sound files in a folder"

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
        super().__init__(paths, speed)
        self.channels, self.rate = AUDIO, float(requirements["rate_hz"])

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(args.replay, requirements, args.speed) if args.replay else None

    def __enter__(self) -> Source:
        self._files = find(self.paths)
        if not self._files:
            raise SourceError(
                f"no {', '.join(SUFFIXES)} in {self.paths[0]}: give a folder that contains sound "
                "files"
            )
        self._opened = self._open()
        first = next(self._opened, None)
        if first is None:
            raise SourceError(
                f"none of {len(self._files)} files could be read: the messages above name the "
                "fault of each"
            )
        self._first = first
        return self

    def __exit__(self, *exc: object) -> None:
        self._opened.close()

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        start = 0.0
        for path, file in chain([self._first], self._opened):
            stream = SoundStream(file.rate, int(self.rate), self.health, start)
            for chunk in self._play(path, file, stream):
                if not len(chunk):
                    continue
                for _ in pacer.wait_for(chunk.t[-1]):
                    yield Chunk.empty(len(AUDIO))
                if 0 < start == chunk.t[0]:
                    self.health.pause(PAUSE)
                self.health.count(chunk)
                yield chunk
            if stream.end > start:  # not so if nothing of the file could be decoded
                start = stream.end + PAUSE

    def _open(self) -> Generator[tuple[Path, SoundFile], None, None]:
        for path in self._files:
            try:
                file = open_sound(path)
            except EdgeError as error:
                self.skip(path, error, self._files)
                continue
            log.debug("playing %s", path)
            with file:
                yield path, file

    def _play(self, path: Path, file: SoundFile, stream: SoundStream) -> Iterator[Chunk]:
        size = max(1, int(CHUNK * file.rate))
        try:
            for block in file.blocks():
                for start in range(0, len(block), size):
                    yield stream.feed(block[start : start + size])
        except RecordingError as error:
            self.skip(path, error, self._files)
        if file.missing:
            self.health.errors += 1
        yield stream.finish()

"""Sound files played as a source (`--replay`): one after another, in real time or faster."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.errors import RecordingError
from edge.formats.sound import SUFFIXES, SoundFile, open_sound
from edge.samples import AUDIO, Chunk
from edge.source.files.played_files import PlayedFiles
from edge.source.pacing import CHUNK, PAUSE, Pacer
from edge.source.sound_stream import SoundStream

log = logging.getLogger(__name__)


class SoundFiles(PlayedFiles[tuple[Path, SoundFile]]):
    """Files are read block by block: a file may last a day."""

    suffixes = SUFFIXES
    contents = "sound files"
    replay_help = "play sound files (WAV, FLAC, Ogg, MP3), or all sound files in a folder"

    def __init__(
        self, paths: Sequence[str | Path], requirements: Mapping[str, Any], speed: float = 1.0
    ) -> None:
        super().__init__(paths, requirements, speed)
        self.channels, self.rate = AUDIO, float(requirements["rate_hz"])

    def read(self, path: Path) -> tuple[Path, SoundFile]:
        file = open_sound(path)
        log.debug("playing %s", path)
        return path, file

    def readable(self) -> Generator[tuple[Path, SoundFile], None, None]:
        """Each file is closed before the next one is opened."""
        for path, file in super().readable():
            with file:
                yield path, file

    def __iter__(self) -> Iterator[Chunk]:
        pacer = Pacer(self.speed)
        start = 0.0
        for path, file in self.played():
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

    def _play(self, path: Path, file: SoundFile, stream: SoundStream) -> Iterator[Chunk]:
        size = max(1, int(CHUNK * file.rate))
        try:
            for block in file.blocks():
                for start in range(0, len(block), size):
                    yield stream.feed(block[start : start + size])
        except RecordingError as error:
            self.skip(path, error)
        if file.missing:
            self.health.errors += 1
        yield stream.finish()

"""Recordings of people who talk and say none of a model's words, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import RecordingError
from edge.formats.sound import find
from training.sound.data.recordings import read_samples
from training.sound.evaluate.long_audio import BLOCK_S, RATE, LongAudio, Samples


@dataclass(frozen=True)
class RecordingsWithoutWords(LongAudio):
    files: Sequence[Path] = field(repr=False)

    @classmethod
    def open(cls, places: Sequence[str], rate: int = RATE) -> RecordingsWithoutWords:
        """Read recordings and folders of recordings. RecordingError if there is no sound."""
        files = find(places)
        seconds = sum(len(read_samples(file, rate)) for file in files) / rate
        if not seconds:
            raise RecordingError(f"no recordings in {', '.join(places)}")
        names = ", ".join(Path(place).resolve().name for place in places)
        return cls(names, [], seconds, rate, files)

    def blocks(self) -> Iterator[Samples]:
        block = round(BLOCK_S * self.rate)
        for file in self.files:
            samples = read_samples(file, self.rate)
            for start in range(0, len(samples), block):
                yield samples[start : start + block]

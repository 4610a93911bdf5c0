"""A recording, and beside it a table (.csv) with start, end and word of everything that is said."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.errors import RecordingError
from training.sound.data.recordings import load_samples
from training.sound.data.words import normalize_word
from training.sound.evaluate.long_audio import BLOCK_S, RATE, LongAudio, Samples, TrueWord

COLUMNS = {"start", "end", "word"}
END_TOLERANCE_S = 0.5  # the last word may end this much after the recording


@dataclass(frozen=True)
class AnnotatedRecording(LongAudio):
    path: Path

    @classmethod
    def open(cls, path: Path, rate: int = RATE) -> AnnotatedRecording:
        """Read the recording and its table. A RecordingError names what is wrong with either."""
        samples = load_samples(path, rate)
        table = path.with_suffix(".csv")
        if not table.is_file():
            raise RecordingError(
                f"{path} has no {table.name} beside it: write a table with the columns start, "
                "end (in seconds) and word"
            )
        seconds = len(samples) / rate
        words = sorted(_read_words(table, seconds), key=lambda word: word.start)
        return cls(path.name, words, seconds, rate, path)

    def blocks(self) -> Iterator[Samples]:
        samples, block = load_samples(self.path, self.rate), round(BLOCK_S * self.rate)
        for start in range(0, len(samples), block):
            yield samples[start : start + block]


def _read_words(table: Path, seconds: float) -> Iterator[TrueWord]:
    for line, row in _read_rows(table):
        try:
            word = TrueWord(
                float(row["start"]), float(row["end"]), normalize_word(row["word"].strip())
            )
            if not 0 <= word.start < word.end <= seconds + END_TOLERANCE_S or not word.label:
                raise ValueError
        except (ValueError, TypeError, AttributeError):
            raise RecordingError(
                f"{table}, line {line}: needs start, end and word, with "
                f"0 <= start < end <= {seconds:.1f} s"
            ) from None
        yield word


def _read_rows(table: Path) -> list[tuple[int, dict[str, str]]]:
    """Return each row of the table with its line number."""
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not set(reader.fieldnames or ()) >= COLUMNS:
                raise RecordingError(
                    f"{table} needs the columns start, end (in seconds) and word, named in its "
                    "first line"
                )
            return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error):
        raise RecordingError(f"{table} is no table: write it as UTF-8, comma-separated") from None

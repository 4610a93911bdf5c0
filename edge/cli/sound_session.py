"""A recording session of sound: takes of several words by one speaker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.cli.level_meter import LevelMeter
from edge.cli.recording_session import RecordingSession, print_json, say
from edge.errors import RecordingError
from edge.samples import Chunk
from edge.source import Source
from edge.takes.sound.capture import Take, WordCapture
from edge.takes.sound.storage import DuplicateTake, count_takes, save_take
from edge.takes.sound.summary import take_summary
from edge.takes.sound.validation import validate_take


@dataclass(frozen=True)
class SoundSessionSettings:
    words: Sequence[str]
    speaker: str
    takes: int
    """How many takes of each word there should be, with those that are in the folder already."""
    folder: Path
    json_output: bool


class SoundSession(RecordingSession[Take]):
    def __init__(self, settings: SoundSessionSettings) -> None:
        super().__init__(settings.json_output)
        self.settings = settings
        self._takes_of = {
            word: count_takes(settings.folder, word, settings.speaker) for word in settings.words
        }
        self._meter = LevelMeter()

    @property
    def remaining(self) -> int:
        return sum(max(0, self.settings.takes - takes) for takes in self._takes_of.values())

    def run(self, source: Source, stopping: Callable[[], bool]) -> None:
        if not self.remaining:
            return
        say("Say each word once when you are asked to, and be quiet before and after it.")
        capture, chunks = WordCapture(), iter(source)
        for word in self._words_in_turn():
            saved = self.saved
            while self.saved == saved:
                capture.begin()
                captured = self._capture_take(word, capture, source, chunks, stopping)
                if captured is None:
                    return
                self._validate_and_save(word, *captured)

    def close(self) -> None:
        """Report how many takes are saved and remaining."""
        speaker, folder = self.settings.speaker, self.settings.folder
        say(f"takes of {speaker} saved in {folder}: {self.saved}, remaining: {self.remaining}")
        if self.remaining:
            say("to continue: run the same command again")
        if self.json_output:
            counts = {"saved": self.saved, "rejected": self.rejected, "left": self.remaining}
            print_json({"event": "summary", "speaker": speaker, **counts})

    def _words_in_turn(self) -> Iterator[str]:
        """Yield the word of each take: a person who repeats one word many times starts to sing."""
        for number in range(self.settings.takes):
            for word in self.settings.words:
                if self._takes_of[word] <= number:
                    yield word

    def _prompt(self, label: str) -> None:
        say(f"say: {label} ({self._takes_of[label] + 1} of {self.settings.takes})")

    def _on_chunk(self, chunk: Chunk) -> None:
        self._meter.show(chunk)

    def _validate_and_save(self, word: str, take: Take, clipped: int) -> None:
        try:
            valid = validate_take(take, clipped)
            path = save_take(valid.samples, self.settings.folder, word, self.settings.speaker)
        except RecordingError as reason:
            rejected = {"event": "rejected", "word": word, "reason": str(reason)}
            # A recording that is replayed may begin with takes that were saved before.
            self._report_rejected(reason, rejected, not isinstance(reason, DuplicateTake))
            return
        self._takes_of[word] += 1
        summary = take_summary(valid)
        text = "  {seconds:.2f} s, peak {peak_db:.0f} dB, {above:.0f} dB above the noise"
        saved = {"event": "take", "word": word, "file": str(path), **summary}
        self._report_saved(path, saved, text.format(**summary))

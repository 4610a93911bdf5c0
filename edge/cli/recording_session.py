"""What the recording sessions of motion and of sound share.

A session prompts for a take, captures it from the source, validates it and saves it, until it has
as many takes as the user wants.
"""

from __future__ import annotations

import json
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic

from edge.console import ERASE_LINE, supports_escape_codes
from edge.errors import EdgeError, RecordingError, SourceError
from edge.samples import Chunk
from edge.source import Source
from edge.takes import Capture, Take
from edge.text import printable, printable_lines

MAX_REJECTED_IN_A_ROW = 10  # after so many, another take would be rejected for the same reason


class RecordingSession(ABC, Generic[Take]):
    """Prompts go to stderr. stdout has the path of each saved file, or JSON if `json_output`."""

    def __init__(self, json_output: bool) -> None:
        self.json_output = json_output
        self.on_prompt: Callable[[str], None] | None = None
        """Called with the label of each prompt, so that a simulated person can respond to it."""
        self.saved = self.rejected = 0
        self._rejected_in_a_row = 0

    @property
    @abstractmethod
    def remaining(self) -> int:
        """The number of takes that are still to be recorded."""

    @abstractmethod
    def run(self, source: Source, stopping: Callable[[], bool]) -> None:
        """Record takes until none is remaining or `stopping` returns true."""

    @abstractmethod
    def _prompt(self, label: str) -> None:
        """Tell the user what to do now."""

    def _on_chunk(self, chunk: Chunk) -> None:
        """Called for every chunk before it is captured."""

    def _capture_take(
        self,
        label: str,
        capture: Capture[Take],
        source: Source,
        chunks: Iterator[Chunk],
        stopping: Callable[[], bool],
    ) -> tuple[Take, int] | None:
        """Prompt for a take and capture it.

        Return it and the number of samples that the source counted as clipped since the prompt, or
        None if `stopping` returned true.
        """
        prompted, clipped_before = False, source.health.clipped
        take = None
        while take is None:
            if capture.ready and not prompted:
                prompted, clipped_before = True, source.health.clipped
                self._prompt(label)
                if self.on_prompt is not None:
                    self.on_prompt(label)
            chunk = next(chunks, None)
            if stopping():
                return None
            if chunk is None:
                take = capture.finish() if prompted else None
                if take is None:
                    raise SourceError(
                        f"the source ended before all takes were saved: {self.remaining} remaining"
                    )
                break
            self._on_chunk(chunk)
            take = capture.feed(chunk)
        return take, source.health.clipped - clipped_before

    def _report_saved(self, path: Path, event: Mapping[str, object], text: str) -> None:
        self.saved += 1
        self._rejected_in_a_row = 0
        if self.json_output:
            print_json(event)
        else:
            say(text)
            print(f"  saved {printable(str(path))}", flush=True)

    def _report_rejected(
        self, reason: RecordingError, event: Mapping[str, object], in_a_row: bool = True
    ) -> None:
        """Raise EdgeError after too many rejections; one with `in_a_row` false does not count."""
        self.rejected += 1
        self._rejected_in_a_row += in_a_row
        if self.json_output:
            print_json(event)
        else:
            say(f"  not saved: {reason}")
        if self._rejected_in_a_row == MAX_REJECTED_IN_A_ROW:
            raise EdgeError(
                f"{MAX_REJECTED_IN_A_ROW} takes in a row were rejected, the last because: {reason}"
            ) from None


def say(text: str) -> None:
    """Print a line on stderr; on a terminal, erase what the level meter left in this line."""
    print(
        printable_lines(text) + (ERASE_LINE if supports_escape_codes(sys.stderr) else ""),
        file=sys.stderr,
        flush=True,
    )


def print_json(event: Mapping[str, object]) -> None:
    print(json.dumps(event, allow_nan=False), flush=True)

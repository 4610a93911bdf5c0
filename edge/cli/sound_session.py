"""One sitting of the sound recorder: asks for words, judges each take, saves it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from time import monotonic

import numpy as np

from edge.cli.recorder import ENOUGH, print_json, say
from edge.console import supports_escape_codes
from edge.errors import EdgeError, RecordingError, SourceError
from edge.samples import Chunk
from edge.sink.terminal import ERASE, meter
from edge.source import Source
from edge.takes.sound import store
from edge.takes.sound.capture import Capture, Take
from edge.takes.sound.validation import Word, judged

METER_EVERY = 0.1  # s


class SoundSitting:
    """Prompts go to stderr; stdout has the files that were saved, or with --json an object each."""

    def __init__(self, args: argparse.Namespace, prompt: Callable[[str], None]) -> None:
        """`prompt` is told each word that is asked for."""
        self.args, self.prompt = args, prompt
        self.have = {word: store.count(args.out, word, args.speaker) for word in args.words}
        self.saved = self.refused = self.in_a_row = 0
        self._meter = _Meter()

    @property
    def left(self) -> int:
        return sum(max(0, self.args.takes - have) for have in self.have.values())

    def run(self, source: Source, stopping: Callable[[], bool]) -> None:
        if not self.left:
            return
        say("Say each word once when you are asked to, and be quiet before and after it.")
        capture, chunks = Capture(), iter(source)
        for word in self._wanted():
            saved = self.saved
            while self.saved == saved:
                take, clipped = self._listen(word, capture, source, chunks, stopping)
                if take is None:
                    return
                self._judge(word, take, clipped)

    def close(self) -> None:
        """Say what there is, and how to go on if it is not yet enough."""
        args = self.args
        say(f"{self.saved} takes of {args.speaker} were saved in {args.out}, {self.left} are left")
        if self.left:
            say("go on with the same command")
        if args.json:
            counts = {"saved": self.saved, "rejected": self.refused, "left": self.left}
            print_json({"event": "summary", "speaker": args.speaker, **counts})

    def _wanted(self) -> Iterator[str]:
        """In turns: who says the same word many times sings it in the end."""
        for number in range(self.args.takes):
            for word in self.args.words:
                if self.have[word] <= number:
                    yield word

    def _listen(
        self,
        word: str,
        capture: Capture,
        source: Source,
        chunks: Iterator[Chunk],
        stopping: Callable[[], bool],
    ) -> tuple[Take | None, int]:
        """What was heard, None if one asks to stop; and how many samples were clipped."""
        capture.begin()
        clipped, asked, take = source.health.clipped, False, None
        while take is None:
            chunk = next(chunks, None)
            if stopping():
                break
            if chunk is None:
                take = capture.finish() if asked else None
                if take is None or take.fault:
                    raise SourceError(f"the source ended with {self.left} takes left")
                break
            self._meter.show(chunk)
            take = capture.feed(chunk)
            if capture.ready and not asked:
                asked, clipped = True, source.health.clipped
                say(f"say: {word} ({self.have[word] + 1} of {self.args.takes})")
                self.prompt(word)
        return take, source.health.clipped - clipped

    def _judge(self, word: str, take: Take, clipped: int) -> None:
        try:
            heard = judged(take, clipped)
            path = store.save(heard.samples, self.args.out, word, self.args.speaker)
        except RecordingError as fault:
            self.refused += 1
            # A recording may begin with all the takes that there are.
            self.in_a_row += not isinstance(fault, store.HeardBefore)
            self._report({"event": "rejected", "word": word, "reason": str(fault)})
            if not self.args.json:
                say(f"  not saved: {fault}")
            if self.in_a_row == ENOUGH:
                raise EdgeError(
                    f"{ENOUGH} takes in a row were refused, the last because: {fault}"
                ) from None
            return
        self.have[word] += 1
        self.saved += 1
        self.in_a_row = 0
        self._report({"event": "take", "word": word, "file": str(path), **_facts(heard)})
        if not self.args.json:
            say(
                "  {seconds:.2f} s, peak {peak_db:.0f} dB, {above:.0f} dB above the noise".format(
                    **_facts(heard)
                )
            )
            print(f"  saved {path}", flush=True)

    def _report(self, event: dict[str, object]) -> None:
        if self.args.json:
            print_json(event)


class _Meter:
    """How loud it is, on a terminal only."""

    def __init__(self) -> None:
        self._shown = supports_escape_codes(sys.stderr)
        self._unicode = (sys.stderr.encoding or "ascii").lower().startswith("utf")
        self._peak, self._next = 0.0, 0.0

    def show(self, chunk: Chunk) -> None:
        if not self._shown or not len(chunk):
            return
        self._peak = max(self._peak, float(np.abs(chunk.values).max()))
        if monotonic() >= self._next:
            text = meter(self._peak, self._unicode)
            # The cursor returns to the beginning: whatever is printed next takes this line.
            print(f"\r{text}{ERASE}\r", end="", file=sys.stderr, flush=True)
            self._peak, self._next = 0.0, monotonic() + METER_EVERY


def _facts(word: Word) -> dict[str, float]:
    return {
        "seconds": round(word.seconds, 2),
        "peak_db": round(word.peak, 1),
        "above": round(word.above, 1),
    }

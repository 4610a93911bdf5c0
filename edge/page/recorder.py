"""Records takes for a browser: countdown, prompt, capture, and why a take was not saved.

Chunks come from the thread of the recognition through a bounded queue; everything else, such as
writing to a slow memory card, happens in a thread that lives while takes are recorded.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from time import monotonic
from typing import Any

from edge.errors import EdgeError, RecordingError
from edge.page.answers import Refused
from edge.page.recording import SavedTake, TakeRecorder
from edge.samples import Chunk, Health

log = logging.getLogger(__name__)

COUNTDOWN = 3  # s
SHOW_RESULT_S = 1.2  # before the next countdown
MAX_WAITING = 500  # chunks, seconds of sound: more means that the disk or the processor hangs
MAX_TAKES = 100
MAX_REJECTED_IN_A_ROW = 10
POLL_INTERVAL = 0.25  # s


@dataclass(frozen=True)
class RecordState:
    """What the page shows."""

    phase: str = "idle"
    """`idle`, `countdown`, `quiet` (wait for quiet or stillness), `prompt`, `checking`, `saved`,
    `rejected`, `done`, or `failed`."""
    label: str = ""
    take: int = 0
    takes: int = 0
    seconds: int = 0
    """Left in the countdown."""
    saved: int = 0
    reason: str = ""
    """Why the last take was not saved, or why the recording ended."""
    file: str = ""
    summary: dict[str, float] | None = None
    preview: list[Any] | None = None
    owner: str = ""


class Recorder:
    """One recording at a time. `feed` is for the thread of the recognition."""

    def __init__(self, changed: Callable[[dict[str, Any]], None]) -> None:
        """`changed` is called with each new state, in any thread."""
        self._changed = changed
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._chunks: queue.Queue[tuple[Chunk, int]] = queue.Queue(MAX_WAITING)
        self._overflowed = False
        self._state = RecordState()

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def state(self) -> dict[str, Any]:
        return asdict(self._state)

    def start(self, recorder: TakeRecorder, takes: int, owner: str) -> None:
        """Record this many takes. Refused while another browser records."""
        if not 1 <= takes <= MAX_TAKES:
            raise RecordingError(f"{takes} is not a number of takes: give 1 to {MAX_TAKES}")
        with self._lock:
            if self.is_running:
                raise Refused(409, "another recording is going on: wait until it has ended")
            self._stopping.clear()
            self._chunks = queue.Queue(MAX_WAITING)
            self._state = RecordState(label=recorder.label, takes=takes, owner=owner)
            self._thread = threading.Thread(
                target=self._run, args=[recorder], name="edge-record", daemon=True
            )
            self._thread.start()

    def stop(self, reason: str = "") -> None:
        """End the recording; takes that are saved stay."""
        if self.is_running:
            self._state = replace(self._state, reason=reason)
            self._stopping.set()

    def owner_left(self, owner: str) -> None:
        """The browser with this name has gone: nobody sees the prompts any more."""
        if self._state.owner == owner:
            self.stop("the browser that recorded has left")

    def feed(self, chunk: Chunk, health: Health) -> None:
        if self.is_running:
            try:
                self._chunks.put_nowait((chunk, health.clipped))
            except queue.Full:
                self._overflowed = True

    def _run(self, recorder: TakeRecorder) -> None:
        try:
            self._record(recorder)
            reason = self._state.reason
            phase = "done" if self._state.saved == self._state.takes or not reason else "failed"
            self._show(phase=phase)
        except (EdgeError, OSError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            log.warning("page: recording ends: %s", reason)
            self._show(phase="failed", reason=reason)

    def _record(self, recorder: TakeRecorder) -> None:
        rejected = 0
        while self._state.saved < self._state.takes and not self._stopping.is_set():
            self._count_down(recorder)
            take, clipped = self._capture(recorder)
            if take is None:
                return
            self._show(phase="checking")
            try:
                if self._overflowed:
                    raise RecordingError("samples are missing: the computer is too busy")
                self._show_saved(recorder.save(take, clipped))
                rejected = 0
            except RecordingError as reason:
                rejected += 1
                self._show(phase="rejected", reason=str(reason), preview=None, summary=None)
                if rejected == MAX_REJECTED_IN_A_ROW:
                    raise EdgeError(f"{rejected} takes in a row were not saved: {reason}") from None
            self._wait(recorder, SHOW_RESULT_S)

    def _count_down(self, recorder: TakeRecorder) -> None:
        self._show(take=self._state.saved + 1, reason="", preview=None, summary=None, file="")
        for seconds in range(COUNTDOWN, 0, -1):
            self._show(phase="countdown", seconds=seconds)
            self._wait(recorder, 1.0)

    def _wait(self, recorder: TakeRecorder, seconds: float) -> None:
        """Let time pass; the samples meanwhile belong to no take."""
        end = monotonic() + seconds
        while monotonic() < end and not self._stopping.is_set():
            chunk = self._next_chunk()
            if chunk is not None:
                recorder.begin()
                recorder.feed(chunk[0])

    def _capture(self, recorder: TakeRecorder) -> tuple[Any, int]:
        """The next take, or None if it was stopped, and the samples that were clipped in it."""
        recorder.begin()
        self._overflowed = False
        prompted, clipped_before, clipped = False, 0, 0
        self._show(phase="quiet")
        while not self._stopping.is_set():
            if recorder.capture.ready and not prompted:
                prompted, clipped_before = True, clipped
                self._show(phase="prompt")
            item = self._next_chunk()
            if item is None:
                continue
            chunk, clipped = item
            take = recorder.feed(chunk)
            if take is not None:
                return take, clipped - clipped_before
        return None, 0

    def _next_chunk(self) -> tuple[Chunk, int] | None:
        try:
            return self._chunks.get(timeout=POLL_INTERVAL)
        except queue.Empty:
            return None

    def _show_saved(self, take: SavedTake) -> None:
        self._show(
            phase="saved",
            saved=self._state.saved + 1,
            file=take.path.name,
            summary=take.summary,
            preview=take.preview,
        )

    def _show(self, **values: Any) -> None:
        self._state = replace(self._state, **values)
        self._changed(self.state())

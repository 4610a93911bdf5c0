"""Makes a model in a child process: its progress, its log, its end. One at a time.

The child writes to a folder of its own, and only a complete model that can be used is moved to the
other models. It goes on without a browser.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Any

from edge.errors import EdgeError
from edge.page.answers import Refused
from edge.page.teach_process import END_TIMEOUT, TeachPlan, end_child, start_child
from edge.text import printable

log = logging.getLogger(__name__)

MAX_LINES = 200  # of the log that are shown
MAX_LINE = 500  # characters
POLL_INTERVAL = 0.2  # s
OLD_S = 86400.0  # an unfinished folder of this age was left by a power failure
PREFIX = ".unfinished-"
OF = re.compile(r"(\d+) of (\d+)\b")
LEFT = re.compile(r", (\d+ (?:s|min)) left$")


@dataclass(frozen=True)
class TeachState:
    """What the page shows."""

    phase: str = "idle"
    """`idle`, `running`, `done`, `failed`, or `cancelled`."""
    method: str = ""
    model: str = ""
    step: str = ""
    """The last line that counts something: an epoch of a training."""
    share: float | None = None
    """Of this step, 0 to 1."""
    left: str = ""
    """The time that is left of this step, as the training estimates it."""
    seconds: float = 0.0
    """Since the start."""
    reason: str = ""
    """Why it failed."""


class Teacher:
    """`start`, `cancel` and `state` may be called in any thread."""

    def __init__(
        self,
        models: Path,
        accept: Callable[[Path], None],
        made: Callable[[str], None],
        changed: Callable[[dict[str, Any]], None],
    ) -> None:
        """`models`: where finished models are. `accept` raises EdgeError for a model that cannot be
        used. `made` is called with the name of each new model, `changed` with each new state."""
        self._models, self._accept, self._made, self._changed = models, accept, made, changed
        self._lock = threading.Lock()
        self._state = TeachState()
        self._lines: deque[str] = deque(maxlen=MAX_LINES)
        self._count = 0  # of all lines
        self._started = 0.0
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def state(self) -> dict[str, Any]:
        seconds = self._state.seconds
        if self._state.phase == "running":
            seconds = round(time.monotonic() - self._started, 1)
        return asdict(self._state) | {"seconds": seconds, "log": list(self._lines)}

    def start(self, plan: TeachPlan) -> None:
        """Refused while a model is being made; EdgeError or OSError if it cannot be started."""
        with self._lock:
            if self.is_running:
                raise Refused(
                    409,
                    f"{self._state.model} is being made: wait until it has ended, or cancel it",
                )
            self._models.mkdir(parents=True, exist_ok=True)
            _remove_old(self._models)
            folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._models)).absolute()
            try:
                process = start_child(plan, folder / f"{plan.model}.tflite")
            except OSError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self._lines.clear()
            self._cancelled.clear()
            self._started = time.monotonic()
            self._process = process
            self._state = TeachState("running", plan.method, plan.model)
            self._thread = threading.Thread(
                target=self._follow,
                args=[process, plan.program, folder],
                name="edge-teach",
                daemon=True,
            )
            self._thread.start()
        log.info("page: %s is being made", plan.model)
        self._changed(self.state())

    def cancel(self) -> None:
        """End the child; what it has written so far is removed."""
        self._cancelled.set()

    def close(self) -> None:
        """The command ends, and the child with it."""
        thread = self._thread
        if thread is not None and thread.is_alive():
            self.cancel()
            thread.join(END_TIMEOUT + 2)

    def _follow(self, process: subprocess.Popen[str], program: str, folder: Path) -> None:
        """Until the child has ended."""
        assert process.stdout is not None
        reader = threading.Thread(
            target=self._read, args=[process.stdout, program, folder], daemon=True
        )
        reader.start()
        shown = -1
        try:
            while process.poll() is None and not self._cancelled.wait(POLL_INTERVAL):
                if shown != self._count:
                    shown = self._count
                    self._changed(self.state())
            if self._cancelled.is_set():
                end_child(process)
            reader.join(END_TIMEOUT)
            self._finish(process.wait(), folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if process.stdin is not None:
                process.stdin.close()
            process.stdout.close()

    def _finish(self, status: int, folder: Path) -> None:
        """Store the model that the child made, or the reason why there is none."""
        phase, reason, model = "done", "", self._state.model
        if self._cancelled.is_set():
            phase = "cancelled"
        elif status:
            phase, reason = "failed", self._last_line() or f"it ended with the status {status}"
        else:
            try:
                self._accept(folder / f"{model}.tflite")
                _publish(folder, self._models, model)
                self._made(model)
            except (EdgeError, OSError) as error:
                phase, reason = "failed", getattr(error, "strerror", None) or str(error)
        if reason:
            log.warning("page: %s is not made: %s", model, reason)
        seconds = round(time.monotonic() - self._started, 1)
        self._state = replace(self._state, phase=phase, reason=reason, seconds=seconds, left="")
        self._changed(self.state())

    def _read(self, stream: IO[str], program: str, folder: Path) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed, because the child was killed
            while line := stream.readline(MAX_LINE):
                line = line.rstrip().removeprefix(f"{program}: ").removeprefix("error: ")
                self._add(printable(line.replace(str(folder), str(self._models))))

    def _add(self, line: str) -> None:
        if not line:
            return
        self._lines.append(line)
        self._count += 1
        counted = OF.search(line)
        if counted and int(counted[2]) > 0 and int(counted[1]) <= int(counted[2]):
            left = LEFT.search(line)
            self._state = replace(
                self._state,
                step=LEFT.sub("", line),
                share=int(counted[1]) / int(counted[2]),
                left=left[1] if left else "",
            )

    def _last_line(self) -> str:
        return self._lines[-1] if self._lines else ""


def _publish(folder: Path, models: Path, name: str) -> None:
    """Move the model, its card and its pictures; the model last, as the page lists it at once."""
    files = sorted(folder.glob(f"{name}.*"), key=lambda path: path.suffix == ".tflite")
    for path in files:
        os.replace(path, models / path.name)


def _remove_old(models: Path) -> None:
    for folder in models.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > OLD_S:
                shutil.rmtree(folder)

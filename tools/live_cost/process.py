"""A live command as a process: its CPU time, its wake-ups, and the events that it prints."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edge.errors import EdgeError
from tools.commands import edge_command

END_TIMEOUT_S = 30.0
MAIN, OTHERS = "main thread", "other threads"


@dataclass(frozen=True)
class Usage:
    """What a process and all its threads have used since it was started."""

    cpu_s: float
    wakeups: Counter[str]
    """How often a thread went to sleep, and so had to be woken (voluntary context switches): the
    main thread, other threads of the command, and those of libraries by their names."""


@dataclass(frozen=True)
class PrintedEvent:
    at: float
    """Time on the monotonic clock at which the line came."""
    values: Mapping[str, Any]


class LiveProcess:
    """A command with `--json` in a checkout; a context manager that ends it."""

    def __init__(
        self, checkout: Path, command: str, options: Sequence[str], stdin: int | None = None
    ) -> None:
        self._process = subprocess.Popen(
            edge_command(command, *options, "--json"),
            cwd=checkout,  # the first place from which Python imports
            stdin=subprocess.PIPE if stdin is None else stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.events: list[PrintedEvent] = []
        self._messages: list[bytes] = []
        self._readers = [
            threading.Thread(target=self._collect_events, args=[self._process.stdout]),
            threading.Thread(target=self._collect_messages, args=[self._process.stderr]),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> LiveProcess:
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    @property
    def stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None
        return self._process.stdin

    def usage(self) -> Usage:
        """EdgeError if the command has ended."""
        if self._process.poll() is not None:
            self._readers[1].join()
            raise EdgeError(f"a command ended too early: {b''.join(self._messages).decode()}")
        pid = self._process.pid
        return Usage(cpu_s(pid), _wakeups(pid))

    def stop(self) -> None:
        """Ask the command to end, and wait for its summary."""
        self._process.terminate()
        self._process.wait(END_TIMEOUT_S)
        self._readers[0].join()

    def _collect_events(self, lines: IO[bytes]) -> None:
        for line in lines:
            self.events.append(PrintedEvent(time.monotonic(), json.loads(line)))

    def _collect_messages(self, lines: IO[bytes]) -> None:
        self._messages += lines


def cpu_s(pid: int) -> float:
    """The processor time of all threads of another process."""
    return time.clock_gettime(~pid << 3 | 2)  # the clock that clock_getcpuclockid() returns


def _wakeups(pid: int) -> Counter[str]:
    found: Counter[str] = Counter()
    tasks = {task.name: _status(task) for task in Path(f"/proc/{pid}/task").iterdir()}
    command = tasks[str(pid)]["Name"]
    for number, status in tasks.items():
        kind = OTHERS if status["Name"] == command else status["Name"]
        found[MAIN if number == str(pid) else kind] += int(status["voluntary_ctxt_switches"])
    return found


def _status(task: Path) -> dict[str, str]:
    pairs = (line.partition(":") for line in (task / "status").read_text().splitlines())
    return {name: value.strip() for name, _, value in pairs}

"""Run a process on a sound, and measure its CPU time, its memory and its first decision."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tools.compare_peers.environments import PeerMissing, clean_environment
from tools.compare_peers.sounds import RATE

TIMEOUT_S = 900.0
LAUNCHER = str(Path(__file__).parent / "launcher.py")
REPORT_VARIABLE = "PEER_REPORT"
"""The environment variable with the file to which a worker writes its counts."""


@dataclass(frozen=True)
class Run:
    cpu_s: float
    memory_mb: float
    started: float
    """Time of the monotonic clock, which is the same in all processes."""
    report: dict[str, Any] = field(default_factory=dict)
    """The counts that the worker wrote."""
    wakeups: int = 0
    """How often a thread had to be woken (voluntary context switches)."""


def run(
    command: Sequence[str],
    pcm: bytes,
    block_s: float | None = None,
    timeout_s: float = TIMEOUT_S,
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Pipe the sound into the command: all at once, or in real time in blocks of `block_s`.

    `environment`: variables that it gets in addition. PeerMissing says why the command cannot be
    run.
    """
    with tempfile.TemporaryDirectory() as scratch:
        cost, report, errors = (Path(scratch) / name for name in ("cost", "report", "errors"))
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-SE", LAUNCHER, str(cost), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={**clean_environment(), **(environment or {}), REPORT_VARIABLE: str(report)},
                cwd=scratch,  # so that no package of the checkout can be imported
                start_new_session=True,
            )
            assert process.stdin is not None
            killer = threading.Timer(timeout_s, os.killpg, (process.pid, signal.SIGKILL))
            killer.start()
            try:
                _write(process.stdin, pcm, block_s)
                process.wait()
            finally:
                killer.cancel()
        messages = errors.read_text("utf-8", "replace")
        if not cost.exists():
            timed_out = process.returncode == -signal.SIGKILL
            reason = f"it did not end within {timeout_s:g} s" if timed_out else _reason(messages)
            raise PeerMissing(f"it cannot be run here: {reason}")
        started, status, cpu_s, memory_kb, wakeups = map(float, cost.read_text().split())
        if status:
            raise PeerMissing(f"it cannot be run here: {_reason(messages)}")
        counts = json.loads(report.read_text()) if report.exists() else {}
    return Run(cpu_s, memory_kb / 1024, started, counts, round(wakeups))


def _reason(messages: str) -> str:
    """The line of a program's error output that gives the reason."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    errors = [line for line in lines if "rror" in line and not line.startswith("File ")]
    return (errors or lines or ["it gave no reason"])[-1]


def _write(stdin: IO[bytes], pcm: bytes, block_s: float | None) -> None:
    size = round(block_s * RATE) * 2 if block_s else len(pcm)
    started = time.monotonic()
    with suppress(BrokenPipeError):  # the process has ended: its exit status matters
        for start in range(0, len(pcm), max(1, size)):
            block = pcm[start : start + size]
            if block_s:
                due = started + (start + len(block)) / 2 / RATE
                time.sleep(max(0.0, due - time.monotonic()))
            stdin.write(block)
            stdin.flush()
    with suppress(BrokenPipeError):
        stdin.close()


def run_together(
    commands: dict[str, Sequence[str]], pcm: bytes, block_s: float
) -> dict[str, Run | PeerMissing]:
    """Run several commands at the same time, each on the same sound in real time."""

    def run_one(command: Sequence[str]) -> Run | PeerMissing:
        try:
            return run(command, pcm, block_s)
        except PeerMissing as error:
            return error

    with ThreadPoolExecutor(len(commands)) as threads:
        return dict(zip(commands, threads.map(run_one, commands.values()), strict=True))

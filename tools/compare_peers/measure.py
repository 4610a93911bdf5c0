"""One process, one sound: CPU time, memory, and when it first decided."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tools.compare_peers.environments import PeerMissing, clean
from tools.compare_peers.sounds import RATE

PATIENCE = 900.0  # s
LAUNCH = str(Path(__file__).parent / "launch.py")
REPORT = "PEER_REPORT"
"""Names the file into which a worker writes what it counted."""


@dataclass(frozen=True)
class Run:
    cpu_s: float
    memory_mb: float
    started: float
    """By the monotonic clock, which all processes share."""
    told: dict[str, Any] = field(default_factory=dict)
    """What the worker wrote."""


def run(command: Sequence[str], pcm: bytes, pieces_s: float | None = None) -> Run:
    """Run it on the sound: all at once, or in pieces, each when it would have been heard."""
    with tempfile.TemporaryDirectory() as scratch:
        cost, report, errors = (Path(scratch) / name for name in ("cost", "report", "errors"))
        with errors.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-SE", LAUNCH, str(cost), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={**clean(), REPORT: str(report)},
                cwd=scratch,  # where no package of ours lies
                start_new_session=True,
            )
            assert process.stdin is not None
            killer = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
            killer.start()
            try:
                _feed(process.stdin, pcm, pieces_s)
                process.wait()
            finally:
                killer.cancel()
        if not cost.exists():
            raise PeerMissing(f"it cannot be run here: {_unfinished(process.returncode, errors)}")
        started, status, cpu, memory = map(float, cost.read_text().split())
        if status:
            raise PeerMissing(
                f"it cannot be run here: {_reason(errors.read_text('utf-8', 'replace'))}"
            )
        told = json.loads(report.read_text()) if report.exists() else {}
    return Run(cpu, memory / 1024, started, told)


def _unfinished(status: int, errors: Path) -> str:
    """Why the launcher did not tell what it cost."""
    if status == -signal.SIGKILL:
        return f"it did not end within {PATIENCE:g} s"
    return _reason(errors.read_text("utf-8", "replace"))


def _reason(said: str) -> str:
    """Of what a program says when it fails, the line that tells why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line and not line.startswith("File ")]
    return (telling or lines or ["it did not say why"])[-1]


def _feed(stdin: IO[bytes], pcm: bytes, pieces_s: float | None) -> None:
    size = round(pieces_s * RATE) * 2 if pieces_s else len(pcm)
    began = time.monotonic()
    with suppress(BrokenPipeError):  # it ended: its status tells why
        for start in range(0, len(pcm), max(1, size)):
            piece = pcm[start : start + size]
            if pieces_s:
                due = began + (start + len(piece)) / 2 / RATE
                time.sleep(max(0.0, due - time.monotonic()))
            stdin.write(piece)
            stdin.flush()
    with suppress(BrokenPipeError):
        stdin.close()


def together(
    commands: dict[str, Sequence[str]], pcm: bytes, pieces_s: float
) -> dict[str, Run | PeerMissing]:
    """Several at the same time, on the same sound in real time."""

    def one(command: Sequence[str]) -> Run | PeerMissing:
        try:
            return run(command, pcm, pieces_s)
        except PeerMissing as error:
            return error

    with ThreadPoolExecutor(len(commands)) as threads:
        return dict(zip(commands, threads.map(one, commands.values()), strict=True))

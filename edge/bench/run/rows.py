"""Starting workers; whatever becomes of one is the answer for its row."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

COMMAND = (sys.executable, "-m", "edge.bench.workers.worker")


def ask_worker(request: dict[str, Any], command: tuple[str, ...] = COMMAND) -> dict[str, Any]:
    """The worker's answer; {"error": sentence} if it crashes, hangs or talks nonsense."""
    timeout = request["timeout"]
    request = {**request, "spawned_ns": time.monotonic_ns()}
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
        ) as worker,
    ):
        try:
            answer, _ = worker.communicate(json.dumps(request).encode() + b"\n", timeout)
        except subprocess.TimeoutExpired:
            return {"error": f"no answer in {timeout:g} s: give it longer with --timeout"}
        finally:
            worker.kill()  # of no effect on one that has ended
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip().splitlines()
    try:
        result = json.loads(answer)
        assert isinstance(result, dict)
        return result
    except (ValueError, AssertionError):
        return {"error": _ended(worker.returncode) + (f": {said[-1]}" if said else "")}


def _ended(status: int) -> str:
    if status < 0:
        try:
            return f"the worker crashed ({signal.Signals(-status).name})"
        except ValueError:
            return f"the worker crashed (signal {-status})"
    return f"the worker ended with status {status} and no answer"

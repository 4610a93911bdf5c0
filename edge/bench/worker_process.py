"""Start a worker process for a request. A crash or a timeout becomes an answer with an error."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from typing import Any

from edge.child_process import child_python
from edge.text import one_line

MAX_STDERR = 1 << 16  # bytes that are read: the last line says why a worker ended
WORKER = ("-m", "edge.bench.workers")


def run_worker(request: dict[str, Any], arguments: tuple[str, ...] = WORKER) -> dict[str, Any]:
    """The answer of the worker; {"error": sentence} if it crashes, hangs or writes no JSON."""
    timeout = request["timeout"]
    request = {**request, "spawned_ns": time.monotonic_ns()}
    with (
        tempfile.TemporaryFile() as stderr,
        subprocess.Popen(
            **child_python(*arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
        ) as worker,
    ):
        try:
            stdout, _ = worker.communicate(json.dumps(request).encode() + b"\n", timeout)
        except subprocess.TimeoutExpired:
            return {"error": f"no answer in {timeout:g} s: allow more time with --timeout"}
        finally:
            worker.kill()  # no effect if it has ended
        size = stderr.seek(0, os.SEEK_END)
        stderr.seek(max(0, size - MAX_STDERR))
        messages = stderr.read().decode(errors="replace").strip().splitlines()
    try:
        answer = json.loads(stdout)
        assert isinstance(answer, dict)
        return answer
    except (ValueError, AssertionError):
        reason = f": {one_line(messages[-1])}" if messages else ""
        return {"error": _describe_exit(worker.returncode) + reason}


def _describe_exit(status: int) -> str:
    if status < 0:
        try:
            return f"the worker crashed ({signal.Signals(-status).name})"
        except ValueError:
            return f"the worker crashed (signal {-status})"
    return f"the worker ended with status {status} and no answer"

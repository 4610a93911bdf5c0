"""Worker processes: crashes and timeouts become errors, and the answer is the only output."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from edge.bench.worker_process import run_worker


def error_of(program: str, timeout: float = 20.0) -> str:
    """The error in the answer if the worker is this Python program."""
    return run_worker({"timeout": timeout}, (sys.executable, "-c", program))["error"]


def test_crash_of_a_worker_is_reported_with_its_last_message():
    assert error_of("import os; os.abort()") == "the worker crashed (SIGABRT)"
    program = "import os, sys; print('no memory', file=sys.stderr, flush=True); os.abort()"
    assert error_of(program) == "the worker crashed (SIGABRT): no memory"


def test_worker_that_hangs_is_killed():
    error = error_of("import time; time.sleep(60)", timeout=0.3)
    assert error == "no answer in 0.3 s: allow more time with --timeout"


@pytest.mark.parametrize("output", ["", "nonsense", "[1]", '{"a":'])
def test_output_that_is_no_json_object_is_reported(output):
    error = error_of(f"import sys; print({output!r}); sys.exit(3)")
    assert error == "the worker ended with status 3 and no answer"


def test_worker_started_by_hand_prints_only_its_answer():
    """The command of the worker's docstring."""
    result = subprocess.run(
        [sys.executable, "-m", "edge.bench.workers"],
        input='{"kind": "model", "runtime": "ai_edge_litert", "model": "x.onnx", "threads": 1}\n',
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(result.stdout)["error"].startswith("ai_edge_litert runs .tflite files only")
    assert result.stdout.count("\n") == 1

"""Worker processes: crashes and timeouts become errors, and the answer is the only output."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from edge.bench.worker_process import run_worker


def error_of(program: str, timeout: float = 20.0) -> str:
    """The error in the answer if the worker is this Python program."""
    return run_worker({"timeout": timeout}, ("-c", program))["error"]


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


@pytest.mark.parametrize("name", ["json.py", "numpy.py", "edge/__init__.py", "sitecustomize.py"])
def test_modules_in_the_current_folder_are_not_imported(tmp_path, monkeypatch, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    request = {"kind": "peak", "runtime": "no-such-runtime", "threads": 1, "timeout": 60}
    assert run_worker(request)["error"].startswith("no runtime 'no-such-runtime'")
    assert not (tmp_path / "imported").exists()


def test_a_worker_finds_the_modules_of_its_parent(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("name = 'only here'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    error = error_of("import sys, only_here; sys.exit(only_here.name)")
    assert error == "the worker ended with status 1 and no answer: only here"


def test_a_worker_that_writes_megabytes_of_messages_gives_one_short_line():
    error = error_of("import sys; sys.stderr.write('x' * (20 << 20)); sys.exit(1)")
    assert error.startswith("the worker ended with status 1") and len(error) < 2100

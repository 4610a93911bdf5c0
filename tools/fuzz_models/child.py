"""The child process: it loads damaged files, and writes a line before and after each."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from edge.errors import ModelError
from edge.model.runtime import interpreter_class, quiet
from edge.tflite.verify import verify
from tools.fuzz_models.mutator import Mutator


def load_and_run(data: bytes, runtimes: Sequence[str]) -> str:
    """What happened to a file: `refused`, `refused by RUNTIME` or `ran`."""
    try:
        verify(data, "the file")
    except ModelError as error:
        if "\n" in str(error) or len(str(error)) > 3000:
            raise AssertionError(f"not one line: {error!r}") from None
        return "refused"
    refusing = [runtime for runtime in runtimes if not _runs(data, runtime)]
    return f"refused by {' and '.join(refusing)}" if refusing else "ran"


def _runs(data: bytes, runtime: str) -> bool:
    try:
        interpreter = _interpreter_class(runtime)(model_content=data, num_threads=1)
        interpreter.allocate_tensors()
        interpreter.invoke()
        interpreter.invoke()
        for detail in interpreter.get_output_details():
            interpreter.get_tensor(detail["index"])
    except (ValueError, RuntimeError, ModelError):
        return False
    return True


@cache
def _interpreter_class(runtime: str) -> Any:
    return interpreter_class(runtime)[1]


def run_child(paths: Sequence[Path], runtimes: Sequence[str], first: int, count: int) -> None:
    mutator = Mutator(paths)
    longest = 0.0
    with quiet():
        for seed in range(first, first + count):
            data = mutator.damaged(seed)
            sys.stdout.write(f"seed {seed}\n")
            sys.stdout.flush()
            begun = time.process_time()
            sys.stdout.write(load_and_run(data, runtimes) + "\n")
            longest = max(longest, time.process_time() - begun)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"used {longest} {memory}")

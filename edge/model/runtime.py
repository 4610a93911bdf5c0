"""The TFLite runtimes: three packages with one interpreter, of which any will do."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from edge.errors import RuntimeMissing

RUNTIMES = {
    "ai_edge_litert": "ai_edge_litert.interpreter",
    "tflite_runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite",
}


def interpreter_class(runtime: str | None = None) -> tuple[str, Callable[..., Any]]:
    """The runtime that was asked for, or EDGE_RUNTIME names, or else the first that imports."""
    wanted = runtime or os.environ.get("EDGE_RUNTIME")
    if wanted and wanted not in RUNTIMES:
        raise RuntimeMissing(f"no runtime {wanted!r}: choose one of {', '.join(RUNTIMES)}")
    for name in [wanted] if wanted else RUNTIMES:
        try:
            with quiet():
                return name, _import(name)
        except (ImportError, AttributeError) as error:
            reason = str(error)
    if wanted:
        package = wanted.replace("_", "-")
        raise RuntimeMissing(f"no runtime {wanted} here ({reason}): pip install {package}")
    raise RuntimeMissing("no TFLite runtime is installed: pip install ai-edge-litert")


def _import(name: str) -> Callable[..., Any]:
    if name == "tensorflow":
        # tensorflow.lite is an attribute that is loaded on first use, not an importable module.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        interpreter: Callable[..., Any] = import_module("tensorflow").lite.Interpreter
    else:
        interpreter = import_module(RUNTIMES[name]).Interpreter
    return interpreter


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the runtimes' native code, which no option silences, from writing to stderr.

    Used only while one is loaded; what goes wrong then comes as an exception all the same.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            kept = os.dup(2)
        except OSError:  # a daemon may run with stderr closed
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)

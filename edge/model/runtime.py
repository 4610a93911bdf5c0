"""The TFLite runtimes: three packages with the same interpreter, and one of NumPy alone."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from edge.errors import RuntimeMissing

RUNTIMES = {
    "ai_edge_litert": "ai_edge_litert.interpreter",
    "tflite_runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow.lite",
    "numpy": "edge.tflite.interpreter.interpreter",
}
"""In the order in which they are tried."""
WITHOUT_PACKAGE = (
    "edge-sense: no TFLite runtime is installed, so NumPy runs the network, which takes longer. "
    "Faster: pip install ai-edge-litert (64-bit system) or tflite-runtime (Python 3.11 or older). "
    "--runtime numpy or EDGE_RUNTIME=numpy hides this line.\n"
)


def interpreter_class(runtime: str | None = None) -> tuple[str, Callable[..., Any]]:
    """The name of a runtime and its interpreter class.

    The runtime is `runtime`, or else the one in EDGE_RUNTIME, or else the first that can be
    imported. If that is NumPy, a line on stderr names the faster ones.
    """
    chosen = runtime or os.environ.get("EDGE_RUNTIME")
    if chosen and chosen not in RUNTIMES:
        raise RuntimeMissing(f"no runtime {chosen!r}: choose one of {', '.join(RUNTIMES)}")
    for name in [chosen] if chosen else RUNTIMES:
        try:
            with quiet():
                interpreter = _import(name)
        except (ImportError, AttributeError) as error:
            reason = str(error)
            continue
        if not chosen and name == "numpy":
            _warn_once()
        return name, interpreter
    package = str(chosen).replace("_", "-")
    raise RuntimeMissing(f"{chosen} cannot be imported ({reason}): pip install {package}")


@cache
def _warn_once() -> None:
    if sys.stderr is not None:  # a daemon may run without it
        sys.stderr.write(WITHOUT_PACKAGE)


def _import(name: str) -> Callable[..., Any]:
    if name == "tensorflow":
        # tensorflow.lite cannot be imported as a module: it is an attribute, loaded on first use.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        interpreter: Callable[..., Any] = import_module("tensorflow").lite.Interpreter
    else:
        interpreter = import_module(RUNTIMES[name]).Interpreter
    return interpreter


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the native code of the runtimes from writing to stderr; they have no option for that.

    Use it only while a runtime or model is loaded. Failures are still raised as exceptions.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            stderr = os.dup(2)
        except OSError:  # a daemon may run with stderr closed
            yield
            return
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 2)
        os.close(null)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)

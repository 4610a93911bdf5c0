"""Import a runtime and load a model file into it."""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edge.bench.engines.base import Engine
from edge.bench.engines.onnx import OnnxEngine
from edge.bench.engines.tflite import TFLiteEngine
from edge.errors import ModelError, RuntimeMissing
from edge.model.runtime import RUNTIMES, interpreter_class, quiet
from edge.tflite.verify import verify

ONNX = "onnxruntime"
SUFFIXES = {name: ".tflite" for name in RUNTIMES} | {ONNX: ".onnx"}
DISTRIBUTIONS = {"tensorflow": ("tensorflow", "tensorflow_cpu", "tensorflow_cpu_aws")}


def first_installed() -> str:
    """The TFLite runtime that is used by default."""
    return next((name for name in RUNTIMES if find_spec(name)), next(iter(RUNTIMES)))


def runtime_version(runtime: str) -> str | None:
    for name in DISTRIBUTIONS.get(runtime, (runtime,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def import_runtime(runtime: str) -> Any:
    """The interpreter class of a TFLite runtime, or the onnxruntime package.

    RuntimeMissing names the command that installs the runtime.
    """
    if runtime != ONNX:
        return interpreter_class(runtime)[1]
    try:
        with quiet():
            import onnxruntime
    except ImportError as error:
        raise RuntimeMissing(f"{ONNX} is not installed ({error}): pip install {ONNX}") from None
    return onnxruntime


def load_engine(runtime: str, factory: Any, path: Path, threads: int) -> Engine:
    """Load the model file. `factory` is the result of `import_runtime`."""
    if path.suffix != SUFFIXES[runtime]:
        raise ModelError(f"{runtime} runs {SUFFIXES[runtime]} files only: choose another --runtime")
    try:
        content = path.read_bytes()
        if runtime != ONNX:
            verify(content, path.name, any_operator=True)
        with quiet():
            if runtime == ONNX:
                return OnnxEngine(factory, content, threads)
            return TFLiteEngine(factory(model_content=content, num_threads=threads))
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # each runtime has its own exception for an unusable model
        reason = " ".join(str(error).split())
        raise ModelError(f"{runtime} cannot run {path.name}: {reason}") from None

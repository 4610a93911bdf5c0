"""One face for the runtimes: given a file and tensors, it computes tensors and nothing else."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError, RuntimeMissing
from edge.model.runtime import RUNTIMES, interpreter_class, quiet

ONNX = "onnxruntime"
SUFFIXES = {name: ".tflite" for name in RUNTIMES} | {ONNX: ".onnx"}
DISTRIBUTIONS = {"tensorflow": ("tensorflow", "tensorflow_cpu", "tensorflow_cpu_aws")}

Array = NDArray[Any]


@dataclass(frozen=True)
class Port:
    """An input or an output."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    scale: float = 0.0
    """Of a quantised tensor, where the file says it; 0 else."""
    zero: int = 0


class Engine(ABC):
    """A runtime with a model in it."""

    inputs: list[Port]
    outputs: list[Port]

    @abstractmethod
    def run(self, tensors: list[Array]) -> list[Array]:
        """One inference: what every program has to call, and no more."""


def runtime_version(runtime: str) -> str | None:
    for name in DISTRIBUTIONS.get(runtime, (runtime,)):
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return None


def import_runtime(runtime: str) -> Any:
    """What makes its interpreters; RuntimeMissing names the line that installs it."""
    if runtime != ONNX:
        return interpreter_class(runtime)[1]
    try:
        import onnxruntime
    except ImportError as error:
        raise RuntimeMissing(f"no runtime {ONNX} here ({error}): pip install {ONNX}") from None
    return onnxruntime


def open_engine(runtime: str, factory: Any, path: Path, threads: int) -> Engine:
    """The model in the runtime whose `import_runtime` gave `factory`."""
    if path.suffix != SUFFIXES[runtime]:
        raise ModelError(f"{runtime} runs {SUFFIXES[runtime]} files only: choose another --runtime")
    try:
        content = path.read_bytes()
        with quiet():
            if runtime == ONNX:
                return OnnxEngine(factory, content, threads)
            return TFLiteEngine(factory(model_content=content, num_threads=threads))
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror or error}") from None
    except Exception as error:  # each runtime has its own for a model that it cannot run
        reason = " ".join(str(error).split())
        raise ModelError(f"{runtime} cannot run {path.name}: {reason}") from None


class TFLiteEngine(Engine):
    def __init__(self, interpreter: Any) -> None:
        interpreter.allocate_tensors()
        given, results = interpreter.get_input_details(), interpreter.get_output_details()
        self.inputs, self.outputs = _ports(given), _ports(results)
        self._given = [detail["index"] for detail in given]
        self._results = [detail["index"] for detail in results]
        self._set, self._get = interpreter.set_tensor, interpreter.get_tensor
        self._invoke = interpreter.invoke
        self.interpreter = interpreter

    def run(self, tensors: list[Array]) -> list[Array]:
        for index, tensor in zip(self._given, tensors):  # noqa: B905 - it would cost time
            self._set(index, tensor)
        self._invoke()
        return [self._get(index) for index in self._results]


class OnnxEngine(Engine):
    def __init__(self, package: Any, content: bytes, threads: int, profile: str = "") -> None:
        options = package.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        if profile:
            options.enable_profiling, options.profile_file_prefix = True, profile
        providers = ["CPUExecutionProvider"]
        self.session = package.InferenceSession(content, options, providers=providers)
        self.inputs = [_onnx_port(node) for node in self.session.get_inputs()]
        self.outputs = [_onnx_port(node) for node in self.session.get_outputs()]
        self._names = [port.name for port in self.inputs]

    def run(self, tensors: list[Array]) -> list[Array]:
        fed = dict(zip(self._names, tensors))  # noqa: B905 - it would cost time
        outputs: list[Array] = self.session.run(None, fed)
        return outputs


def _ports(details: list[dict[str, Any]]) -> list[Port]:
    return [
        Port(
            detail["name"],
            tuple(int(n) for n in detail["shape"]),
            np.dtype(detail["dtype"]),
            float(detail["quantization"][0]),
            int(detail["quantization"][1]),
        )
        for detail in details
    ]


def _onnx_port(node: Any) -> Port:
    # tensor(float), tensor(int8), ...; an axis of any length has a name in place of a number.
    kind = node.type[len("tensor(") : -1]
    dtype = np.dtype({"float": "float32", "double": "float64"}.get(kind, kind))
    shape = tuple(n if isinstance(n, int) and n > 0 else 1 for n in node.shape)
    return Port(node.name, shape, dtype)


def all_cpus() -> list[int]:
    """The cores this process may use; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []

"""A loaded model: from a window's tensor to the probability of each label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import registry
from edge.decision import DECISIONS, Decision
from edge.errors import ModelError
from edge.features import FEATURES, Features, Window
from edge.model.checks import check_decision, check_input, check_task
from edge.model.manifest import Manifest, read_model
from edge.model.runtime import interpreter_class, quiet
from edge.model.shipped import find_model
from edge.samples import Chunk


class Model:
    """Made by `Model.load`."""

    def __init__(self, path: Path, manifest: Manifest, network: bytes, runtime: str | None) -> None:
        self.path = path
        self.manifest = manifest
        self.labels = manifest.labels
        self.runtime, interpreter = interpreter_class(runtime)
        try:
            with quiet():
                self._interpreter = interpreter(model_content=network, num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise ModelError(f"{self.runtime} cannot run {path}: {reason}") from None
        details = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        self._check_tensors(*details)
        (given,), (result,) = details
        self._input, self._output = given["index"], result["index"]
        self.input_shape = tuple(int(n) for n in given["shape"][1:])
        self.input_scale, self.input_zero = given["quantization"]
        self.output_scale, self.output_zero = result["quantization"]
        # For one inference takes microseconds, and so would making these anew for each.
        self._real = np.empty(self.input_shape, np.float32)
        self._constants = [
            np.array(value, np.float32) for value in (self.input_scale, self.input_zero, -128, 127)
        ]
        levels = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
        zero, scale = np.float32(self.output_zero), np.float32(self.output_scale)
        self._of_level = (levels - zero) * scale  # a negative level counts from the end

    @classmethod
    def load(
        cls, name_or_path: str | Path, runtime: str | None = None, task: str | None = None
    ) -> Model:
        """A shipped model by its name, or a model file; ModelError when it cannot be run here.

        `task` is what the caller is for: a model for another one is refused.
        """
        path = find_model(name_or_path)
        network, manifest = read_model(path)
        check_task(manifest, path, task)
        check_input(manifest, path)
        check_decision(manifest, path)
        return cls(path, manifest, network, runtime)

    def features(self, channels: tuple[str, ...]) -> Features:
        """What turns chunks of these channels into this model's windows."""
        stage: Features = self._features_class()(self.manifest.input, channels)
        return stage

    def window(self, chunk: Chunk, channels: tuple[str, ...]) -> Window:
        """The one thing that a whole recording holds; an EdgeError says when it holds none.

        Where there are several places for it, that in which the model is surest of any word.
        """
        features = self._features_class()
        first, *others = features.candidates(self.manifest.input, chunk, channels)
        window: Window = first
        if others:
            silent = self.manifest.decision.get("silent", ())
            words = [at for at, label in enumerate(self.labels) if label not in silent]
            window = max((first, *others), key=lambda w: self.scores(w.tensor)[words].max())
        return window

    def decision(self) -> Decision:
        """What turns this model's scores into events."""
        kind = registry.load(DECISIONS, self.manifest.decision["kind"])
        decision: Decision = kind(self.labels, self.manifest.decision)
        return decision

    def scores(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of each label; the model ends in a softmax."""
        if tensor.shape != self.input_shape:
            raise ModelError(
                f"{self.path} takes a tensor of shape {self.input_shape}, "
                f"and was given {tensor.shape}"
            )
        return self._of_level.take(self.run(self.quantised(tensor)))

    def quantised(self, tensor: NDArray[np.float32]) -> NDArray[np.int8]:
        """The tensor in the levels of the model's input."""
        real, (scale, zero, lowest, highest) = self._real, self._constants
        np.divide(tensor, scale, out=real)
        np.rint(real, out=real)
        np.add(real, zero, out=real)
        # Clipped before the cast, which would wrap: a large value must not become a small one.
        real.clip(lowest, highest, out=real)
        return real.astype(np.int8)

    def run(self, levels: NDArray[np.int8]) -> NDArray[np.int8]:
        """The network itself: from levels of its input to levels of its output."""
        self._interpreter.set_tensor(self._input, levels[np.newaxis])
        self._interpreter.invoke()
        output: NDArray[np.int8] = self._interpreter.get_tensor(self._output)[0]
        return output

    def _features_class(self) -> Any:
        return registry.load(FEATURES, self.manifest.input["kind"])

    def _check_tensors(self, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]]) -> None:
        tensors = inputs + outputs
        if len(inputs) != 1 or len(outputs) != 1:
            what = f"{len(inputs)} inputs and {len(outputs)} outputs, not one of each"
        elif any(tensor["dtype"] is not np.int8 for tensor in tensors):
            kinds = " and ".join(tensor["dtype"].__name__ for tensor in tensors)
            what = f"an input and output of {kinds}, not int8: quantise it"
        elif outputs[0]["shape"].tolist() != [1, len(self.labels)]:
            what = f"an output of {outputs[0]['shape'].tolist()} for {len(self.labels)} labels"
        else:
            return
        raise ModelError(f"{self.path} cannot be run here: it has {what}")

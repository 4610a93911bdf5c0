"""A shipped int8 model that is trained further: its network and weights are read from the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tensorflow import keras

from edge.errors import ModelError
from edge.model.model_file import read_model
from edge.model.shipped import find_model
from training.common.keras_layers import assign_weights, convolutions
from training.common.tflite_file import read_weights
from training.sound.learn.front_ends import FRONT_ENDS
from training.sound.learn.network import build, output_layer, with_new_classes
from training.sound.learn.network_config import SHORT_WINDOW, SIZES, NetworkConfig


@dataclass(frozen=True)
class PretrainedModel:
    tflite: bytes
    labels: tuple[str, ...]
    front_end: Mapping[str, Any]
    network: NetworkConfig
    decision: Mapping[str, Any]
    """Of its manifest."""
    command: str = ""
    """The command that made it."""

    @classmethod
    def read(cls, name: str) -> PretrainedModel:
        """Read a model by its name or file. Raises ModelError if it was not trained here."""
        content, manifest = read_model(find_model(name))
        front_end, labels = manifest.input, tuple(manifest.labels)
        if front_end not in FRONT_ENDS.values():
            raise ModelError(
                f"--base {name} has other input spectra than the models that are trained here: "
                "choose one that training.kws or training.sounddigit made"
            )
        reasons = []
        for size in (*SIZES.values(), SHORT_WINDOW):
            try:
                from_tflite(content, tuple(front_end["shape"]), len(labels), size)
                command = str(manifest.provenance.get("command", ""))
                return cls(content, labels, front_end, size, manifest.decision, command)
            except ModelError as reason:
                reasons.append(str(reason))
        raise ModelError(f"--base {name} is no network that is trained here: {reasons[0]}")

    def network_for(self, labels: tuple[str, ...]) -> keras.Model:
        """Return the folded network; if it has other labels, with an untrained last layer."""
        inputs = tuple(self.front_end["shape"])
        network = from_tflite(self.tflite, inputs, len(self.labels), self.network)
        if self.labels == labels:
            return network
        return with_new_classes(network, len(labels), self.network)


def from_tflite(
    tflite: bytes, inputs: tuple[int, ...], classes: int, config: NetworkConfig
) -> keras.Model:
    """Return the folded network with the weights of an int8 model.

    Raises ModelError if the model has another network.
    """
    weights = read_weights(tflite)
    groups = None
    if len(weights) > 1 and weights[-2][0].ndim == 2:  # of two dense layers, the last one sums
        sums, _ = weights.pop()
        groups, classes = sums.argmax(axis=0).tolist(), sums.shape[1]
    folded = build(inputs, classes, config, groups=groups)
    assign_weights([*convolutions(folded), output_layer(folded)], weights)
    return folded

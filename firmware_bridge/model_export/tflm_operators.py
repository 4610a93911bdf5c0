"""The operators of a network: TFLite Micro must register each of them."""

from __future__ import annotations

from edge.errors import ModelError
from edge.tflite.micro import SUPPORTED
from edge.tflite.network import read_network

_IRREGULAR_METHODS = {
    "CUMSUM": "AddCumSum",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}


def operators(network: bytes) -> list[str]:
    """Return the sorted names of a network's operators, each once."""
    return sorted(read_network(network).counts)


def resolver_methods(network: bytes, name: str) -> list[str]:
    """Return the methods of MicroMutableOpResolver that register the network's operators.

    ModelError if TFLite Micro lacks one; `name` is the model's name in the message.
    """
    used = operators(network)
    missing = [operator for operator in used if operator not in SUPPORTED]
    if missing:
        raise ModelError(
            f"{name} uses {', '.join(missing)}, which TFLite Micro lacks: "
            "train it with layers that use only operators of TFLite Micro"
        )
    return [_IRREGULAR_METHODS.get(op, "Add" + op.title().replace("_", "")) for op in used]

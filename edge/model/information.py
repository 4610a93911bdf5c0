"""What a model file says about itself: for `edge-info`."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from edge.model.digest import sha256
from edge.model.manifest import Manifest
from edge.model.model_file import MANIFEST, network_of, parse_model, read_bytes
from edge.tflite.network import Network, read_network

BYTES = {0: 4, 1: 2, 2: 4, 3: 1, 4: 8, 6: 1, 7: 2, 9: 1, 10: 8}  # of a value, by TensorType
KINDS = {0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 7: "int16", 9: "int8"}


def information(path: Path) -> dict[str, Any]:
    """The facts about a model file, for JSON. `manifest` is missing in a plain TFLite file.

    ModelError if it is no usable model file.
    """
    content = read_bytes(path)
    found: dict[str, Any] = {
        "file": str(path),
        "bytes": len(content),
        "sha256": sha256(content).hexdigest(),
    }
    if MANIFEST.encode() in content:
        network, manifest = parse_model(content, str(path))
        found["manifest"] = _manifest(manifest, network)
    else:
        network = network_of(content)
    found["network"] = _network(read_network(network, str(path)), len(network))
    return found


def _manifest(manifest: Manifest, network: bytes) -> dict[str, Any]:
    document = manifest.document("")
    del document["network_hash"]
    return document | {"network_hash": sha256(network).hexdigest()[:16]}


def _network(network: Network, size: int) -> dict[str, Any]:
    constants = [tensor for tensor in network.tensors if tensor.constant is not None]
    return {
        "bytes": size,
        "inputs": [_tensor(network, number) for number in network.inputs],
        "outputs": [_tensor(network, number) for number in network.outputs],
        "operators": network.counts,
        "macs": network.macs,
        "uncounted_operators": network.uncounted,
        "weights_bytes": sum(len(tensor.constant or b"") for tensor in constants),
        "activations_bytes": _activations(network),
    }


def _tensor(network: Network, number: int) -> dict[str, Any]:
    tensor = network.tensors[number]
    kind = KINDS.get(tensor.kind, f"type {tensor.kind}")
    return {
        "shape": list(tensor.shape),
        "type": kind,
        "scale": tensor.scale or None,
        "zero_point": tensor.zero if tensor.scale else None,
    }


def _activations(network: Network) -> int:
    """The most memory that computed tensors need at a time, in bytes.

    A tensor is needed from the operator that computes it to the last one that reads it.
    """
    last_use: dict[int, int] = {number: len(network.operators) for number in network.outputs}
    first_use: dict[int, int] = dict.fromkeys(network.inputs, 0)
    for step, operator in enumerate(network.operators):
        for number in operator.inputs:
            if number >= 0:
                last_use[number] = max(last_use.get(number, 0), step)
        for number in operator.outputs:
            first_use.setdefault(number, step)
    needed = [0] * (len(network.operators) + 1)
    for number, first in first_use.items():
        tensor = network.tensors[number]
        size = prod(tensor.shape) * BYTES.get(tensor.kind, 1)
        for step in range(first, last_use.get(number, first) + 1):
            needed[step] += size
    return max(needed)

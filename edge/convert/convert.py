"""From a trained network to a model file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

import edge
from edge.convert import operators
from edge.convert.compact import remove_unused
from edge.convert.compare import Comparison, compare, outputs
from edge.convert.examples import Examples, read_examples
from edge.convert.network import FloatNetwork, read_network
from edge.convert.quantise import float_network, int8_network, is_int8
from edge.convert.specification import input_specification
from edge.errors import ModelError
from edge.features import FEATURES
from edge.formats.atomic_write import atomic_write
from edge.model import Manifest, Model, attach

log = logging.getLogger(__name__)

MAX_INT8_BYTES = 64 << 20  # as edge.model.model_file.MAX_BYTES: larger models are not loaded
SUM_TOLERANCE = 0.02  # of scores that are probabilities
PROBE = 20  # windows that show whether the outputs are probabilities
# What is added behind a network.
SOFTMAX = "a softmax, because its outputs are no probabilities"
SIGMOID = "a sigmoid and the score of the other label, because its only output is no probability"
BOTH = "the score of the other label, because it has one output"


@dataclass(frozen=True)
class Request:
    """What a user asks for."""

    network: Path
    out: Path
    labels: tuple[str, ...] = ()
    """Empty: numbered labels."""
    input: str | None = None
    representative: tuple[str, ...] = ()
    output: str = "scores"
    """`scores`, or `sequence` for a network that computes a waveform."""
    unit: str = ""
    threshold: float = 0.5
    task: str | None = None
    """Default: the name of the model file."""


@dataclass(frozen=True)
class Converted:
    """A model file that was written, and what is worth knowing about it."""

    path: Path
    bytes: int
    examples: Examples
    comparison: Comparison | None
    """None for a network that was int8 already."""
    finish: str
    """What was added behind the network; "" for nothing."""
    missing: list[str]
    """A line for each runtime that cannot run it."""


def convert(request: Request, progress: Callable[[str], None] = lambda text: None) -> Converted:
    """Write the model file; ModelError says why there is none."""
    progress(f"reading {request.network}")
    network = read_network(request.network)
    specification = input_specification(request.input, network.shape)
    network = _adapted(network, specification)
    progress("reading the representative files")
    examples = read_examples(request.representative, specification)
    windows = examples.windows.reshape(-1, *network.shape)
    given_int8 = network.tflite is not None and is_int8(network.tflite)
    if given_int8:
        assert network.tflite is not None
        tflite, exact, finish = network.tflite, None, ""
        size = outputs(tflite, windows[:1]).shape[1]
        labels, decision = _decision(request, size, specification)
    else:
        progress("converting to float TFLite")
        plain = float_network(network)
        probe = outputs(plain, windows[:PROBE])
        finish, function = _finish(request, probe, network)
        size = 2 if finish in (BOTH, SIGMOID) else probe.shape[1]
        labels, decision = _decision(request, size, specification)
        if function is not None:
            plain = float_network(network, function)
        progress("quantising to int8")
        tflite, exact = int8_network(network, windows, function), plain
    if len(tflite) > MAX_INT8_BYTES:
        raise ModelError(
            f"the int8 network has {len(tflite) >> 20} MB, more than the {MAX_INT8_BYTES >> 20} MB "
            "that a model may have: use a smaller one"
        )
    comparison = None
    if exact is not None:
        progress("comparing the float and the int8 network")
        scores = () if request.output == "sequence" else labels
        truth = examples.folders if set(examples.folders) <= set(scores) else []
        comparison = compare(exact, tflite, windows, scores, truth)
    compact = remove_unused(tflite)
    refusal = operators.refusal(compact, str(request.out))
    missing = [refusal] if refusal else list(operators.missing(compact))
    manifest = Manifest(
        request.task or request.out.stem,
        list(labels),
        specification,
        decision,
        _provenance(request, examples, comparison),
    )
    content = attach(compact, manifest)
    atomic_write(request.out, content)
    if refusal is None:
        Model.load(request.out)  # what is written can be used
    return Converted(request.out, len(content), examples, comparison, finish, missing)


def _finish(
    request: Request, probe: NDArray[np.float32], network: FloatNetwork
) -> tuple[str, Callable[[Any], Any] | None]:
    """What makes probabilities of the outputs, in words and as a function."""
    if request.output == "sequence":
        return "", None
    is_share = probe.min() >= 0 and probe.max() <= 1
    if probe.shape[1] == 1:
        found: tuple[str, Callable[[Any], Any]] = (
            (BOTH, lambda y: tf.concat([1.0 - y, y], -1))
            if is_share
            else (SIGMOID, lambda y: tf.concat([1.0 - tf.sigmoid(y), tf.sigmoid(y)], -1))
        )
    elif is_share and np.abs(probe.sum(axis=1) - 1).max() < SUM_TOLERANCE:
        return "", None
    else:
        found = SOFTMAX, lambda y: tf.nn.softmax(tf.reshape(y, [1, -1]))
    if network.tflite is not None:
        raise ModelError(
            "the outputs of the .tflite file are no probabilities of two or more labels: convert "
            "the Keras, SavedModel or ONNX file that it was made of, which gets a softmax"
        )
    return found


def _decision(
    request: Request, size: int, specification: Mapping[str, Any]
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The labels, and `decision` of the manifest, for a network of `size` outputs."""
    if request.output == "sequence":
        names = request.labels or ("output",)
        count, rest = divmod(size, len(names))
        if specification["kind"] != "window" or rest:
            raise ModelError(
                f"the network has {size} outputs, which are no {len(names)} waveforms of a window"
            )
        rate = specification["sensor"]["rate_hz"] * count / specification["length"]
        settings = {"kind": "sequence", "count": count, "rate_hz": rate, "unit": request.unit}
        return names, settings
    labels = request.labels or tuple(str(k) for k in range(size))
    if len(labels) != size:
        raise ModelError(
            f"--labels names {len(labels)} labels, and the network has {size} outputs: name one "
            "for each, in their order"
        )
    if len(set(labels)) != len(labels):
        raise ModelError("--labels names a label twice: name each once")
    return labels, {"kind": "single", "threshold": request.threshold}


def _adapted(network: FloatNetwork, specification: Mapping[str, Any]) -> FloatNetwork:
    """The network with the shape of the windows; ModelError if they are of another size."""
    window = tuple(FEATURES.load(specification["kind"]).tensor_shape(specification))
    if window == network.shape:
        return network
    if prod(window) != prod(network.shape):
        raise ModelError(
            f"the network takes {' x '.join(map(str, network.shape))}, and windows of --input have "
            f"{' x '.join(map(str, window))}: correct one of them"
        )
    compute = network.compute
    if compute is None:
        raise ModelError(
            f"the network takes the shape {network.shape}, and --input has {window}: convert the "
            "Keras, SavedModel or ONNX file that it was made of"
        )
    return FloatNetwork(
        window, lambda x: compute(tf.reshape(x, [1, *network.shape])), kept=network.kept
    )


def _provenance(
    request: Request, examples: Examples, comparison: Comparison | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "command": f"edge-convert {request.network.name} --out {request.out.name}",
        "representative": examples.origin,
        "versions": {"edge-sense": edge.__version__, "tensorflow": tf.__version__},
    }
    if comparison is not None:
        found["int8"] = {
            "windows": comparison.windows,
            "same_label": comparison.same_label,
            "mean_difference": round(comparison.mean_difference, 6),
            "float_right": comparison.float_right,
            "int8_right": comparison.int8_right,
        }
    return found

"""Damaged and malicious networks are refused in one line before a runtime loads them."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from math import prod
from typing import Any

import pytest

from edge.bench.engines.loading import load_engine
from edge.bench.model_file.peak_model import peak_model
from edge.errors import ModelError
from edge.model.model_file import network_of
from edge.model.shipped import find_model, shipped_models
from edge.text import MAX_LINE
from edge.tflite import schema
from edge.tflite.flatbuffer_reader import Table
from edge.tflite.network import read_network
from edge.tflite.node import UINT8
from edge.tflite.verify import verify
from tools.fuzz_models.mutator import Mutator
from tools.operator_networks.examples import operator_networks

MODELS = [find_model(name) for name in shipped_models()]


def refusal(data: bytes) -> str:
    with pytest.raises(ModelError) as caught:
        verify(data, "some.tflite")
    message = str(caught.value)
    assert message.startswith("some.tflite ") and "\n" not in message and len(message) <= MAX_LINE
    return message


def position(table: Table, field: int) -> int:
    at = table._field(field)
    assert at is not None
    return at


def changed(data: bytes, at: int, kind: str, value: Any) -> bytes:
    copy = bytearray(data)
    struct.pack_into("<" + kind, copy, at, value)
    return bytes(copy)


def graph(data: bytes) -> Table:
    return Table.root(data).tables(schema.MODEL_GRAPHS)[0]


def tensor_field(field: int, number: int = 0) -> Callable[[bytes], int]:
    return lambda data: position(graph(data).tables(schema.GRAPH_TENSORS)[number], field)


def vector(table: Table | None, field: int) -> int:
    assert table is not None
    return table.vector(field, 1)[0]


def scale(data: bytes) -> int:
    tensor = graph(data).tables(schema.GRAPH_TENSORS)[0]
    return vector(tensor.table(schema.TENSOR_QUANTIZATION), schema.QUANTIZATION_SCALE)


def option(field: int) -> Callable[[bytes], int]:
    def place(data: bytes) -> int:
        options = graph(data).tables(schema.GRAPH_OPERATORS)[0].table(schema.OPERATOR_OPTIONS)
        assert options is not None
        return position(options, field)

    return place


def operator_vector(field: int) -> Callable[[bytes], int]:
    return lambda data: vector(graph(data).tables(schema.GRAPH_OPERATORS)[0], field)


def shape(data: bytes) -> int:
    return vector(graph(data).tables(schema.GRAPH_TENSORS)[1], schema.TENSOR_SHAPE)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_shipped_models_pass(path):
    assert verify(path.read_bytes(), path.name).operators


def test_the_model_for_the_peak_passes():
    assert verify(peak_model(), "peak").macs


@pytest.mark.parametrize(
    ("place", "kind", "value", "message"),
    [
        (option(schema.CONV_STRIDE_W), "i", 0, "strides of"),
        (option(schema.CONV_STRIDE_H), "i", -1, "strides of"),
        (option(schema.CONV_DILATION_H), "i", 1 << 30, "dilations of"),
        (operator_vector(schema.OPERATOR_INPUTS), "i", 99, "a tensor that does not exist"),
        (operator_vector(schema.OPERATOR_INPUTS), "i", -2, "a tensor that does not exist"),
        (operator_vector(schema.OPERATOR_INPUTS), "i", -1, "has no input 0"),
        (operator_vector(schema.OPERATOR_INPUTS), "i", 3, "before it is computed"),
        (operator_vector(schema.OPERATOR_OUTPUTS), "i", 1, "has a value already"),
        (operator_vector(schema.OPERATOR_OUTPUTS), "i", 0, "has a value already"),
        (tensor_field(schema.TENSOR_BUFFER), "I", 7, "a buffer that does not exist"),
        (tensor_field(schema.TENSOR_TYPE, 1), "b", 77, "unsupported type 77"),
        (tensor_field(schema.TENSOR_TYPE, 1), "b", 2, "its buffer 65536 bytes"),
        (shape, "i", 1 << 30, "too many"),
        (shape, "i", 255, "its buffer 65536 bytes"),
        (shape, "i", 0, "has the shape"),
        (shape, "i", -256, "has the shape"),
        (scale, "f", 0.0, "quantisation scale"),
        (scale, "f", float("nan"), "quantisation scale"),
        (scale, "f", 1e30, "quantisation scale"),
        (scale, "f", 1e6, "impossible ratio"),
        (lambda data: 0, "I", 0xFFFFFFF0, "a Model is outside the file"),
        (lambda data: 0, "I", 9, "is not aligned"),
    ],
)
def test_one_wrong_value_is_refused(place, kind, value, message):
    data = peak_model()
    assert message in refusal(changed(data, place(data), kind, value))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_truncated_network_is_refused(path):
    network = network_of(path.read_bytes())
    end = max(
        network.find(bytes(tensor.constant)) + tensor.constant.nbytes
        for tensor in read_network(network).tensors
        if tensor.constant is not None and tensor.constant.nbytes > 64
    )
    for length in random.Random(1).sample(range(end), 60):
        refusal(network[:length])


def test_damage_raises_nothing_but_one_line():
    mutator = Mutator(MODELS)
    accepted = 0
    for seed in range(10**6, 10**6 + 600):
        try:
            verify(mutator.damaged(seed), "some.tflite")
            accepted += 1
        except ModelError as error:
            assert "\n" not in str(error) and len(str(error)) <= MAX_LINE
    assert 0 < accepted < 300


def test_a_float_network_and_an_unknown_operator_are_named(float_network):
    assert verify(float_network, "float").operators
    data = peak_model()
    code = Table.root(data).tables(schema.MODEL_CODES)[0]
    changes = {schema.CODE_OLD: ("b", 10), schema.CODE_NEW: ("i", 10)}  # HASHTABLE_LOOKUP
    for field, (kind, value) in changes.items():
        data = changed(data, position(code, field), kind, value)
    assert "HASHTABLE_LOOKUP of layer 'result' is not supported" in refusal(data)
    verify(data, "some.tflite", any_operator=True)


def test_only_edge_bench_takes_networks_of_any_size(monkeypatch):
    data = peak_model()
    image, kernel, _, result = (prod(tensor.shape) for tensor in read_network(data).tensors)
    monkeypatch.setattr("edge.tflite.verify.MAX_ALL_VALUES", image + result + kernel - 1)
    assert "it is too large for a small computer" in refusal(data)
    verify(data, "some.tflite", any_operator=True)
    monkeypatch.setattr("edge.tflite.verify.MAX_VALUES", 100)
    with pytest.raises(ModelError, match="tensor 'image' has .* values, too many"):
        verify(data, "some.tflite", any_operator=True)


def test_edge_bench_checks_the_file_too(tmp_path):
    path = tmp_path / "bad.tflite"
    data = peak_model()
    path.write_bytes(changed(data, option(schema.CONV_STRIDE_W)(data), "i", 0))
    with pytest.raises(ModelError, match="bad.tflite cannot be run here: CONV_2D of layer"):
        load_engine("ai_edge_litert", None, path, 1)


def test_a_depthwise_convolution_without_a_bias_is_refused():
    (data,) = operator_networks(1)["DEPTHWISE_CONV_2D"]
    three_inputs, two_inputs = (struct.pack("<4i", count, 0, 1, 2) for count in (3, 2))
    assert data.count(three_inputs) == 1
    assert "has no bias, which LiteRT needs" in refusal(data.replace(three_inputs, two_inputs))


def test_a_zero_point_outside_the_type_is_refused():
    """LiteRT crashes when it quantises to uint8 with such a zero point."""
    negative = [
        network
        for network in operator_networks(8)["QUANTIZE"]
        if min(read_network(network).tensors[1].zeros) < 0
    ]
    network = negative[0]
    place = tensor_field(schema.TENSOR_TYPE, 1)(network)
    assert "an impossible zero point" in refusal(changed(network, place, "b", UINT8))

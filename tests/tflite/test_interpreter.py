"""The interpreter in NumPy computes what LiteRT and its reference kernels compute."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter as LiteRT
from ai_edge_litert.interpreter import OpResolverType

from edge.model import Model
from edge.model.model_file import network_of
from edge.model.shipped import find_model, shipped_models
from edge.tflite.flatbuffer_writer import Scalar
from edge.tflite.interpreter.arithmetic import LITERT, REFERENCE, Arithmetic
from edge.tflite.interpreter.interpreter import Interpreter
from tools.operator_networks.single_operator import Operation, TensorOf, network

STEPS = 40


def litert(content: bytes, arithmetic: Arithmetic = LITERT) -> Any:
    resolver = OpResolverType.BUILTIN_REF if arithmetic is REFERENCE else OpResolverType.AUTO
    return LiteRT(model_content=content, experimental_op_resolver_type=resolver, num_threads=1)


def outputs(interpreter: Any, seed: int) -> list[Any]:
    """All outputs of several steps; the states of a streaming network are carried on."""
    rng = np.random.default_rng(seed)
    interpreter.allocate_tensors()
    inputs, results = interpreter.get_input_details(), interpreter.get_output_details()
    for detail in inputs:
        interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], np.int8))
    value, found = np.zeros(inputs[0]["shape"]), []
    for _ in range(STEPS):
        value = 0.9 * value + rng.normal(size=value.shape) * 20
        levels = np.clip(np.rint(value), -128, 127).astype(np.int8)
        interpreter.set_tensor(inputs[0]["index"], levels)
        interpreter.invoke()
        found.append([interpreter.get_tensor(detail["index"]) for detail in results])
        for state, after in zip(inputs[1:], found[-1][1:], strict=True):
            interpreter.set_tensor(state["index"], after)
    return found


@pytest.mark.parametrize("arithmetic", [LITERT, REFERENCE], ids=["LiteRT", "reference"])
@pytest.mark.parametrize("name", shipped_models())
def test_shipped_models_give_the_same_levels_as_litert(name, arithmetic):
    content = network_of(find_model(name).read_bytes())
    expected = outputs(litert(content, arithmetic), 3)
    found = outputs(Interpreter(model_content=content, arithmetic=arithmetic), 3)
    for step, (ours, theirs) in enumerate(zip(found, expected, strict=True)):
        for number, (mine, other) in enumerate(zip(ours, theirs, strict=True)):
            assert np.array_equal(mine, other), (step, number)


@pytest.mark.parametrize("name", shipped_models())
def test_a_model_loads_with_the_runtime_numpy(name):
    ours, theirs = Model.load(name, "numpy"), Model.load(name, "ai_edge_litert")
    assert ours.runtime == "numpy"
    assert ours.network.input_quantisation == theirs.network.input_quantisation
    rng = np.random.default_rng(1)
    for _ in range(3):
        tensor = rng.normal(size=ours.input_shape).astype(np.float32)
        assert np.array_equal(ours.scores(tensor), theirs.scores(tensor))


def test_values_of_a_wrong_shape_or_type_are_refused(tiny_network):
    interpreter = Interpreter(model_content=tiny_network.tflite)
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    for value in (np.zeros((9, 9), np.int8), np.zeros(detail["shape"], np.float32)):
        with pytest.raises(ValueError, match="and was given"):
            interpreter.set_tensor(detail["index"], value)


def test_windows_that_need_too_much_memory_are_refused():
    image = TensorOf((1, 64, 64, 8), 0.1)
    options = dict(enumerate(Scalar("i", value) for value in (0, 1, 1, 4000, 4000)))
    options[0] = Scalar("b", 0)
    content = network(Operation("MAX_POOL_2D", [image], [image], 5, options, 2))
    interpreter = Interpreter(model_content=content)
    with pytest.raises(ValueError, match="windows too large for the runtime numpy"):
        interpreter.allocate_tensors()


def test_outputs_are_copies(tiny_network):
    interpreter = Interpreter(model_content=tiny_network.tflite)
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_output_details()
    before = interpreter.get_tensor(detail["index"])
    before[...] = 99
    assert not np.array_equal(interpreter.get_tensor(detail["index"]), before)

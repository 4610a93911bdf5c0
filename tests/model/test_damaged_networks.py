"""Networks that make a runtime raise, or that state impossible values, are refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import ModelError
from edge.model import Model, network
from edge.model.network import load_network

CALLS = ("__init__", "allocate_tensors", "get_input_details", "get_output_details")
EXCEPTIONS = (
    ValueError("cannot create interpreter"),
    RuntimeError("tensor 7 is read\nbefore it was written"),
    IndexError("list index out of range"),
    UnicodeDecodeError("utf-8", b"\xff\xfe", 0, 1, "invalid start byte"),
    TypeError("'NoneType' object is not iterable"),
    OverflowError("Python int too large"),
    SystemError("returned NULL without setting an exception"),
    RuntimeError("x" * 10**6),
    RuntimeError(""),
)


def details(shape: list[int], quantization: tuple[float, int] = (0.1, 0)) -> dict[str, Any]:
    return {
        "index": 0,
        "shape": np.array(shape, np.int32),
        "dtype": np.int8,
        "quantization": quantization,
    }


class FakeInterpreter:
    inputs: list[dict[str, Any]] = [details([1, 2, 4])]
    outputs: list[dict[str, Any]] = [details([1, 3], (1 / 256, -128))]
    failing = ""
    error: Exception

    def __init__(self, **options: Any) -> None:
        self._call("__init__")

    def allocate_tensors(self) -> None:
        self._call("allocate_tensors")

    def get_input_details(self) -> list[dict[str, Any]]:
        self._call("get_input_details")
        return self.inputs

    def get_output_details(self) -> list[dict[str, Any]]:
        self._call("get_output_details")
        return self.outputs

    def set_tensor(self, index: int, value: Any) -> None:
        self._call("set_tensor")

    def invoke(self) -> None:
        self._call("invoke")

    def get_tensor(self, index: int) -> Any:
        self._call("get_tensor")
        return np.zeros((1, 3), np.int8)

    def _call(self, name: str) -> None:
        if name == self.failing:
            raise self.error


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> type[FakeInterpreter]:
    class Interpreter(FakeInterpreter):
        pass

    monkeypatch.setattr(network, "interpreter_class", lambda name: ("fake", Interpreter))
    monkeypatch.setattr(network, "verify", lambda content, name: None)
    return Interpreter


def load_error() -> str:
    with pytest.raises(ModelError) as caught:
        load_network(b"", Path("some.tflite"), 3, None)
    message = str(caught.value)
    assert "some.tflite" in message and "\n" not in message and len(message) < 2100
    return message


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", CALLS)
def test_any_exception_at_loading_is_one_line(runtime, call, error):
    runtime.failing, runtime.error = call, error
    assert load_error().startswith("fake cannot run some.tflite: ")


@pytest.mark.parametrize("error", EXCEPTIONS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("call", ["set_tensor", "invoke", "get_tensor"])
def test_any_exception_at_an_inference_is_one_line(runtime, model_file, call, error):
    model = Model.load(model_file())
    assert model.scores(np.zeros((2, 4), np.float32)).shape == (3,)
    runtime.failing, runtime.error = call, error
    with pytest.raises(ModelError, match="fake cannot run .*probe.tflite: ") as caught:
        model.scores(np.zeros((2, 4), np.float32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([], [], "0 inputs and 0 outputs"),
        ([details([])], [details([1, 3])], r"an input of \[\]"),
        ([details([1])], [details([1, 3])], r"an input of \[1\]"),
        ([details([2, 2, 4])], [details([1, 3])], r"an input of \[2, 2, 4\]"),
        ([details([1, -1, 4])], [details([1, 3])], r"an input of \[1, -1, 4\]"),
        ([details([1, 0, 4])], [details([1, 3])], r"an input of \[1, 0, 4\]"),
        ([details([1, 1 << 15, 1 << 15])], [details([1, 3])], "an input of "),
        ([details([1, 2, 4], (0.0, 0))], [details([1, 3])], "quantisation of scale 0.0"),
        ([details([1, 2, 4], (float("nan"), 0))], [details([1, 3])], "quantisation of scale nan"),
        ([details([1, 2, 4], (-1.0, 0))], [details([1, 3])], "quantisation of scale -1.0"),
        ([details([1, 2, 4])], [details([1, 3], (float("inf"), 0))], "quantisation of scale inf"),
        ([details([1, 2, 4])], [details([1, 3], (1.0, 1 << 40))], "zero point 1099511627776"),
    ],
)
def test_impossible_inputs_and_outputs_are_refused(runtime, inputs, outputs, message):
    runtime.inputs, runtime.outputs = inputs, outputs
    with pytest.raises(ModelError, match=message):
        load_network(b"", Path("some.tflite"), 3, None)
    load_error()


@pytest.mark.parametrize("shape", [[1, 2, 5], [1, 4, 2], [1, 2, 4, 1], [1, 8]])
def test_a_network_for_other_windows_than_its_features_give_is_refused(runtime, model_file, shape):
    runtime.inputs = [details(shape)]
    with pytest.raises(ModelError, match=r"its network takes .*, and its features give \(2, 4\)"):
        Model.load(model_file())


@pytest.mark.parametrize(("rows", "fits"), [(1, True), (2, True), (3, False), (4, False)])
def test_the_steps_of_a_streaming_network_divide_a_window(runtime, model_file, rows, fits):
    state = details([1, 5])
    runtime.inputs = [details([1, rows, 4]), state]
    runtime.outputs = [*FakeInterpreter.outputs, state]
    if fits:
        assert Model.load(model_file()).input_shape == (2, 4)
    else:
        with pytest.raises(ModelError, match="its network takes"):
            Model.load(model_file())

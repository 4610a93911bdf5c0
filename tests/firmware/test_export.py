"""The exported sketch compiles, contains the model, and recognises its golden strokes."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import numpy as np
import pytest

import stroke_network
from c_sketch import Sketch, compile_library, invoke_callback
from edge.events import Detection, Rejection, Retraction
from edge.features import Window
from edge.features.motion.stroke import StrokeFeatures
from edge.model import Model
from edge.model.manifest import fingerprint
from edge.model.model_file import network_of
from edge.samples import DEGREE, STANDARD_GRAVITY, Chunk
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source.simulated.hand import SimulatedHand
from edge.tflite.schema import OPERATORS
from firmware_bridge import build, export
from firmware_bridge.model_export.golden_strokes import GoldenStroke, golden_strokes
from firmware_bridge.model_export.tflm_operators import SUPPORTED, operators, resolver_methods
from firmware_bridge.simulated_board.hand_motion import HandMotion
from firmware_bridge.simulated_board.machine import Machine


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return Model.load(stroke_network.write_model(tmp_path_factory.mktemp("model") / "any.tflite"))


@pytest.fixture(scope="module")
def folder(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "my_sketch"
    assert export.main([str(model.path), "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def sketch(folder: Path, model: Model, tmp_path_factory: pytest.TempPathFactory) -> Sketch:
    sketch = Sketch(folder, tmp_path_factory.mktemp("build"))
    sketch.begin(invoke_callback(model))
    return sketch


def test_header_contains_the_network_unchanged_and_aligned(sketch, model):
    library = sketch.library
    address = library.host_model()
    size = library.host_model_size()
    assert ctypes.string_at(address, size) == network_of(model.path.read_bytes())
    assert address % 16 == 0


def test_header_contains_the_values_of_the_manifest(sketch, model):
    text = [sketch.library.host_text(k).decode() for k in range(2 + len(model.labels))]
    assert text[0] == "airdigit"
    assert json.loads(text[1]) == StrokeFeatures.specification()
    assert text[2:] == model.labels
    assert sketch.library.host_input_hash() == int(fingerprint(json.loads(text[1])), 16)
    numbers = (ctypes.c_double * 17)()
    sketch.library.host_numbers(numbers)
    scales = [model.input_scale, model.input_zero, model.output_scale, model.output_zero]
    assert list(numbers[:4]) == [np.float32(value) for value in scales]
    assert numbers[4:7] == [model.labels.index("upside down"), 10, len(model.labels)]
    thresholds = model.manifest.decision["thresholds"]
    assert numbers[7:] == [np.float32(thresholds[digit]) for digit in "0123456789"]


def test_self_test_passes_with_the_right_model_output(sketch):
    sizes, result = sketch.self_test().splitlines()
    assert result == "self-test PASS"
    assert sizes.startswith("network of ") and sizes.endswith("10 strokes")


def test_self_test_fails_with_a_wrong_model_output(sketch, model):
    class WrongModel(Model):
        def run(self, levels):
            return np.roll(super().run(levels), 1)

    sketch.begin(invoke_callback(WrongModel.load(model.path)))
    try:
        assert sketch.self_test().endswith("self-test FAIL\n")
        assert "stroke 0: the model gives other values\n" in sketch.self_test()
    finally:
        sketch.begin(invoke_callback(model))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("es_frame.c", "step / 2", "step / 3", "the preprocessing gives other values"),
        (
            "es_constants.h",
            "ES_LIVE_HANG ((es_time)0.25)",
            "ES_LIVE_HANG ((es_time)0.3)",
            "not found",
        ),
    ],
)
def test_self_test_fails_with_changed_preprocessing(
    folder, model, tmp_path, file, old, new, message
):
    changed = tmp_path / "changed"
    changed.mkdir()
    for source in folder.iterdir():
        text = source.read_text()
        if source.name == file:
            assert old in text
            text = text.replace(old, new)
        (changed / source.name).write_text(text)
    (tmp_path / "build").mkdir()
    sketch = Sketch(changed, tmp_path / "build")
    sketch.begin(invoke_callback(model))
    output = sketch.self_test()
    assert output.endswith("self-test FAIL\n") and message in output


def test_board_gives_the_same_label_and_score_as_python(sketch, model):
    sketch.self_test()  # afterwards the recogniser is in its initial state
    for stroke in golden_strokes(model)[:1]:
        results = [
            result
            for t, row in zip(stroke.time_us, stroke.counts, strict=True)
            if (result := sketch.push(t / 1e6, row)) is not None
        ]
        ((label, score),) = results
        expected = event_of(model, stroke)
        best = max(expected.scores[digit] for digit in "0123456789")
        assert label == stroke.label
        assert score == pytest.approx(best, abs=0.02)


def event_of(model: Model, stroke: GoldenStroke) -> Detection | Rejection:
    unit = np.repeat([4 * STANDARD_GRAVITY, 500 * DEGREE], 3) / 32768
    features = model.features()
    chunk = Chunk(stroke.time_us / 1e6, (stroke.counts * unit).astype(np.float32))
    (window,) = features.process(chunk)
    assert isinstance(window, Window)
    (event,) = model.decision().process(window, model.window_scores(window))
    assert isinstance(event, Detection | Rejection)
    return event


def test_sketch_recognises_the_digits_of_a_simulated_hand(folder, model, tmp_path):
    """On the simulated board, with an emulated sensor, by the output on the serial port."""
    digits, seed = "3141592653", 4
    sketch, shim = folder / f"{folder.name}.ino", build.ESP32_SHIM
    program = f'#include <Arduino.h>\n#include "{sketch}"\n#include "{shim / "shim.cpp"}"\n'
    library = compile_library(folder, tmp_path, program, shim, build.LIBRARY / "src")
    board = Machine(library)
    invoke = invoke_callback(model)
    ctypes.c_void_p.in_dll(board._library, "host_invoke").value = ctypes.cast(
        invoke, ctypes.c_void_p
    ).value
    motion = HandMotion(digits, seed)
    chip = EmulatedMPU6050(motion, board.clock, rate_error=motion.rate_error)
    board.chips.append(chip)
    board.run(1.0)
    output = board.receive().decode()
    assert "self-test PASS" in output
    with SimulatedHand(model.manifest.input["sensor"], digits, seed, speed=float("inf")) as source:
        chunks = list(source)
    motion.begin()
    board.run(chunks[-1].t[-1] + 2)
    printed = [json.loads(line) for line in board.receive().decode().splitlines()]

    features, decision = model.features(), model.decision()
    windows = [found for chunk in chunks for found in features.process(chunk)] + [
        *features.finish()
    ]
    events = [
        event
        for window in windows
        if isinstance(window, Window)
        for event in decision.process(window, model.window_scores(window))
        if isinstance(event, Detection | Retraction)
    ]
    assert len(events) >= 5
    expected = [
        event.label if isinstance(event, Detection) else event.retracted_label for event in events
    ]
    assert [line["label"] for line in printed] == expected
    for line, event in zip(printed, events, strict=True):
        if isinstance(event, Retraction):
            continue
        # The scores under both signs are multiplied, so differences of the samples count twice.
        assert line["score"] == pytest.approx(event.score, abs=0.1)


def test_operators_are_read_from_the_network(model):
    network = network_of(model.path.read_bytes())
    assert operators(network) == ["CONV_2D", "FULLY_CONNECTED", "RESHAPE", "SOFTMAX"]
    assert resolver_methods(network, "model")[:2] == ["AddConv2D", "AddFullyConnected"]


def test_operator_numbers_equal_those_of_tflite():
    from tensorflow.lite.python import schema_py_generated as schema

    numbers = {k: v for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    assert numbers.keys() >= SUPPORTED
    for number, name in enumerate(OPERATORS):
        assert numbers[name] == number


def error_line(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    assert export.main([str(arg) for arg in argv]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err


def test_network_with_an_unsupported_operator_is_refused(tmp_path, capsys):
    path = stroke_network.write_model(tmp_path / "gelu.tflite", "gelu")
    error = error_line(capsys, path, "--out", tmp_path / "out")
    assert "GELU, which TFLite Micro lacks" in error
    assert not (tmp_path / "out").exists()


def test_invalid_model_is_refused_with_one_line(tmp_path, capsys):
    out = tmp_path / "out"
    text = tmp_path / "text.tflite"
    text.write_text("no model at all")
    assert "is not a TFLite model" in error_line(capsys, text, "--out", out)
    assert "does not exist" in error_line(capsys, tmp_path / "nothing.tflite", "--out", out)
    other = stroke_network.write_model(tmp_path / "other.tflite", task="keyword")
    assert "give one for 'airdigit'" in error_line(capsys, other, "--out", out)
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(stroke_network.network())
    assert "has no manifest" in error_line(capsys, bare, "--out", out)
    assert not out.exists()


def test_folder_that_cannot_be_created_is_an_error(tmp_path, model, capsys):
    (tmp_path / "file").write_text("")
    assert "file" in error_line(capsys, model.path, "--out", tmp_path / "file/out")


def test_existing_sketch_is_not_overwritten(tmp_path, model, capsys):
    out = tmp_path / "mine"
    export.main([str(model.path), "--out", str(out)])
    (out / "mine.ino").write_text("// my own\n")
    (out / "model.h").write_text("")
    assert export.main([str(model.path), "--out", str(out)]) == 0
    assert (out / "mine.ino").read_text() == "// my own\n"
    assert "network_size" in (out / "model.h").read_text()

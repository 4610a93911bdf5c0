"""What the export writes compiles, is the model, and finds its own strokes again."""

from __future__ import annotations

import ctypes
import json
from pathlib import Path

import numpy as np
import pytest

import stroke_network
from c_sketch import Sketch, answering, compiled
from edge.events import Detection
from edge.features import Window
from edge.features.motion.stroke import StrokeFeatures
from edge.model import Model
from edge.model.manifest import fingerprint, network_of
from edge.samples import MOTION
from edge.simulation.chip.mpu6050 import EmulatedMPU6050
from edge.source.simulated.hand import SimulatedHand
from firmware_bridge import build, export
from firmware_bridge.golden import golden_strokes
from firmware_bridge.machine import Machine
from firmware_bridge.motion import HandMotion
from firmware_bridge.tflm import SUPPORTED, operations, resolver_methods


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
    sketch.begin(answering(model))
    return sketch


def test_the_header_holds_the_network_byte_for_byte_and_aligned(sketch, model):
    library = sketch.library
    address = library.host_model()
    size = library.host_model_size()
    assert ctypes.string_at(address, size) == network_of(model.path.read_bytes())
    assert address % 16 == 0


def test_the_header_says_what_the_manifest_says(sketch, model):
    text = [sketch.library.host_text(k).decode() for k in range(2 + len(model.labels))]
    assert text[0] == "airdigit"
    assert json.loads(text[1]) == StrokeFeatures.specification()
    assert text[2:] == model.labels
    assert sketch.library.host_input_hash() == int(fingerprint(json.loads(text[1])), 16)
    numbers = (ctypes.c_double * 7)()
    sketch.library.host_numbers(numbers)
    scales = [model.input_scale, model.input_zero, model.output_scale, model.output_zero]
    assert list(numbers[:4]) == [np.float32(value) for value in scales]
    assert numbers[4] == np.float32(model.manifest.decision["threshold"])
    assert numbers[5:] == [model.labels.index("none"), len(model.labels)]


def test_the_self_test_passes_where_the_model_is_computed_right(sketch):
    measured, result = sketch.self_test().splitlines()
    assert result == "self-test PASS"
    assert measured.startswith("network of ") and measured.endswith("10 strokes")


def test_the_self_test_fails_where_the_runtime_computes_something_else(sketch, model):
    class Other(Model):
        def run(self, levels):
            return np.roll(super().run(levels), 1)

    other = Other.load(model.path)
    sketch.begin(answering(other))
    try:
        assert sketch.self_test().endswith("self-test FAIL\n")
        assert "stroke 0: the model gives other numbers\n" in sketch.self_test()
    finally:
        sketch.begin(answering(model))


@pytest.mark.parametrize(
    ("file", "was", "becomes", "trouble"),
    [
        ("es_pose.c", "step / 2", "step / 3", "the preprocessing gives other numbers"),
        (
            "es_constants.h",
            "ES_LIVE_HANG ((es_time)0.25)",
            "ES_LIVE_HANG ((es_time)0.3)",
            "not found",
        ),
    ],
)
def test_the_self_test_fails_where_the_preprocessing_is_not_ours(
    folder, model, tmp_path, file, was, becomes, trouble
):
    changed = tmp_path / "changed"
    changed.mkdir()
    for source in folder.iterdir():
        text = source.read_text()
        if source.name == file:
            assert was in text
            text = text.replace(was, becomes)
        (changed / source.name).write_text(text)
    (tmp_path / "build").mkdir()
    sketch = Sketch(changed, tmp_path / "build")
    sketch.begin(answering(model))
    said = sketch.self_test()
    assert said.endswith("self-test FAIL\n") and trouble in said


def test_the_board_recognises_what_this_computer_recognises(sketch, model):
    sketch.self_test()  # leaves a board that has just begun
    for stroke in golden_strokes(model)[:1]:
        answers = [
            answer
            for t, row in zip(stroke.time_us, stroke.counts, strict=True)
            if (answer := sketch.push(t / 1e6, row)) is not None
        ]
        ((label, score),) = answers
        best = (int(stroke.answer.max()) - model.output_zero) * model.output_scale
        assert label == stroke.label
        assert score == pytest.approx(best, abs=0.02)


def test_the_whole_sketch_recognises_what_a_simulated_hand_draws(folder, model, tmp_path):
    """On the simulated board: emulated sensor in, lines on the serial port out."""
    digits, seed = "3141592653", 4
    sketch, shim = folder / f"{folder.name}.ino", build.HERE / "shim"
    program = f'#include <Arduino.h>\n#include "{sketch}"\n#include "{shim / "shim.cpp"}"\n'
    library = compiled(folder, tmp_path, program, shim, build.LIBRARY / "src")
    board = Machine(library)
    invoke = answering(model)
    ctypes.c_void_p.in_dll(board._library, "host_invoke").value = ctypes.cast(
        invoke, ctypes.c_void_p
    ).value
    motion = HandMotion(digits, seed)
    chip = EmulatedMPU6050(motion, board.clock, rate_error=motion.rate_error)
    board.chips.append(chip)
    board.run(1.0)
    said = board.take().decode()
    assert "self-test PASS" in said
    with SimulatedHand(model.manifest.input["sensor"], digits, seed, speed=float("inf")) as source:
        chunks = list(source)
    motion.begin()
    board.run(chunks[-1].t[-1] + 2)
    told = [json.loads(line) for line in board.take().decode().splitlines()]

    stage, decision = model.features(MOTION), model.decision()
    windows = [found for chunk in chunks for found in stage.process(chunk)] + [*stage.finish()]
    events = [
        event
        for window in windows
        if isinstance(window, Window)
        for event in decision.process(window, model.scores(window.tensor))
        if isinstance(event, Detection)
    ]
    assert len(events) >= 5
    assert [line["label"] for line in told] == [event.label for event in events]
    for line, event in zip(told, events, strict=True):
        assert line["score"] == pytest.approx(event.score, abs=0.05)


def test_the_operations_are_those_of_the_network(model):
    network = network_of(model.path.read_bytes())
    assert operations(network) == ["CONV_2D", "FULLY_CONNECTED", "RESHAPE", "SOFTMAX"]
    assert resolver_methods(network, "it")[:2] == ["AddConv2D", "AddFullyConnected"]


def test_the_table_of_operations_is_tflites_own():
    from tensorflow.lite.python import schema_py_generated as schema

    from firmware_bridge import tflm

    numbers = {k: v for k, v in vars(schema.BuiltinOperator).items() if isinstance(v, int)}
    assert numbers.keys() >= SUPPORTED
    for number, name in enumerate(tflm._NAMES):
        assert name == "PLACEHOLDER" or numbers[name] == number


def refusal(capsys: pytest.CaptureFixture[str], *argv: object) -> str:
    assert export.main([str(arg) for arg in argv]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    return said.err


def test_a_network_that_tflite_micro_cannot_run_is_refused(tmp_path, capsys):
    path = stroke_network.write_model(tmp_path / "gelu.tflite", "gelu")
    said = refusal(capsys, path, "--out", tmp_path / "out")
    assert "GELU, which TFLite Micro lacks" in said
    assert not (tmp_path / "out").exists()


def test_what_is_no_model_or_another_tasks_is_refused_in_one_line(tmp_path, capsys):
    out = tmp_path / "out"
    text = tmp_path / "text.tflite"
    text.write_text("no model at all")
    assert "no TFLite model" in refusal(capsys, text, "--out", out)
    assert "does not exist" in refusal(capsys, tmp_path / "nothing.tflite", "--out", out)
    other = stroke_network.write_model(tmp_path / "other.tflite", task="keyword")
    assert "give one for 'airdigit'" in refusal(capsys, other, "--out", out)
    bare = tmp_path / "bare.tflite"
    bare.write_bytes(stroke_network.network())
    assert "carries no manifest" in refusal(capsys, bare, "--out", out)
    assert not out.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path, model, capsys):
    (tmp_path / "file").write_text("")
    assert "file" in refusal(capsys, model.path, "--out", tmp_path / "file/out")


def test_a_sketch_that_somebody_changed_stays(tmp_path, model, capsys):
    out = tmp_path / "mine"
    export.main([str(model.path), "--out", str(out)])
    (out / "mine.ino").write_text("// my own\n")
    (out / "model.h").write_text("")
    assert export.main([str(model.path), "--out", str(out)]) == 0
    assert (out / "mine.ino").read_text() == "// my own\n"
    assert "network_size" in (out / "model.h").read_text()

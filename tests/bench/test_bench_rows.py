"""One row for each model and runtime, whatever becomes of it, and all the others beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sound_network
import stroke_network
from edge.bench.model_file.flatbuffer_writer import Scalar, Vector, written
from edge.bench.results.agreement import compare_outputs
from edge.bench.run.jobs import Settings
from edge.bench.run.record import measure
from edge.bench.run.rows import ask_worker
from edge.bench.workers.stages import Clock
from edge.simulation.motion.stream import Mark

QUICK = {"processes": 1, "seconds": 0.02, "runs": 5, "warm_up": 0.01, "signal_s": 8.0}


@pytest.fixture(autouse=True)
def no_choice_from_outside(monkeypatch):
    monkeypatch.delenv("EDGE_RUNTIME", raising=False)


def asked(program: str, timeout: float = 20.0) -> str:
    answer = ask_worker({"timeout": timeout}, (sys.executable, "-c", program))
    return answer["error"]


def test_a_worker_that_crashes_is_said():
    assert asked("import os; os.abort()") == "the worker crashed (SIGABRT)"
    words = asked("import os, sys; print('no memory', file=sys.stderr, flush=True); os.abort()")
    assert words == "the worker crashed (SIGABRT): no memory"


def test_a_worker_that_hangs_is_ended():
    words = asked("import time; time.sleep(60)", timeout=0.3)
    assert words == "no answer in 0.3 s: give it longer with --timeout"


@pytest.mark.parametrize("answer", ["", "nonsense", "[1]", '{"a":'])
def test_a_worker_that_talks_nonsense_is_said(answer):
    words = asked(f"import sys; print({answer!r}); sys.exit(3)")
    assert words == "the worker ended with status 3 and no answer"


def test_a_worker_prints_its_answer_and_nothing_else(tmp_path):
    """By hand, as its help says."""
    done = subprocess.run(
        [sys.executable, "-m", "edge.bench.workers.worker"],
        input='{"kind": "model", "runtime": "ai_edge_litert", "model": "x.onnx", "threads": 1}\n',
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert json.loads(done.stdout)["error"].startswith("ai_edge_litert runs .tflite files only")
    assert done.stdout.count("\n") == 1


@pytest.fixture
def stroke_file(tmp_path) -> Path:
    return stroke_network.write_model(tmp_path / "stroke.tflite")


@pytest.fixture
def unknown_operator(tmp_path) -> Path:
    """A model that is in order, but for an operator that nobody has."""
    tensors = [{0: Vector("i", [1, 4]), 1: Scalar("b", 0), 2: Scalar("I", 0), 3: n} for n in "ab"]
    operator = {0: Scalar("I", 0), 1: Vector("i", [0]), 2: Vector("i", [1])}
    graph = {0: tensors, 1: Vector("i", [0]), 2: Vector("i", [1]), 3: [operator]}
    code = {0: Scalar("b", 32), 1: "Teleport", 2: Scalar("i", 1), 3: Scalar("i", 32)}
    model = written({0: Scalar("I", 3), 1: [code], 2: [graph], 4: [{}]}, b"TFL3")
    path = tmp_path / "unknown.tflite"
    path.write_bytes(model)
    return path


def test_each_failure_is_a_row_and_the_rest_runs(stroke_file, unknown_operator, tmp_path):
    garbage = tmp_path / "garbage.tflite"
    garbage.write_bytes(b"\x1c\0\0\0TFL3" + bytes(range(256)))
    names = ("nobody", "gone.tflite", str(garbage), str(unknown_operator), str(stroke_file))
    record = measure(Settings(models=names, runtime="ai_edge_litert", **QUICK))
    rows = record["models"]
    errors = [row.get("error", "") for row in rows]
    assert errors[0].startswith("no shipped model 'nobody': choose")
    assert errors[1] == "gone.tflite cannot be read: No such file or directory"
    assert errors[2].startswith("garbage.tflite is damaged: copy or train it again")
    assert "cannot run unknown.tflite" in errors[3] and "Teleport" in errors[3]
    assert errors[4] == "" and rows[4]["runs"] >= 5
    assert rows[3]["operators"] == {"Teleport": 1} and rows[3]["uncounted"] == ["Teleport"]
    json.dumps(record, allow_nan=False)


def test_a_runtime_that_is_not_installed_says_how_to_get_it(stroke_file, monkeypatch, tmp_path):
    (tmp_path / "tflite_runtime.py").write_text("raise ImportError('not here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    record = measure(Settings(models=(str(stroke_file),), runtime="tflite_runtime", **QUICK))
    (row,) = record["models"]
    assert row["error"].endswith("pip install tflite-runtime")
    assert record["int8_peak_macs_per_s"] == {}


def test_a_row_has_everything_that_was_measured(stroke_file):
    record = measure(Settings(models=(str(stroke_file),), profile=True, **QUICK))
    (row,) = record["models"]
    latency = row["latency_us"]
    assert 0 < latency["p5"] <= latency["p50"] <= latency["p95"] <= latency["p99"]
    assert row["inputs"].endswith("windows of a simulated hand")
    assert row["bytes"] == stroke_file.stat().st_size
    # A kernel of 5 over 8 channels into 8 at 32 places, and a dense layer of 256 x 11.
    assert row["macs"] == 32 * 5 * 8 * 8 + 256 * 11
    assert 0 < row["share_of_peak"] < 1
    assert row["cold_start_ms"] > row["import_ms"] > 0 and row["first_us"] > 0
    assert 10 < row["peak_mb"] < 1000 and row["cpu_us"] > 0
    assert abs(row["wrapper_us"]) < 1000
    operators = row["profile"]["operators"]
    assert [operator["name"] for operator in operators][-1] == "SOFTMAX"
    assert sum(operator["macs"] for operator in operators) == row["macs"]


def test_without_a_manifest_the_input_is_random_and_says_so(tiny_network, tmp_path):
    path = tmp_path / "bare.tflite"
    path.write_bytes(tiny_network.tflite)
    (row,) = measure(Settings(models=(str(path),), **QUICK))["models"]
    assert row["inputs"].startswith("random int8 (seed 7)")
    assert "wrapper_us" not in row


def test_sound_models_are_given_simulated_sound(tmp_path):
    path = sound_network.write_model(tmp_path / "sound.tflite")
    (row,) = measure(Settings(models=(str(path),), **QUICK))["models"]
    assert row["inputs"] == "16 windows of a simulated microphone"


def onnx_beside(stroke_file: Path, scale: float) -> None:
    """A float ONNX of the input and output of the strokes' network; not the same network."""
    onnx = pytest.importorskip("onnx")
    from onnx import TensorProto, helper

    weights = np.random.default_rng(0).normal(0, scale, (512, 11)).astype(np.float32)
    tensor = helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.ravel())
    shape = helper.make_tensor("s", TensorProto.INT64, [2], [1, 512])
    nodes = [
        helper.make_node("Reshape", ["x", "s"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["sums"]),
        helper.make_node("Softmax", ["sums"], ["y"]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 64, 8])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 11])
    graph = helper.make_graph(nodes, "g", [given], [result], [tensor, shape])
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    onnx.save(model, str(stroke_file.with_suffix(".onnx")))


def test_a_fast_wrong_one_shows(stroke_file):
    """The runtimes side by side: two of the same file agree, and another network does not."""
    pytest.importorskip("onnxruntime")
    onnx_beside(stroke_file, 1.0)
    record = measure(Settings(models=(str(stroke_file),), runtime="all", **QUICK))
    rows = {row["runtime"]: row for row in record["models"]}
    assert list(rows) == ["ai_edge_litert", "tflite_runtime", "tensorflow", "onnxruntime"]
    assert rows["tensorflow"]["agreement"]["levels"] <= 1
    wrong = rows["onnxruntime"]
    assert wrong["macs"] == 512 * 11 and wrong["model"] == "stroke.onnx"
    assert wrong["inputs"].endswith("windows of a simulated hand")
    assert wrong["agreement"]["with"] == "stroke.tflite on ai_edge_litert"
    assert any("differ from those of" in warning for warning in wrong["warnings"])
    assert not any("differ" in warning for warning in rows["tensorflow"]["warnings"])


def row(outputs, step=1 / 256, model="m.tflite", runtime="a") -> dict:
    named = {"model": model, "runtime": runtime, "warnings": []}
    return {**named, "outputs": outputs, "output_step": step}


def test_differences_are_told_in_levels_and_in_probability():
    a, b, c = [[0.5, 0.5]], [[0.5, 0.5 - 2 / 256]], [[0.25, 0.75]]
    rows = [row(a), row(b, runtime="b"), row(c, 0.0, "m.onnx"), row(c, model="other.tflite")]
    compare_outputs(rows)
    assert "agreement" not in rows[0] and "agreement" not in rows[3]
    assert rows[1]["agreement"]["levels"] == 2 and rows[1]["warnings"] == []
    assert rows[2]["agreement"]["levels"] is None and rows[2]["agreement"]["apart"] == 0.25
    assert len(rows[2]["warnings"]) == 1
    assert not any("outputs" in row for row in rows)


def test_results_that_are_no_numbers_are_no_agreement():
    rows = [row([[0.5, 0.5]]), row([[float("nan"), 0.5]], runtime="b"), row([[1.0]], runtime="c")]
    compare_outputs(rows)
    assert rows[1]["agreement"]["apart"] is None and "no number" in rows[1]["warnings"][0]
    assert rows[2]["agreement"] is None and "another form" in rows[2]["warnings"][0]


# Pipelines


def test_a_pipeline_of_strokes(stroke_file):
    quick = {**QUICK, "signal_s": 20.0}
    record = measure(Settings(pipelines=(str(stroke_file), "nobody"), **quick))
    active, idle, *nobody = record["pipelines"]
    assert (active["signal"], idle["signal"]) == ("active", "idle")
    assert 20 <= active["signal_s"] < 21
    assert active["marks"] > 2 and idle["marks"] == 0
    assert active["cpu_ms_per_s"] > 0 and active["fit_on_one_core"] > 1
    assert set(active["stages_ms"]) == {"source", "features", "model", "decision", "sink"}
    assert all(spent > 0 for spent in active["stages_ms"].values())
    assert all("no shipped model" in row["error"] for row in nobody)
    json.dumps(record, allow_nan=False)


def test_a_pipeline_of_sound(tmp_path):
    path = sound_network.write_model(tmp_path / "sound.tflite")
    active, idle = measure(Settings(pipelines=(str(path),), **QUICK))["pipelines"]
    assert active["cpu_ms_per_s"] > 0
    assert idle["idle"] == "a quiet room"
    assert all(spent > 0 for spent in active["stages_ms"].values())


def test_the_delay_runs_from_the_end_of_the_word_to_the_event():
    pipeline = pytest.importorskip("edge.bench.workers.pipeline")
    marks = [Mark("one", 1.0, 1.5), Mark("two", 3.0, 3.4), Mark("one", 5.0, 5.5), Mark("x", 8, 9)]
    heard = [("one", 1.5, 1.75), ("one", 3.5, 3.6), ("two", 9.9, 9.9)]
    events = [(detection(label, t), known) for label, t, known in heard]
    found = pipeline.judged(marks, events, {"one", "two"})
    assert found["delay_ms"]["p50"] == pytest.approx(250)
    assert {name: found[name] for name in ("marks", "right", "wrong", "extra")} == {
        "marks": 3,
        "right": 1,
        "wrong": 1,
        "extra": 1,
    }
    assert pipeline.judged([], [], set())["delay_ms"] is None


def detection(label: str, t: float):
    from edge.events import Detection

    return Detection(label, 0.9, t, 0.0, {})


def test_only_the_making_of_results_is_clocked(monkeypatch):
    import time

    now = [0]
    monkeypatch.setattr(time, "thread_time_ns", lambda: now[0])

    class Stage:
        labels = ("a",)

        def __iter__(self):
            for _ in range(3):
                now[0] += 5
                yield "item"

        def process(self, given):
            now[0] += 2  # the generator's own work
            yield given
            now[0] += 2

        def scores(self, given):
            now[0] += 7
            return given

    clock = Clock()
    source, features, model = (clock.on(name, Stage()) for name in ("source", "features", "model"))
    for item in source:
        now[0] += 1000  # what is done with it is another's
        for window in features.process(item):
            assert model.scores(window) == "item"
    assert dict(clock.spent_ns) == {"source": 15, "features": 12, "model": 21}
    assert model.labels == ("a",)

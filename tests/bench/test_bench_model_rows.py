"""The rows of models: figures, inputs, agreement of the runtimes, and errors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import sound_network
from edge.tflite import schema
from edge.tflite.flatbuffer_writer import Scalar, Vector, build_flatbuffer


@pytest.fixture
def unknown_operator(tmp_path) -> Path:
    """A valid model with a custom operator that no runtime has."""
    tensors = [
        {
            schema.TENSOR_SHAPE: Vector("i", [1, 4]),
            schema.TENSOR_TYPE: Scalar("b", schema.TYPE_FLOAT32),
            schema.TENSOR_BUFFER: Scalar("I", 0),
            schema.TENSOR_NAME: name,
        }
        for name in "ab"
    ]
    operator = {
        schema.OPERATOR_CODE: Scalar("I", 0),
        schema.OPERATOR_INPUTS: Vector("i", [0]),
        schema.OPERATOR_OUTPUTS: Vector("i", [1]),
    }
    graph = {
        schema.GRAPH_TENSORS: tensors,
        schema.GRAPH_INPUTS: Vector("i", [0]),
        schema.GRAPH_OUTPUTS: Vector("i", [1]),
        schema.GRAPH_OPERATORS: [operator],
    }
    custom = schema.OPERATORS.index("CUSTOM")
    code = {
        schema.CODE_OLD: Scalar("b", custom),
        schema.CODE_CUSTOM: "Teleport",
        schema.CODE_VERSION: Scalar("i", 1),
        schema.CODE_NEW: Scalar("i", custom),
    }
    model = {
        schema.MODEL_VERSION: Scalar("I", 3),
        schema.MODEL_CODES: [code],
        schema.MODEL_GRAPHS: [graph],
        schema.MODEL_BUFFERS: [{}],
    }
    path = tmp_path / "unknown.tflite"
    path.write_bytes(build_flatbuffer(model, b"TFL3"))
    return path


def test_failed_models_are_rows_with_an_error_and_the_others_run(
    stroke_file, unknown_operator, tmp_path, quick_benchmark
):
    garbage = tmp_path / "garbage.tflite"
    garbage.write_bytes(b"\x1c\0\0\0TFL3" + bytes(range(256)))
    network = tmp_path / "broken.onnx"
    network.write_bytes(b"\x08\x07" + bytes(range(256)))
    broken = (str(network), "/dev/zero", str(tmp_path))
    names = (
        "nobody",
        "gone.tflite",
        str(garbage),
        str(unknown_operator),
        str(stroke_file),
        *broken,
    )
    record = quick_benchmark(models=names, runtime="ai_edge_litert")
    rows = record["models"]
    errors = [row.get("error", "") for row in rows]
    assert errors[0].startswith("no shipped model 'nobody': choose")
    assert errors[1] == "model gone.tflite does not exist: give a .tflite file"
    assert errors[2].startswith("garbage.tflite is damaged: copy or train it again")
    assert "cannot run unknown.tflite" in errors[3] and "Teleport" in errors[3]
    assert errors[4] == "" and rows[4]["runs"] >= 5
    assert errors[5].startswith("broken.onnx is damaged: copy or export it again (")
    assert errors[6] == "model /dev/zero is not a file: give a .tflite file"
    assert errors[7].endswith("is not a file: give a .tflite file")
    assert rows[3]["operators"] == {"Teleport": 1} and rows[3]["uncounted"] == ["Teleport"]
    json.dumps(record, allow_nan=False)


def test_missing_runtime_names_its_install_command(
    stroke_file, monkeypatch, tmp_path, quick_benchmark
):
    (tmp_path / "tflite_runtime.py").write_text("raise ImportError('not here')")
    monkeypatch.syspath_prepend(str(tmp_path))
    record = quick_benchmark(models=(str(stroke_file),), runtime="tflite_runtime")
    (row,) = record["models"]
    assert row["error"].endswith("pip install tflite-runtime")
    assert record["int8_peak_macs_per_s"] == {}


def test_model_row_has_all_figures(stroke_file, quick_benchmark):
    record = quick_benchmark(models=(str(stroke_file),), profile=True)
    (row,) = record["models"]
    latency = row["latency_us"]
    assert 0 < latency["p5"] <= latency["p50"] <= latency["p95"] <= latency["p99"]
    assert row["inputs"].endswith("windows of a simulated hand")
    assert row["bytes"] == stroke_file.stat().st_size
    # A convolution with kernel 5, 8 to 8 channels, at 32 positions; a dense layer of 256 x 11.
    assert row["macs"] == 32 * 5 * 8 * 8 + 256 * 12
    assert 0 < row["share_of_peak"] < 1
    assert row["cold_start_ms"] > row["import_ms"] > 0 and row["first_us"] > 0
    assert 10 < row["peak_mb"] < 1000 and row["cpu_us"] > 0
    assert abs(row["wrapper_us"]) < 1000
    operators = row["profile"]["operators"]
    assert [operator["name"] for operator in operators][-1] == "SOFTMAX"
    assert sum(operator["macs"] for operator in operators) == row["macs"]


def test_model_without_manifest_gets_random_input(tiny_network, tmp_path, quick_benchmark):
    path = tmp_path / "bare.tflite"
    path.write_bytes(tiny_network.tflite)
    (row,) = quick_benchmark(models=(str(path),))["models"]
    assert row["inputs"].startswith("random int8 (seed 7)")
    assert "wrapper_us" not in row


def test_sound_model_gets_simulated_sound(tmp_path, quick_benchmark):
    path = sound_network.write_model(tmp_path / "sound.tflite")
    (row,) = quick_benchmark(models=(str(path),))["models"]
    assert row["inputs"] == "16 windows of a simulated microphone"


def write_other_onnx_beside(stroke_file: Path) -> None:
    """A float ONNX model with the same input and output shapes, but other weights."""
    import onnx
    from onnx import TensorProto, helper

    weights = np.random.default_rng(0).normal(0, 1, (512, 12)).astype(np.float32)
    tensor = helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.ravel())
    shape = helper.make_tensor("s", TensorProto.INT64, [2], [1, 512])
    nodes = [
        helper.make_node("Reshape", ["x", "s"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["sums"]),
        helper.make_node("Softmax", ["sums"], ["y"]),
    ]
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 64, 8])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 12])
    graph = helper.make_graph(nodes, "g", [given], [result], [tensor, shape])
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=9)
    onnx.save(model, str(stroke_file.with_suffix(".onnx")))


def test_wrong_outputs_of_one_runtime_give_a_warning(stroke_file, quick_benchmark):
    """Two runtimes agree on the same file; the ONNX file is another network."""
    write_other_onnx_beside(stroke_file)
    record = quick_benchmark(models=(str(stroke_file),), runtime="all")
    rows = {row["runtime"]: row for row in record["models"]}
    assert list(rows) == ["ai_edge_litert", "tflite_runtime", "tensorflow", "numpy", "onnxruntime"]
    assert rows["tensorflow"]["agreement"]["levels"] <= 1
    wrong = rows["onnxruntime"]
    assert wrong["macs"] == 512 * 12 and wrong["model"] == "stroke.onnx"
    assert wrong["inputs"].endswith("windows of a simulated hand")
    assert wrong["agreement"]["with"] == "stroke.tflite on ai_edge_litert"
    assert any("differ from those of" in warning for warning in wrong["warnings"])
    assert not any("differ" in warning for warning in rows["tensorflow"]["warnings"])

"""Comparison of the outputs of rows that run the same model."""

from __future__ import annotations

from edge.bench.agreement import compare_outputs


def row(outputs, step=1 / 256, model="m.tflite", runtime="a") -> dict:
    names = {"model": model, "runtime": runtime, "warnings": []}
    return {**names, "outputs": outputs, "output_step": step}


def test_difference_is_given_in_levels_and_in_probability():
    a, b, c = [[0.5, 0.5]], [[0.5, 0.5 - 2 / 256]], [[0.25, 0.75]]
    rows = [row(a), row(b, runtime="b"), row(c, 0.0, "m.onnx"), row(c, model="other.tflite")]
    compare_outputs(rows)
    assert "agreement" not in rows[0] and "agreement" not in rows[3]
    assert rows[1]["agreement"]["levels"] == 2 and rows[1]["warnings"] == []
    assert rows[2]["agreement"]["levels"] is None and rows[2]["agreement"]["apart"] == 0.25
    assert len(rows[2]["warnings"]) == 1
    assert not any("outputs" in row for row in rows)


def test_nan_and_another_shape_give_a_warning():
    rows = [row([[0.5, 0.5]]), row([[float("nan"), 0.5]], runtime="b"), row([[1.0]], runtime="c")]
    compare_outputs(rows)
    assert rows[1]["agreement"]["apart"] is None and "contain NaN" in rows[1]["warnings"][0]
    assert rows[2]["agreement"] is None and "another shape" in rows[2]["warnings"][0]

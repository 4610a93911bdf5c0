"""The tools that compare runtimes and run an emulated Raspberry Pi, without the long parts."""

from __future__ import annotations

import pytest

from tools import emulated_pi, runtime_figures


def test_the_figures_of_a_model_are_printed(capsys, monkeypatch, tiny_network, tmp_path):
    path = tmp_path / "tiny.tflite"
    path.write_bytes(tiny_network.tflite)
    assert runtime_figures.main(["--inputs", "5", str(path)]) == 0
    output = capsys.readouterr().out
    assert "tiny.tflite:" in output and "inputs: 5" in output
    assert "numpy and LiteRT: 100.00% of the outputs are equal" in output


def test_levels_and_labels_are_compared():
    ours, theirs = (runtime_figures.np.array(x) for x in ([[1, 5], [9, 2]], [[1, 5], [1, 2]]))
    assert runtime_figures.apart(ours, theirs) == (
        "50.00% of the outputs are equal, the largest difference is 8, 1 other labels"
    )


@pytest.mark.parametrize(
    ("found", "result"),
    [
        ([("4", 0.9961)], "same (1 answers, scores within 0.0 levels)"),
        ([("4", 0.9922)], "same (1 answers, scores within 1.0 levels)"),
        ([("4", 0.9883)], "scores that differ by 0.0078"),
        ([("5", 0.9961)], "['5'], not ['4']"),
        ([], "[], not ['4']"),
    ],
)
def test_answers_of_an_emulated_board_are_compared(found, result):
    events = [{"label": label, "score": score} for label, score in found]
    assert emulated_pi.same(events, [{"event": "ready"}, {"label": "4", "score": 0.9961}]) == result

"""The tools that compare runtimes and run an emulated Raspberry Pi, without the long parts."""

from __future__ import annotations

import json
import subprocess

import pytest

from tools import runtime_figures
from tools.emulated_pi import __main__ as emulated_pi
from tools.emulated_pi import boards, compare_answers


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
    expected = [{"event": "ready"}, {"label": "4", "score": 0.9961}]
    assert compare_answers.same(events, expected) == result


def test_answers_are_read_from_json_lines_text_and_the_record_of_a_benchmark():
    assert compare_answers.objects('note\n{"label": "4"}\n') == [{"label": "4"}]
    assert compare_answers.objects("yes: 3 takes\n") == [{"label": "yes: 3 takes"}]
    row = {"model": "a.tflite", "bytes": 9, "operators": {"ADD": 1}, "macs": 0, "inputs": "noise"}
    pipeline = {"pipeline": "kws", "signal": "active", "error": "it ended"}
    record = json.dumps({"models": [row], "pipelines": [pipeline]}, indent=1)
    ours, failed = compare_answers.objects(record)
    assert ours["label"] == "a.tflite: bytes 9, operators {'ADD': 1}, macs 0, inputs noise"
    assert failed["label"].startswith("kws (active): signal_s it ended, marks it ended")


def test_a_board_that_cannot_be_made_is_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(emulated_pi.os, "geteuid", lambda: 1000)
    assert emulated_pi.main([]) == 1
    assert emulated_pi.main(["--if-possible"]) == 0
    lines = ["The emulated boards did not run to the end: it needs root rights"] * 2
    assert capsys.readouterr().out.splitlines() == lines
    monkeypatch.setattr(emulated_pi.os, "geteuid", lambda: 0)
    monkeypatch.setattr(boards, "CACHE", tmp_path)
    monkeypatch.setattr(emulated_pi, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert emulated_pi.main(["armel", "--if-possible"]) == 0
    prefix = "The emulated boards did not run to the end:"
    assert capsys.readouterr().out == f"{prefix} it needs the Debian package qemu-user-static\n"
    (tmp_path / "qemu-arm-static").touch(0o755)
    assert emulated_pi.main(["armel", "--if-possible"]) == 0
    assert capsys.readouterr().out == f"{prefix} apt-get: No such file or directory\n"


def test_a_limit_that_is_too_short_is_one_line(capsys, monkeypatch):
    def slow(options, deadline):
        raise subprocess.TimeoutExpired("python", 2.0)

    monkeypatch.setattr(emulated_pi, "_run", slow)
    assert emulated_pi.main(["--if-possible", "--limit", "2"]) == 0
    assert "it was not done after 2 s" in capsys.readouterr().out


def test_commands_run_in_one_process_and_their_answers_are_read():
    deadline = boards.Deadline(100)
    recording = str(boards.PROJECT / "examples/recordings/3.csv")
    checks = [("edge-classify", ["airdigit", recording]), ("edge-info", ["kws", "--json"])]
    stroke, facts = emulated_pi.here(checks, deadline)
    assert [event["label"] for event in stroke] == ["3"] and len(facts) <= 1
    with pytest.raises(SystemExit, match="status"):
        emulated_pi.here([("edge-classify", ["airdigit", "missing.csv"])], deadline)

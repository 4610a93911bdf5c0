"""The `edge-bench` command from start to end, with a tiny model."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import stroke_network
from edge.commands import edge_bench
from edge.commands.edge_bench import main

QUICK = ["--processes", "1", "--seconds", "0.02", "--runs", "5", "--signal", "15"]


@pytest.fixture
def model(tmp_path) -> str:
    return str(stroke_network.write_model(tmp_path / "stroke.tflite"))


def test_command_prints_tables_and_writes_files_that_compare_reads(model, tmp_path, capsys):
    json_file, markdown, png = (tmp_path / f"out.{end}" for end in ("json", "md", "png"))
    outputs = ["--json", str(json_file), "--markdown", str(markdown), "--png", str(png)]
    assert main([model, "gone.tflite", "--pipeline", model, "--profile", *QUICK, *outputs]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("stroke.tflite", "Pipelines", "Operators of", "model gone.tflite does not exist"):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80
    record = json.loads(json_file.read_text())
    assert record["models"][0]["latency_us"]["p50"] > 0
    assert "| stroke.tflite | ai_edge_litert" in markdown.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")
    assert main(["compare", str(json_file), str(json_file), "--fail-if-slower", "0"]) == 0
    assert "no difference beyond the noise" in capsys.readouterr().out


def test_json_on_stdout_is_the_only_output(model):
    command = "from edge.commands.start import edge_bench; raise SystemExit(edge_bench())"
    result = subprocess.run(
        [sys.executable, "-c", command, model, *QUICK, "--json", "-"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["models"][0]["model"] == "stroke.tflite"


def test_status_is_1_if_nothing_was_measured(capsys):
    assert main(["gone.tflite", *QUICK]) == 1
    assert "model gone.tflite does not exist: give a .tflite file" in capsys.readouterr().out


def test_command_without_a_model_is_refused(capsys):
    assert main([]) == 1
    assert "error: nothing to measure: name a model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--affinity", "9000"], "not all cores of this machine"),
        (["--affinity", "a"], "not a list of cores"),
        (["--affinity", "3-1"], "not all cores of this machine"),
        (["--threads", "0"], "1 to 1000000"),
        (["--seconds", "nan"], "0.01 to 86400"),
        (["--runtime", "caffe"], "invalid choice"),
    ],
)
def test_impossible_option_values_are_refused(options, words, capsys):
    with pytest.raises(SystemExit) as exit_status:
        main(["airdigit", *options])
    assert exit_status.value.code == 2
    assert words in capsys.readouterr().err


def test_unwritable_file_is_refused_before_the_measurement(tmp_path, capsys):
    assert main(["airdigit", "--json", "/nowhere/a.json"]) == 1
    assert "/nowhere/a.json cannot be written" in capsys.readouterr().err
    assert main(["airdigit", "--json", str(tmp_path)]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_png_without_matplotlib_is_refused_before_the_measurement(
    model, tmp_path, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(edge_bench, "run_benchmark", None)  # not called: it takes minutes
    file = tmp_path / "a.png"
    assert main([model, *QUICK, "--png", str(file)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "pip install matplotlib" in err and err.count("\n") == 1


def test_command_imports_neither_matplotlib_nor_a_runtime():
    code = (
        "import sys, edge.commands.edge_bench as e;"
        "print([n for n in ('matplotlib', 'tensorflow', 'ai_edge_litert', 'onnx', 'onnxruntime')"
        " if n in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert result.stdout == "[]\n", result.stderr

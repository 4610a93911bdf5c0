"""The command from end to end, with tiny models."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import stroke_network
from edge.commands.edge_bench import main

QUICK = ["--processes", "1", "--seconds", "0.02", "--runs", "5", "--signal", "15"]


@pytest.fixture
def model(tmp_path, monkeypatch) -> str:
    for name in ("EDGE_RUNTIME", "EDGE_JSON"):
        monkeypatch.delenv(name, raising=False)
    return str(stroke_network.write_model(tmp_path / "stroke.tflite"))


def test_tables_files_and_a_comparison(model, tmp_path, capsys):
    json_file, markdown, png = (tmp_path / f"out.{end}" for end in ("json", "md", "png"))
    outputs = ["--json", str(json_file), "--markdown", str(markdown), "--png", str(png)]
    assert main([model, "gone.tflite", "--pipeline", model, "--profile", *QUICK, *outputs]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("stroke.tflite", "Pipelines", "Operators of", "gone.tflite cannot be read"):
        assert words in out
    record = json.loads(json_file.read_text())
    assert record["models"][0]["latency_us"]["p50"] > 0
    assert "| stroke.tflite | ai_edge_litert" in markdown.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")
    assert main(["compare", str(json_file), str(json_file), "--fail-if-slower", "0"]) == 0
    assert "no difference beyond the noise" in capsys.readouterr().out


def test_the_record_on_stdout_is_all_there_is(model):
    command = "from edge.commands.start import edge_bench; raise SystemExit(edge_bench())"
    done = subprocess.run(
        [sys.executable, "-c", command, model, *QUICK, "--json", "-"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["models"][0]["model"] == "stroke.tflite"


def test_the_status_is_1_only_if_nothing_worked(capsys):
    assert main(["gone.tflite", *QUICK]) == 1
    assert "gone.tflite cannot be read: No such file or directory" in capsys.readouterr().out


def test_nothing_to_measure(capsys):
    assert main([]) == 1
    assert "error: nothing to measure: name a model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--affinity", "9000"], "not all cores of this machine"),
        (["--affinity", "a"], "no list of cores"),
        (["--affinity", "3-1"], "not all cores of this machine"),
        (["--threads", "0"], "1 or more"),
        (["--seconds", "nan"], "0.01 to 86400"),
        (["--runtime", "caffe"], "invalid choice"),
    ],
)
def test_options_that_cannot_be(options, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["airdigit", *options])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_said_before(capsys):
    assert main(["airdigit", "--json", "/nowhere/a.json"]) == 1
    assert "/nowhere/a.json cannot be written" in capsys.readouterr().err


def test_without_matplotlib_the_package_is_named(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    file = tmp_path / "a.png"
    assert main([model, *QUICK, "--png", str(file)]) == 1
    out, err = capsys.readouterr()
    assert "stroke.tflite" in out  # what was measured is not lost
    assert "pip install matplotlib" in err and err.count("\n") == 1


def test_neither_matplotlib_nor_a_runtime_is_imported_for_a_measurement():
    code = (
        "import sys, edge.commands.edge_bench as e;"
        "print([n for n in ('matplotlib', 'tensorflow', 'ai_edge_litert', 'onnx', 'onnxruntime')"
        " if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr

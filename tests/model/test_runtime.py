"""Which TFLite runtime is used, and that loading one prints nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edge.errors import RuntimeMissing
from edge.model import Model, runtime
from edge.model.runtime import interpreter_class
from edge.tflite.interpreter.interpreter import Interpreter


def test_the_default_is_the_first_runtime_that_can_be_imported(monkeypatch):
    assert interpreter_class()[0] == "ai_edge_litert"
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert interpreter_class()[0] == "tensorflow"


def test_the_argument_takes_precedence_over_the_environment_variable(monkeypatch):
    monkeypatch.setenv("EDGE_RUNTIME", "tensorflow")
    assert interpreter_class()[0] == "tensorflow"
    assert interpreter_class("ai_edge_litert")[0] == "ai_edge_litert"


def test_the_error_for_a_missing_runtime_has_the_command_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(RuntimeMissing, match="pip install ai-edge-litert$"):
        interpreter_class("ai_edge_litert")
    with pytest.raises(RuntimeMissing, match="no runtime 'torch': choose one of ai_edge_litert"):
        interpreter_class("torch")


def test_numpy_is_the_last_choice_and_one_line_names_the_faster_ones(monkeypatch, capsys):
    for module in ("ai_edge_litert.interpreter", "tflite_runtime.interpreter", "tensorflow"):
        monkeypatch.setitem(sys.modules, module, None)
    runtime._warn_once.cache_clear()
    assert interpreter_class("numpy")[0] == "numpy"
    assert capsys.readouterr().err == ""
    for _ in range(2):
        name, interpreter = interpreter_class()
        assert (name, interpreter) == ("numpy", Interpreter)
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install ai-edge-litert" in line and "tflite-runtime" in line


@pytest.mark.parametrize("runtime", ["ai_edge_litert", "tensorflow", "numpy"])
def test_loading_a_model_writes_nothing_to_stderr(model_file, runtime):
    program = (
        "import sys; from pathlib import Path; from edge.model.model_file import read_model; "
        "from edge.model.network import load_network; path = Path(sys.argv[1]); "
        "content, manifest = read_model(path); "
        "load_network(content, path, len(manifest.labels), sys.argv[2])"
    )
    command = [sys.executable, "-c", program, str(model_file()), runtime]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_stderr_can_be_written_to_after_loading(model_file, capfd):
    Model.load(model_file())
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"

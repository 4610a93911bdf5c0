"""edge-info: what it says about shipped models, plain TFLite files, and files that are none."""

from __future__ import annotations

import json

import pytest

from edge.commands.edge_info import main
from edge.model.model_file import network_of
from edge.model.shipped import find_model, shipped_models


@pytest.mark.parametrize("name", shipped_models())
def test_every_shipped_model_is_described(name, capsys):
    assert main([name]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert {"file", "task", "labels", "features", "input", "operators", "memory"} <= lines.keys()
    assert "int8" in lines["input"] and "multiply-accumulate" in lines["computation"]


def test_json_has_the_manifest_and_the_network(capsys):
    assert main(["ecg", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["bytes"] == find_model("ecg").stat().st_size
    assert found["manifest"]["labels"] == ["N", "S", "V", "F", "Q"]
    assert found["manifest"]["input"]["kind"] == "beats"
    network = found["network"]
    values = found["manifest"]["input"]["shape"][0]
    assert network["inputs"][0]["shape"] == [1, values]
    assert network["macs"] == 64 * values + 32 * 64 + 5 * 32
    assert network["operators"]["FULLY_CONNECTED"] == 3
    assert network["macs"] <= network["weights_bytes"] < network["bytes"]
    assert network["activations_bytes"] == values + 64  # of the first layer: int8


def test_a_plain_tflite_file_has_no_manifest(tmp_path, capsys):
    path = tmp_path / "plain.tflite"
    path.write_bytes(network_of(find_model("airdigit").read_bytes()))
    assert main([str(path)]) == 0
    assert "manifest     none" in capsys.readouterr().out
    assert main([str(path), "--json"]) == 0
    assert "manifest" not in json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no model", "is not a TFLite model"),
        (None, "does not exist"),
        (b"\0" * 400, "not a TFLite"),
    ],
)
def test_other_files_are_one_clear_line(tmp_path, capsys, content, message):
    path = tmp_path / "x.tflite"
    if content is not None:
        path.write_bytes(content)
    assert main([str(path)]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1

"""Model files of manifest format 1 are rewritten with the current names of settings."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from edge.errors import ModelError
from edge.model import read_manifest
from edge.model.model_file import network_of
from edge.model.upgrade import main, upgraded
from probe_model import NETWORK, SPECIFICATION

DOCUMENT = {
    "format": 1,
    "task": "probing",
    "labels": ["one", "two", "none"],
    "input": SPECIFICATION,
    "input_hash": "-",
    "network_hash": "-",
    "decision": {
        "kind": "spotting",
        "asked": 3.0,
        "silent": ["none"],
        "held_s": 1.1,
        "curve": [{"false_per_hour": 1.0, "threshold": 0.7, "false": 3, "hits": 0.9}],
    },
    "provenance": {},
}


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    return write(tmp_path / "old.tflite", DOCUMENT)


def write(path: Path, document: dict) -> Path:
    file = io.BytesIO(NETWORK)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("manifest.json", json.dumps(document))
    path.write_bytes(file.getvalue())
    return path


def test_a_file_of_format_1_is_refused_with_the_command_that_upgrades_it(old_file):
    with pytest.raises(ModelError, match="format 1.*python -m edge.model.upgrade .*old.tflite"):
        read_manifest(old_file)


def test_the_settings_are_renamed_and_the_network_is_unchanged(old_file, tmp_path):
    new = tmp_path / "new.tflite"
    assert main([str(old_file), "--out", str(new)]) == 0
    assert read_manifest(new).decision == {
        "kind": "spotting",
        "word_prior": 3.0,
        "background_labels": ["none"],
        "max_hold_s": 1.1,
        "operating_points": [
            {"false_per_hour": 1.0, "threshold": 0.7, "false_accepts": 3, "hit_rate": 0.9}
        ],
    }
    assert read_manifest(new).labels == DOCUMENT["labels"]
    assert network_of(new.read_bytes()) == NETWORK
    assert upgraded(new.read_bytes(), "new.tflite") == new.read_bytes()


def test_without_out_the_files_are_replaced(old_file):
    assert main([str(old_file)]) == 0
    assert read_manifest(old_file).task == "probing"
    assert list(old_file.parent.iterdir()) == [old_file]


@pytest.mark.parametrize("missing", ["task", "decision", "provenance"])
def test_a_damaged_file_of_format_1_is_an_error_of_one_line(tmp_path, capsys, missing):
    damaged = {name: value for name, value in DOCUMENT.items() if name != missing}
    path = write(tmp_path / "damaged.tflite", damaged)
    before = path.read_bytes()
    assert main([str(path)]) == 1
    error = capsys.readouterr().err
    assert "damaged.tflite is damaged: copy or train it again (manifest.json: " in error
    assert f"{missing} is missing" in error or f"KeyError '{missing}'" in error
    assert error.count("\n") == 1 and path.read_bytes() == before


def test_one_output_cannot_be_given_for_two_models(old_file, tmp_path, capsys):
    assert main([str(old_file), str(old_file), "--out", str(tmp_path / "new.tflite")]) == 1
    assert "--out is for one model" in capsys.readouterr().err

"""The command line and the corpora in a manifest say how to make the model again."""

from __future__ import annotations

from pathlib import Path

from training.common.licences import corpora_and_licences
from training.common.provenance import (
    command_line,
    file_names,
    folder_names,
    model_path,
    provenance,
)


def test_command_line_has_every_kind_of_option_in_order() -> None:
    options = {
        "--reference": True,
        "--data": ["fsdd", "my takes"],
        "--people": 0,
        "--seed": 3,
        "--size": "tiny",
    }
    assert command_line("training.kws", options) == (
        "python -m training.kws --reference --data fsdd 'my takes' --people 0 --seed 3 --size tiny"
    )


def test_command_line_leaves_out_options_that_are_not_set() -> None:
    options = {"--base": None, "--noise": [], "--others": (), "--reference": False, "--seed": 0}
    assert command_line("training.kws", options) == "python -m training.kws --seed 0"


def test_paths_of_this_machine_are_shortened(tmp_path: Path) -> None:
    folder = tmp_path / "fsdd"
    assert folder_names([f"{folder}/", str(folder / "..")]) == ["fsdd", tmp_path.name]
    assert file_names([str(folder / "tap.flac")]) == ["fsdd/tap.flac"]
    assert model_path(tmp_path / "kws.tflite") == "models/kws.tflite"


def test_provenance_has_the_keys_of_a_manifest_in_order() -> None:
    found = provenance("python -m x", ["fsdd"], {"int8": 0.9}, clips=12, speakers=3)
    assert list(found) == ["command", "corpora", "clips", "speakers", "metrics", "versions"]
    assert found["metrics"] == {"int8": 0.9} and set(found["versions"]) == {"keras", "numpy"}


def test_corpora_are_named_with_their_licence_and_own_takes_with_their_folder(
    tmp_path: Path,
) -> None:
    lines = corpora_and_licences(["data/fsdd", str(tmp_path / "ada")])
    assert "CC BY-SA 4.0" in lines[0]
    assert lines[1] == "ada: recorded by whoever trained this model"

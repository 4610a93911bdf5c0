"""Shipped models can be given by name instead of by path."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ModelError
from edge.model import Model
from edge.model.shipped import find_model, shipped_folder, shipped_models


def test_the_name_of_a_shipped_model_gives_its_file():
    for name in shipped_models():
        assert find_model(name) == shipped_folder() / f"{name}.tflite"


def test_the_error_for_an_unknown_name_lists_the_shipped_models(monkeypatch, tmp_path):
    for name in ("airdigit", "keywords"):
        (tmp_path / f"{name}.tflite").touch()
    monkeypatch.setattr("edge.model.shipped.shipped_folder", lambda: tmp_path)
    message = "no shipped model 'airdigits': choose one of airdigit, keywords, or"
    with pytest.raises(ModelError, match=message) as caught:
        Model.load("airdigits")
    assert "\n" not in str(caught.value)
    assert find_model("airdigit") == tmp_path / "airdigit.tflite"


def test_a_path_is_returned_unchanged():
    assert find_model("my.tflite") == Path("my.tflite")
    assert find_model("takes/my") == Path("takes/my")


def test_a_folder_with_a_bare_name_is_called_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    with pytest.raises(ModelError, match="mine is not a file: give a .tflite file"):
        Model.load("mine")

"""Model files with probe features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import probe_model
from edge.features import FEATURES
from edge.model import attach


@pytest.fixture(autouse=True)
def probe_features(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FEATURES, "probe", probe_model.FEATURES)


@pytest.fixture
def model_file(tiny_network, tmp_path: Path) -> Callable[..., Path]:
    """Writes a model file; keyword arguments replace values of its manifest."""

    def write(network: bytes = tiny_network.tflite, **changes: object) -> Path:
        path = tmp_path / "probe.tflite"
        path.write_bytes(attach(network, probe_model.manifest(**changes)))
        return path

    return write

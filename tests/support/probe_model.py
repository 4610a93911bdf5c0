"""A model with features that compute nothing, for tests of model files."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from edge.errors import ModelError
from edge.features import Features, Window
from edge.model import Manifest, Model

FEATURES = "probe_model:ProbeFeatures"
SPECIFICATION = {
    "kind": "probe",
    "shape": [2, 4],
    "points": 32,
    "sensor": {"channels": ["ax", "ay", "az"], "rate_hz": 100, "accel_g": 4, "gyro_dps": 500},
}
NETWORK = b"\x1c\0\0\0TFL3" + bytes(range(256))  # begins like a TFLite file, but cannot be run


class ProbeFeatures(Features):
    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.given_specification = specification

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """SPECIFICATION with a tuple of channels, which JSON turns into a list."""
        sensor = {**SPECIFICATION["sensor"], "channels": ("ax", "ay", "az")}
        return {**SPECIFICATION, "sensor": sensor}

    def process(self, chunk: Any) -> Iterator[Window]:
        yield from ()

    def finish(self) -> Iterator[Window]:
        yield from ()

    @classmethod
    def windows_of_recording(cls, specification: Mapping[str, Any], chunk: Any) -> Iterator[Any]:
        yield specification, chunk


def manifest(**changes: Any) -> Manifest:
    """A manifest for these features, with some values replaced."""
    original = Manifest(
        task="probing",
        labels=["one", "two", "none"],
        input=SPECIFICATION,
        decision={"kind": "single", "threshold": 0.6},
        provenance={"corpora": ["invented – für den Test"], "metrics": {"accuracy": 0.97}},
    )
    return dataclasses.replace(original, **changes)


def assert_refused(path: Path | str, message: str, **options: Any) -> None:
    """Loading the model must fail with this message, in one line."""
    with pytest.raises(ModelError, match=message) as caught:
        Model.load(path, **options)
    assert "\n" not in str(caught.value)

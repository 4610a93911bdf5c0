"""A model file and a short benchmark for the tests of edge-bench."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import stroke_network
from edge.bench.benchmark import run_benchmark
from edge.bench.record import Record
from edge.bench.settings import Settings

QUICK = {"processes": 1, "seconds": 0.02, "runs": 5, "warm_up": 0.01, "signal_s": 8.0}


@pytest.fixture
def stroke_file(tmp_path) -> Path:
    return stroke_network.write_model(tmp_path / "stroke.tflite")


@pytest.fixture
def quick_benchmark() -> Callable[..., Record]:
    """Runs a benchmark with little work."""
    return lambda **settings: run_benchmark(Settings(**{**QUICK, **settings}))

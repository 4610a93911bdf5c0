"""Several workers of TF_CONFIG train one network, which is the one that one worker trains."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_process import ROOT
from edge.errors import EdgeError
from training.common.tf_config import is_chief, share, warn_not_divided, worker_count

TIMEOUT = 300  # s


def start(out: Path, config: dict[str, Any] | None) -> subprocess.Popen[str]:
    variables = {"TF_CONFIG": json.dumps(config)} if config else {}
    out.parent.mkdir()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.fit_worker", str(out)],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **variables},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def workers_of(ports: list[int], index: int) -> dict[str, Any]:
    hosts = [f"127.0.0.1:{port}" for port in ports]
    return {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": index}}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], str, Path]]:
    """Two workers, then one alone: what each printed and logged, and its model file."""
    folder, ports = tmp_path_factory.mktemp("workers"), free_ports(2)
    outs = [folder / name / "tiny.tflite" for name in ("first", "second", "alone")]
    configs = [workers_of(ports, 0), workers_of(ports, 1), None]
    processes = [start(out, config) for out, config in zip(outs, configs, strict=True)]
    found = []
    for out, process in zip(outs, processes, strict=True):
        try:
            stdout, stderr = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
        assert process.returncode == 0, stderr
        found.append((json.loads(stdout), stderr, out))
    return found


def test_two_workers_train_the_network_of_one(runs) -> None:
    (first, _, _), (second, _, _), (alone, _, _) = runs
    for mine, other, single in zip(
        *(run["weights"] for run in (first, second, alone)), strict=True
    ):
        np.testing.assert_array_equal(mine, other)
        np.testing.assert_allclose(mine, single, atol=1e-3)
    assert first["accuracy"] == pytest.approx(alone["accuracy"], abs=0.05)
    assert alone["accuracy"] > 0.8


def test_only_the_first_worker_writes_files(runs) -> None:
    written = [sorted(path.name for path in out.parent.iterdir()) for _, _, out in runs]
    assert written == [["tiny.tflite", "tiny.weights.h5"], [], ["tiny.tflite", "tiny.weights.h5"]]
    assert "the one with index 0 in TF_CONFIG writes the model" in runs[1][1]


def test_a_training_says_what_computes_and_how_far_it_is(runs) -> None:
    for _, log, _ in runs:
        assert "training on the processor: TensorFlow sees no GPU" in log
        assert "tiny: epoch 3 of 3, loss" in log
    assert "waiting for all 2 workers of TF_CONFIG" in runs[0][1]


def test_workers_share_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = []
    for index in range(3):
        monkeypatch.setenv("TF_CONFIG", json.dumps(workers_of([1, 2, 3], index)))
        parts += list(range(12))[share(12)]
        assert is_chief() == (index == 0) and worker_count() == 3
    assert sorted(parts) == list(range(12))
    with pytest.raises(EdgeError, match="3 workers cannot share a batch of 64 equally"):
        share(64)


@pytest.mark.parametrize(
    "text",
    [
        *("{", "[]", '{"cluster": 3}', '{"cluster": {"worker": ["a:1"], "ps": ["b:1"]}}'),
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"index": 2}}',
    ],
)
def test_a_damaged_tf_config_is_named(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(EdgeError, match="^TF_CONFIG must be like"):
        worker_count()


def test_trainings_that_are_not_divided_say_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    warn_not_divided("the study")
    assert not caplog.text
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers_of([1, 2], 0)))
    warn_not_divided("the study")
    assert "the study is not divided among the workers of TF_CONFIG" in caplog.text

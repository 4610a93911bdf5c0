"""Fixtures that tests of several folders use."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import tiny_sound
import tiny_task
from edge.features import FEATURES
from installation import build_wheel
from tflite_network import convert

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A shell starts background jobs with SIGINT ignored, and child processes inherit that, so tests of
# Ctrl-C would wait for ever. A handler is reset to the default action in child processes.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# nohup ignores SIGHUP in the same way. The handler does nothing, so that the tests go on.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(autouse=True)
def no_option_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """No option of a command is set by an environment variable, unless the test sets it."""
    for name in list(os.environ):
        if name.startswith("EDGE_") and not name.startswith("EDGE_WITHOUT_"):  # option of the tests
            monkeypatch.delenv(name)


@dataclass(frozen=True)
class TinyNetwork:
    """An int8 network with an input of 2 x 4 and three labels, and the scores before int8."""

    tflite: bytes
    weights: NDArray[np.float32]

    def expected(self, tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        scores = np.exp(tensor.reshape(-1) @ self.weights)
        return scores / scores.sum()


def _convert(weights: NDArray[np.float32], int8: bool) -> bytes:
    samples = np.random.default_rng(1).uniform(-1, 1, (64, 2, 4)).astype(np.float32)
    samples[0], samples[1] = -1, 1
    return convert(
        lambda tf, x: tf.nn.softmax(tf.reshape(x, [1, 8]) @ tf.constant(weights)), samples, int8
    )


@pytest.fixture(scope="session")
def tiny_network() -> TinyNetwork:
    weights = np.random.default_rng(0).uniform(-1.5, 1.5, (8, 3)).astype(np.float32)
    return TinyNetwork(_convert(weights, int8=True), weights)


@pytest.fixture(scope="session")
def float_network() -> bytes:
    """A network that is not quantised, which the project does not run."""
    return _convert(np.ones((8, 3), np.float32), int8=False)


@pytest.fixture
def tiny_stroke_model(
    tiny_network: TinyNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A model file of the tiny task with strokes, whose features are registered."""
    monkeypatch.setitem(FEATURES, "tiny", tiny_task.FEATURES)
    return tiny_task.write_model(tmp_path / "tiny.tflite", tiny_network.tflite)


@pytest.fixture
def tiny_word_model(tmp_path: Path) -> Path:
    """A model file for kws that recognises the tiny words "yes" and "no"."""
    return tiny_sound.write_model(tmp_path / "kws.tflite", "kws", ["yes", "no", "silence"])


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project."""
    return build_wheel(tmp_path_factory.mktemp("checkout"))

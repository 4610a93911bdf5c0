"""What several tests need and is slow to make."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from tflite_network import convert

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A shell starts background jobs with SIGINT ignored, and child processes would inherit that: tests
# of Ctrl-C then wait for ever. A handler is reset to the default in child processes.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class TinyNetwork:
    """Three classes of a 2 x 4 input, quantised to int8, and what it computes before that."""

    tflite: bytes
    weights: NDArray[np.float32]
    labels: tuple[str, ...] = ("one", "two", "none")

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
    """The kind of model that the project does not run."""
    return _convert(np.ones((8, 3), np.float32), int8=False)

"""Progress is logged with the time that is left."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from tensorflow import keras

from training.common import progress
from training.common.epoch_logger import EpochLogger
from training.common.progress import Progress, duration


def test_progress_estimates_the_time_that_is_left(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    times = iter([100.0, 130.0, 400.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(times))
    caplog.set_level(logging.INFO)
    report = Progress("simulated people:", 10)
    report.report(1)
    report.report(10, "all stored")
    assert caplog.messages == [
        "simulated people: 1 of 10, 4 min left",
        "simulated people: 10 of 10, all stored",
    ]


def test_durations_are_in_seconds_or_minutes() -> None:
    assert [duration(seconds) for seconds in (0.4, 119, 121)] == ["0 s", "119 s", "2 min"]


def test_epochs_are_logged_with_loss_and_accuracy(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, activation="softmax")])
    network.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])
    x, y = np.zeros((8, 2), np.float32), np.eye(2, dtype=np.float32)[[0] * 8]
    network.fit(x, y, epochs=2, verbose=0, callbacks=[EpochLogger("own takes")])
    first, last = (line for line in caplog.messages if line.startswith("own takes"))
    assert first.startswith("own takes: epoch 1 of 2, loss 0.") and "s left" in first
    assert "accuracy on augmented data " in last and "left" not in last

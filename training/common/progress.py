"""Progress of long computations, logged with the time that is left."""

from __future__ import annotations

import logging
import time

from tensorflow import keras

log = logging.getLogger(__name__)


class Progress:
    """Logs how many of `total` steps are done, and estimates the time for the others."""

    def __init__(self, task: str, total: int) -> None:
        self.task, self.total = task, total
        self._started = time.monotonic()

    def report(self, done: int, detail: str = "") -> None:
        """Log that `done` steps are done."""
        detail = f", {detail}" if detail else ""
        seconds = (time.monotonic() - self._started) / max(1, done) * (self.total - done)
        left = f", {duration(seconds)} left" if done < self.total else ""
        log.info("%s %d of %d%s%s", self.task, done, self.total, detail, left)


class EpochLogger(keras.callbacks.Callback):
    """Logs the epoch, the loss, the accuracy and the time that is left."""

    def __init__(self, task: str) -> None:
        super().__init__()
        self.task = task

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        self._progress = Progress(f"{self.task}: epoch", self.params["epochs"])

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        values = logs or {}
        accuracy = f"accuracy on augmented data {values['accuracy']:.1%}"
        self._progress.report(epoch + 1, f"loss {values['loss']:.3f}, {accuracy}")


def duration(seconds: float) -> str:
    """Seconds below two minutes, else minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"

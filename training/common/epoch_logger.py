"""Progress of a training, as a Keras callback."""

from __future__ import annotations

from tensorflow import keras

from training.common.progress import Progress


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

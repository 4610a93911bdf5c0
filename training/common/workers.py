"""Start a training, on one machine or on those that TF_CONFIG names."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

import tensorflow as tf

from edge.errors import EdgeError
from training.common.atomic_write import check_model_path
from training.common.tf_config import worker_count

log = logging.getLogger(__name__)


def start_training(out: Path) -> None:
    """Check --out, wait for the other workers, and log which device computes."""
    check_model_path(out)
    join_workers()
    gpus = [gpu.name.removeprefix("/device:") for gpu in tf.config.list_logical_devices("GPU")]
    log.info("training on %s", ", ".join(gpus) or "the processor: TensorFlow sees no GPU")


@cache
def join_workers() -> tf.distribute.Strategy | None:
    """Wait for all workers of TF_CONFIG; None if there is one worker.

    The first call must come before TensorFlow computes anything.
    """
    count = worker_count()
    if count == 1:
        return None
    log.info("waiting for all %d workers of TF_CONFIG", count)
    try:
        return tf.distribute.MultiWorkerMirroredStrategy()
    except (RuntimeError, ValueError, tf.errors.OpError) as error:
        raise EdgeError(f"TF_CONFIG: cannot connect to the other workers: {error}") from None

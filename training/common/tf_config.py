"""The place of this process among those of one training, which the variable TF_CONFIG names.

It does not import TensorFlow.
"""

from __future__ import annotations

import json
import logging
import os

from edge.errors import EdgeError

log = logging.getLogger(__name__)


def worker_count() -> int:
    return _place()[1]


def is_chief() -> bool:
    """Whether this process writes files: the first worker, or the only one."""
    return _place()[0] == 0


def ends_before_export() -> bool:
    """Whether this worker has nothing to do any more once the network is trained; log that."""
    if not is_chief():
        log.info("this worker is done: the one with index 0 in TF_CONFIG writes the model")
    return not is_chief()


def share(count: int) -> slice:
    """The examples of a batch that this worker trains on."""
    index, workers = _place()
    if count % workers:
        raise EdgeError(f"TF_CONFIG: {workers} workers cannot share a batch of {count} equally")
    return slice(index, None, workers)


def warn_not_divided(training: str) -> None:
    """Say that TF_CONFIG has no effect on a training."""
    if worker_count() > 1:
        log.warning(
            "%s is not divided among the workers of TF_CONFIG: each of them does all of it",
            training,
        )


def _place() -> tuple[int, int]:
    """The number of this worker, from 0, and how many there are."""
    try:
        config = json.loads(os.environ.get("TF_CONFIG") or "{}")
        cluster, task = config.get("cluster", {}), config.get("task", {})
        index, count = int(task.get("index", 0)), max(1, len(cluster.get("worker", [])))
        if set(cluster) - {"worker"} or not 0 <= index < count:
            raise ValueError
    except (ValueError, TypeError, AttributeError):
        raise EdgeError(
            'TF_CONFIG must be like {"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, '
            '"task": {"type": "worker", "index": 0}}'
        ) from None
    return index, count

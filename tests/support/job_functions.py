"""Functions that the tests of jobs run in other processes."""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError


def noise(seed: int) -> NDArray[np.float64]:
    """Random numbers of a seed; those of early seeds come later."""
    time.sleep(0.02 / (1 + seed))
    logging.getLogger("noise").warning("seed %d", seed)
    logging.getLogger("noise").debug("not wanted")
    rng = np.random.default_rng(seed)
    return rng.normal(size=(60, 50)) @ rng.normal(size=(50, 70))


def refuse_three(number: int) -> int:
    if number == 3:
        raise RecordingError("three is damaged")
    return number


def killed_once(marker: Path) -> int:
    """End the process at the first call, if the file `marker` is missing."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def always_killed(number: int) -> int:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def slow(marker: Path) -> None:
    """If the file `marker` is missing, note the process in it and take longer than any test."""
    if marker.exists():
        return
    marker.write_text(str(os.getpid()))
    time.sleep(600)

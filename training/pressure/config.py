"""All settings of the training of the pressure model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.features.window.windows import WindowFeatures
from training.common.cache import DEFAULT_FOLDER

RATE = 125  # Hz, of the windows
LENGTH = 1024  # samples of a window: 8.2 s, as in the original paper
HOP = 512  # samples from one window to the next, live
FIRST, LAST = 384, 896  # the part of a window that is in an event: the edges are less certain
MIDDLE, SPREAD = 90.0, 40.0  # mmHg: the network computes (pressure - MIDDLE) / SPREAD
INPUT, OUTPUT = "pleth", "abp"


def specification() -> dict[str, Any]:
    """The input of the model, as its manifest describes it."""
    return WindowFeatures.specification(
        {
            "length": LENGTH,
            "hop": HOP,
            "shape": [LENGTH, 1, 1],
            "scaling": {"kind": "standard"},
            "sensor": {"channels": [INPUT], "rate_hz": RATE},
        }
    )


@dataclass(frozen=True)
class TrainingConfig:
    out: Path
    data: str | None = None
    """Folder of WFDB records, or of data.hdf5; None to train on simulated people."""
    test: tuple[str, ...] = ()
    """Folders of records that are only tested on."""
    seed: int = 0

    people: int = 400
    """Simulated, if there is no `data`."""
    person_s: float = 90.0
    """Seconds of each of them."""
    test_share: float = 0.2
    """Of the people."""
    hop: int = 384
    """Samples from one window of the training to the next."""

    widths: tuple[int, ...] = (12, 16, 24)
    """Channels at each scale of a U-Net; each scale is four times as coarse as that before."""
    kernel: int = 7
    """Samples that a convolution combines."""
    epochs: int = 3
    batch_size: int = 32
    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    approximation_weight: float = 0.5
    """Of the error of the first U-Net, relative to that of the second."""
    calibration: int = 300
    """Windows that set the int8 ranges."""

    cache: Path = DEFAULT_FOLDER
    """Folder for simulated windows."""

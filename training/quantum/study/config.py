"""The settings of a study."""

from __future__ import annotations

from dataclasses import dataclass, replace

from training.sound.learn.config import TrainingConfig
from training.sound.learn.network_config import TINY, NetworkConfig


@dataclass(frozen=True)
class StudyConfig:
    """What all networks of a study have in common."""

    training: TrainingConfig
    """The task, the recordings, the augmentation, and where the report is written."""
    seeds: int = 5
    """Runs of each arm, with seeds 0, 1, 2 ..."""
    windows: int = 51_200
    """Number of training windows."""
    epochs: int = 4
    batch_size: int = 256
    learning_rate: float = 4e-3
    network: NetworkConfig = replace(TINY, stride=1)
    """The network behind a stage."""
    calibration_windows: int = 500
    """Number of windows that set the int8 ranges of the activations."""

"""The hyperparameters of the training of the ECG model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.common.cache import DEFAULT_FOLDER


@dataclass(frozen=True)
class TrainingConfig:
    data: str
    """Folder of the MIT-BIH arrhythmia database, in the WFDB format."""
    out: Path
    seed: int = 0

    folds: int = 6
    """Of the training patients, for validation: each patient is held out once."""
    widths: tuple[int, ...] = (64, 32)
    """Units of the hidden layers."""
    dropout: float = 0.2
    input_noise: float = 0.1
    """Standard deviation of the noise that is added to the inputs."""
    steps: int = 700
    batch_size: int = 256
    learning_rate: float = 5e-3
    weight_decay: float = 1e-4
    label_smoothing: float = 0.02

    class_weights: tuple[float, ...] = (1.0, 4.0, 2.0, 2.0, 2.0)
    """How often each class is drawn, in the order of the labels."""
    patient_balance: float = 0.5
    """0 draws every patient equally often, 1 in proportion to the number of beats."""
    swapped_rhythms: float = 0.5
    """Share of the beats that get the rhythm of another beat of the same class."""
    simulated_patients: int = 300
    """Whose rhythms are combined with the shapes of recorded beats."""
    simulated_share: float = 0.4
    """Share of these beats in a batch."""
    changed_p_waves: float = 0.7
    """Share of the simulated S beats that have the shape of an N beat with another P wave."""

    cache: Path = DEFAULT_FOLDER
    """Folder for the unpacked database and the features of its beats."""

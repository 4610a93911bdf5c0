"""The hyperparameters of AirDigit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.common.cache import DEFAULT_FOLDER
from training.motion.augmentation import Augmentation


@dataclass(frozen=True)
class Schedule:
    """How long a network is fitted, and to what."""

    epochs: int
    steps: int
    """Batches in an epoch."""
    learning_rate: float
    """The highest; see training.common.optimizer."""
    recorded_share: float = 0.0
    """Share of each batch that recorded strokes make up; the others are simulated."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that a training of AirDigit depends on."""

    data: tuple[str, ...]
    """Folders of recordings, and of paths for simulated people to draw."""
    out: Path = Path("models/airdigit.tflite")
    base: str | None = None
    """A model to adapt, by name or file; without it a network is trained from random weights."""
    seed: int = 0

    people: int = 2500
    """Simulated people in the training set."""
    adapt_people: int = 200
    """Simulated people in the training set when a base is adapted: without them the adapted model
    would forget all other people's digits."""
    validation_people: int = 200
    """Simulated people in the validation set, on which the threshold is chosen."""
    held_out_share: float = 0.2
    """Share of each label's takes that is held out, where a corpus has only one session."""

    pretrain: Schedule = Schedule(epochs=30, steps=400, learning_rate=3e-3)
    """With simulated strokes alone."""
    finetune: Schedule = Schedule(epochs=15, steps=300, learning_rate=1e-3, recorded_share=0.4)
    """From the pretrained network on, with recorded strokes too."""
    adapt: Schedule = Schedule(epochs=8, steps=100, learning_rate=5e-4, recorded_share=0.5)
    """From the base on, with the takes of one person."""
    batch_size: int = 128
    label_smoothing: float = 0.02
    """Writers disagree about what is a 1 and what is a 7."""
    weight_decay: float = 1e-3
    none_share: float = 0.35
    """Share of `none` among the strokes that are drawn from a corpus. Simulated people make more of
    them than of all digits together."""
    augmentation: Augmentation = Augmentation()

    max_false_digits: float = 3.0
    """In half an hour of walking, fidgeting and scribbling of the validation people."""

    cache: Path = DEFAULT_FOLDER
    """Folder for simulated strokes and pretrained networks."""

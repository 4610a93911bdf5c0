"""The hyperparameters of AirDigit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from training.common.cache import DEFAULT_FOLDER
from training.common.jobs import LOCAL, JobOptions
from training.motion.augmentation import Augmentation
from training.motion.people.counts import FigureCounts
from training.motion.shares import Shares
from training.motion.thresholds import Budgets

TRAINING_PEOPLE = FigureCounts(
    unipen_digits=30_000,
    pendigits=16_000,
    letters=32_000,
    letters_as_digits=6_000,
    forms=9_000,
    paths=6_000,
    circles=2_500,
    shapes=16_000,
    turns=50,
    idle=1_500,
    hands=2_000,
)
VALIDATION_PEOPLE = FigureCounts(
    unipen_digits=4_000,
    pendigits=1_000,
    letters=5_000,
    letters_as_digits=400,
    forms=500,
    circles=200,
    shapes=2_000,
    turns=8,
    idle=150,
    hands=150,
)
ADAPTATION_PEOPLE = FigureCounts(
    unipen_digits=2_000,
    letters=1_500,
    forms=3_000,
    circles=200,
    shapes=1_500,
    turns=6,
    idle=120,
    hands=300,
)


@dataclass(frozen=True)
class Schedule:
    """How long a network is fitted, and to what."""

    epochs: int
    steps: int
    """Batches in an epoch."""
    learning_rate: float
    """The highest; see training.common.optimizer."""
    recorded_share: float = 0.0
    """Share of the examples that are recorded strokes."""
    hands_share: float = 0.0
    """Share of the examples that the hands of `--mock` draw; simulated limbs draw the rest."""


@dataclass(frozen=True)
class ValidationTakes:
    """How many takes by other simulated arms are drawn to choose the thresholds."""

    digits: int = 1000
    letters: int = 1500
    idle_people: int = 180
    idle_seconds: float = 60.0
    """Of each of them."""


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that a training of AirDigit depends on."""

    data: tuple[str, ...]
    """Folders of recordings, of pen corpora, and of paths for simulated people to draw."""
    out: Path = Path("models/airdigit.tflite")
    base: str | None = None
    """A model to adapt, by name or file; without it a network is trained from random weights."""
    seed: int = 0

    people: FigureCounts = TRAINING_PEOPLE
    """The simulated people of the training set."""
    validation_people: FigureCounts = VALIDATION_PEOPLE
    """Other simulated people and writers, on which the thresholds are chosen ..."""
    validation_takes: ValidationTakes = ValidationTakes()
    """... with takes of the simulated hands of `--mock`."""
    adaptation_people: FigureCounts = ADAPTATION_PEOPLE
    """The simulated people with which a base is adapted: without them the adapted model would
    forget all other people's digits. Without pen corpora they draw forms and shapes only."""
    held_out_share: float = 0.2
    """Share of each label's takes that is held out, where a corpus has only one session."""

    pretrain: Schedule = Schedule(epochs=30, steps=300, learning_rate=4e-3)
    """With simulated limbs alone."""
    finetune: Schedule = Schedule(
        epochs=36, steps=120, learning_rate=1.2e-3, recorded_share=0.25, hands_share=0.25
    )
    """From the pretrained network on, with simulated hands and recorded strokes too."""
    adapt: Schedule = Schedule(
        epochs=4, steps=60, learning_rate=5e-4, recorded_share=0.4, hands_share=0.15
    )
    """From the base on, with the takes of one person."""
    batch_size: int = 256
    label_smoothing: float = 0.02
    """Writers disagree about what is a 1 and what is a 7."""
    weight_decay: float = 1e-3
    shares: Shares = Shares()
    augmentation: Augmentation = Augmentation()
    finetune_augmentation: Augmentation = Augmentation(angle_only=0.2, position_only=0.15)
    """For finetuning and for adapting a base: each trajectory is scored alone too."""
    budgets: Budgets = Budgets()

    cache: Path = DEFAULT_FOLDER
    """Folder for simulated strokes and pretrained networks."""
    jobs: JobOptions = LOCAL
    """Where people are simulated."""

    def with_people(self, figures: int) -> TrainingConfig:
        """The same with so many simulated people, also to adapt a base."""
        return replace(
            self,
            people=self.people.scaled(figures),
            adaptation_people=self.adaptation_people.scaled(figures),
        )

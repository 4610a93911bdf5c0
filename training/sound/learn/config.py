"""All settings of a training: the choices of the user, and the hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.common.cache import DEFAULT_FOLDER
from training.sound.learn.augmentation_config import AugmentationConfig
from training.sound.learn.front_ends import SHIPPED
from training.sound.learn.network_config import NORMAL, TEACHER, NetworkConfig
from training.sound.learn.sequence_config import SequenceTraining

if TYPE_CHECKING:
    from training.sound.learn.pretrained_model import PretrainedModel
    from training.sound.task import Task


@dataclass(frozen=True)
class SamplingConfig:
    """How often clips are drawn in training."""

    recording_weight: float = 3.0
    """Of a recording, relative to an image of a spectrum: there are many images, all much alike."""
    balance: float = 0.5
    """1 draws every word equally often, 0 every clip."""
    noise_share: float = 0.04
    """Share of silence while all words are trained."""
    silence_share: float = 0.1
    """Share of silence while the words of a task are trained ..."""
    other_share: float = 0.3
    """... and of all other words."""
    own_share: float = 0.5
    """Share of the user's own takes in an adaptation; the rest is clips of others."""


@dataclass(frozen=True)
class Schedule:
    """Length and learning rate of one phase of the training."""

    epochs: int
    learning_rate: float
    """The highest one: it rises first, and falls to zero."""
    label_smoothing: float = 0.05
    """Zero in the last phase: thresholds tell words from similar sounds by the height of scores."""


@dataclass(frozen=True)
class FitConfig:
    """Settings of the training loop, for all phases."""

    batch_size: int = 256
    steps_per_epoch: int = 200
    weight_decay: float = 1e-2
    clip_norm: float = 5.0
    ema_momentum: float = 0.998
    """Momentum of the moving average of the weights."""
    ema_span: float = 2.4
    """In a phase of n steps that momentum is at most 1 - 2.4 / n: the initial weights fade out."""
    batchnorm_span: float = 10.0
    """The momentum of batch normalisation is at most 1 - 10 / n, for the same reason."""
    recalibration_momentum: float = 0.9
    """Momentum of batch normalisation while it is recalibrated for the averaged weights."""
    teacher_share: float = 0.7
    """Share of the target that comes from the teacher."""
    augmentation: AugmentationConfig = AugmentationConfig()


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that a training depends on."""

    task: Task
    out: Path = Path("models/words.tflite")
    """The model file; the other files are written beside it."""
    command: str = ""
    """The command line of this training, for the provenance."""

    # What to train on
    data: tuple[str, ...] = ()
    """Folders of recordings."""
    download: Path | None = None
    """Folder for Speech Commands, which is then trained on as well."""
    noise: tuple[str, ...] = ()
    """Recordings without speech."""
    talk: tuple[str, ...] = ()
    """Recordings of people who say none of the words; with them, the network is trained on
    sequences of words, talk and noise at the end."""
    test_noise: tuple[str, ...] = ()
    """Recordings of noise for a later test. Clips of silence that were cut from them are not
    trained on."""
    others: tuple[str, ...] = ()
    """Folders of other words by other people, for the choice of thresholds."""
    simulated_speakers: int = 80
    """Each says all words that --mock plays."""
    seed: int = 0

    # What to train
    front_end: Mapping[str, Any] = field(default_factory=lambda: SHIPPED)
    network: NetworkConfig = NORMAL
    base: PretrainedModel | None = None
    """A model to adapt, in place of training a new one."""

    # How to train
    fit: FitConfig = FitConfig()
    pretraining: Schedule = Schedule(epochs=80, learning_rate=4e-3)
    finetuning: Schedule = Schedule(epochs=30, learning_rate=2e-3, label_smoothing=0.0)
    adaptation: Schedule = Schedule(epochs=4, learning_rate=1e-3)
    teacher_training: Schedule = Schedule(epochs=24, learning_rate=3e-3, label_smoothing=0.0)
    waveform_training: Schedule = Schedule(epochs=30, learning_rate=3e-3)
    sequence_training: SequenceTraining = SequenceTraining()
    full_size: int = 50_000
    """Clips for which the schedules are made; fewer clips are trained on for fewer epochs."""
    min_epochs: int = 4
    teacher_network: NetworkConfig = TEACHER
    synthetic_noises: int = 1000
    """Clips of each kind of synthetic noise."""
    sampling: SamplingConfig = SamplingConfig()
    silence_prior: float = 2.8
    """Factor for the probability of silence: what may be noise or an unknown word is more often
    noise. Chosen on the validation list of Speech Commands."""

    # How to validate and export
    calibration_windows: int = 1000
    """Windows that set the int8 ranges of the activations."""
    validation_hours: float = 3.0
    """Long audio at each noise level, by which the thresholds are chosen."""
    cache: Path = DEFAULT_FOLDER
    """Folder for spectra and pretrained weights."""

    def shortened(self, schedule: Schedule, clips: int) -> Schedule:
        """Return the schedule with fewer epochs if there are fewer clips than `full_size`."""
        epochs = round(schedule.epochs * min(1.0, (clips / self.full_size) ** 0.5))
        return replace(schedule, epochs=max(min(self.min_epochs, schedule.epochs), epochs))

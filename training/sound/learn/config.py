"""All settings of a training: the choices of the user, and the hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.common.cache import DEFAULT_FOLDER
from training.sound.learn.front_ends import SHIPPED
from training.sound.learn.network_config import NORMAL, TEACHER, NetworkConfig
from training.sound.task import Task

if TYPE_CHECKING:
    from training.sound.learn.pretrained_model import PretrainedModel


@dataclass(frozen=True)
class AugmentationConfig:
    """How much augmentation changes the recorded clips. Rows last 10 ms."""

    tempo: float = 0.12
    """Largest relative change of the speed of speech."""
    vocal_tract: float = 0.08
    """Largest relative change of the formant frequencies."""
    unchanged_voice: float = 0.4
    """Share of clips whose speed is kept, and share of clips whose formants are kept."""
    cut_rows: int = 3
    """Rows of a word that may lie outside the window."""
    after_rows: int = 64
    """Most rows between the end of a word and the end of the window."""
    partial: float = 0.08
    """Share of clips of which the window contains too little to name the word."""
    neighbour: float = 0.3
    """Share of clips with another word before or after the word."""
    gap_rows: tuple[int, int] = (0, 50)
    """Rows between a word and its neighbour."""
    neighbour_db: float = 8.0
    """Largest difference between the levels of a word and its neighbour."""
    digital_silence: float = 0.25
    """Share of clips with zeros before and after the recording, in place of its background."""
    gain_db: float = 15.0
    tilt_nats: float = 0.8
    """Frequency response of microphones: standard deviation of smooth curves over the bands."""
    reverberant: float = 0.25
    """Share of clips with reverberation."""
    noisy: float = 0.6
    """Share of clips with noise."""
    babble: float = 0.15
    """Share of noise that is the words of other speakers."""
    snr_db: tuple[float, float] = (-2.0, 28.0)
    masks: int = 1
    """Masks over bands, and over frames (SpecAugment)."""
    mask_bands: int = 6
    mask_frames: int = 8


@dataclass(frozen=True)
class Schedule:
    """Length and learning rate of one phase of the training."""

    epochs: int
    learning_rate: float
    """The highest one: it rises first, and falls to zero."""
    label_smoothing: float = 0.05
    """None in the last phase: thresholds tell words from similar sounds by high scores."""


@dataclass(frozen=True)
class FitConfig:
    """Settings of the training loop, for all phases."""

    batch_size: int = 256
    steps_per_epoch: int = 200
    weight_decay: float = 1e-2
    clip_norm: float = 5.0
    weight_average: float = 0.998
    """Momentum of the moving average of the weights ..."""
    weight_memory: float = 2.4
    """... and less in a short phase of n steps, 1 - 2.4 / n, so that the initial weights fade."""
    batchnorm_memory: float = 10.0
    """The same for the moving statistics of batch normalisation: 1 - 10 / n."""
    recalibration_momentum: float = 0.9
    """Momentum of these statistics while they are computed anew for the averaged weights."""
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
    full_size: int = 50_000
    """Clips for which the schedules are made; fewer clips are trained on for fewer epochs."""
    min_epochs: int = 4
    teacher_network: NetworkConfig = TEACHER
    synthetic_noises: int = 1000
    """Clips of each kind of synthetic noise."""
    own_share: float = 0.5
    """Share of the user's own takes in an adaptation; the rest is simulated speakers."""
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

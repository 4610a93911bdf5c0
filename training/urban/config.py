"""All settings of the training of urban sounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.features.sound.front_end import FrontEnd
from edge.features.sound.windows import SoundFeatures
from training.common.cache import DEFAULT_FOLDER
from training.sound.learn.config import FitConfig, Schedule
from training.sound.learn.network_config import NORMAL, NetworkConfig
from training.urban.metadata import FOLDS

FRAMES = 200  # of a window: 4 s, the longest clip of UrbanSound8K
STEP = 2  # frames from one window to the next: 40 ms
# Drills, engines and shots have much of their energy above the 4 kHz that suffice for words.
FRONT_END = FrontEnd(high_hz=8000.0)


def specification() -> dict[str, Any]:
    """The input of the model, as its manifest describes it."""
    return SoundFeatures.specification(
        {"front_end": FRONT_END.specification(), "shape": [FRAMES], "step": STEP}
    )


@dataclass(frozen=True)
class AugmentationConfig:
    """Random changes of a window. Levels are in nats of energy: 2.3 nats are 10 dB."""

    cut: float = 0.3
    """At most this share of the sound is cut off at one end of the window."""
    gain: float = 2.3
    """Louder or softer by at most this."""
    tilt: float = 2.0
    """Highest band against lowest band, by another microphone, at most."""
    background: float = 0.5
    """Share of the windows with another clip in the background ..."""
    background_levels: tuple[float, float] = (-7.0, -2.0)
    """... which is softer by so much."""
    noise: float = 0.7
    """Share of the windows with noise of a microphone ..."""
    noise_levels: tuple[float, float] = (-12.0, -4.0)
    """... whose energy in a band lies between these."""
    masked_frames: int = 30
    """Frames that are hidden at most."""
    masked_bands: int = 6
    """Bands that are hidden at most."""


@dataclass(frozen=True)
class TrainingConfig:
    data: str
    """Folder of UrbanSound8K, with metadata/UrbanSound8K.csv and audio/fold1 to fold10."""
    out: Path
    seed: int = 0
    folds: tuple[int, ...] = FOLDS
    """Those that are tested, each by a network of the nine others."""

    network: NetworkConfig = NORMAL
    fit: FitConfig = FitConfig(batch_size=64, steps_per_epoch=120)
    schedule: Schedule = Schedule(epochs=40, learning_rate=3e-3)
    augmentation: AugmentationConfig = AugmentationConfig()
    balance: float = 0.5
    """1 draws every class equally often, 0 every clip."""

    precision: float = 0.8
    """The threshold is the lowest at which this share of the held-out clips that reach it is right
    ..."""
    thresholds: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
    """... of these."""

    cache: Path = DEFAULT_FOLDER
    """Folder for spectra and for the weights of each fold."""

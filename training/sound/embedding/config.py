"""Hyperparameters of the embedding."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.common.cache import DEFAULT_FOLDER
from training.sound.learn.network_config import BodyConfig

KEPT_OUT = ("down", "left", "right", "stop", "yes")
"""Words of Speech Commands that the network is never trained on: it is measured with them. Of the
ten words that some people said five times, the five with the most phones."""

BANK_WORDS = ("bird", "follow", "sheila", "visual")
"""Recordings of people who say these are in the bank only: nothing is trained on them."""


@dataclass(frozen=True)
class EmbeddingNetworkConfig(BodyConfig):
    stages: tuple[tuple[int, int], ...] = ((32, 2), (48, 2), (64, 1))
    width: int = 96
    blocks: int = 1
    dimensions: int = 32
    """Of the embedding."""


@dataclass(frozen=True)
class MaterialConfig:
    espeak_clips: int = 9000
    flite_clips: int = 900
    clips_per_word: int = 400
    """At most so many images of each word are used."""
    reverberant: float = 0.5
    """Share of the machine voices that speak in a room with an echo."""


@dataclass(frozen=True)
class EmbeddingConfig:
    data: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    out: Path = Path("models/embedding/words.tflite")
    command: str = ""
    network_of: Path | None = None
    """The file whose network is used; None: one is trained."""
    seed: int = 0
    network: EmbeddingNetworkConfig = EmbeddingNetworkConfig()
    material: MaterialConfig = MaterialConfig()
    rows: int = 196
    """Of 10 ms, of a training sequence."""
    delay: int = 6
    """Steps from a phone to the embedding that describes it: what follows a phone helps."""
    batch: int = 24
    machine_steps: int = 2000
    """Training steps with machine voices alone, before people's recordings are aligned ..."""
    steps: int = 12_000
    """... and with all."""
    learning_rate: float = 2.5e-3
    cosine_scale: float = 12.0
    """The logits are the cosines between an embedding and the phones' vectors, times this."""
    silence_weight: float = 0.3
    snr_db: tuple[float, float] = (0.0, 40.0)
    noisy: float = 0.7
    """Share of the sequences with noise."""
    gain_nats: float = 3.0
    tilt_nats: float = 1.5
    """Of the frequency response of another microphone, from one end of the bands to the other."""
    warp: float = 0.12
    """Longer or shorter vocal tracts: the bands are moved by at most this share."""
    cache: Path = DEFAULT_FOLDER

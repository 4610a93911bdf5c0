"""How much augmentation changes the clips of a training."""

from __future__ import annotations

from dataclasses import dataclass


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

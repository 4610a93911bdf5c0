"""The sound behind the words of mixed audio: the hiss of a quiet room, and recorded noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.sound.evaluate.long_audio import Samples
from training.sound.evaluate.long_audio.schedule import MixConfig

WORD_RMS = 0.05  # of a word in noise: -26 dB of full scale
HISS_RMS = 3e-4  # of a quiet room and its microphone: -70 dB of full scale
HISS_LENGTH_S = 10
CLEAN_SNR_DB = 10.0  # of the noise between the words, where the words themselves are clean
CROSSFADE_S = 0.5  # from one noise recording to the next


class Background:
    """The background at one noise level; the same seed gives the same samples."""

    def __init__(self, noise: Sequence[Samples], snr: float | None, config: MixConfig) -> None:
        rng = np.random.default_rng([config.seed, 1])
        hiss = rng.standard_normal(HISS_LENGTH_S * config.rate) * HISS_RMS
        self._hiss = hiss.astype(np.float32)
        self._clean, self._config = snr is None, config
        self._noise: Samples | None = None
        if noise:
            snr_db = CLEAN_SNR_DB if snr is None else snr
            joined = _crossfaded(noise, config.rate)
            level = WORD_RMS * 10 ** (-snr_db / 20)
            self._noise = joined * np.float32(level / max(rms(joined), 1e-9))
            self._offset = int(rng.integers(len(self._noise)))

    def block(self, start: int, length: int) -> Samples:
        """Return `length` samples from sample number `start`."""
        k = np.arange(start, start + length)
        mixed: Samples = self._hiss[k % len(self._hiss)].copy()
        if self._noise is not None:
            noise = self._noise[(k + self._offset) % len(self._noise)]
            if self._clean:
                with_words = (k / self._config.rate) % self._config.cycle_s < self._config.speech_s
                noise = np.where(with_words, np.float32(0), noise)
            mixed += noise
        return mixed


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2))) if len(samples) else 0.0


def _crossfaded(noise: Sequence[Samples], rate: int) -> Samples:
    """Join the recordings, each with the same level, into a loop without clicks.

    Each recording fades into the next, and the last one into the first.
    """
    seam = min(round(CROSSFADE_S * rate), *(len(part) // 2 for part in noise))
    rise = np.sin(np.linspace(0, np.pi / 2, seam)).astype(np.float32)
    levelled = [part / np.float32(max(rms(part), 1e-9)) for part in noise]
    joined = []
    for part, before in zip(levelled, [levelled[-1], *levelled[:-1]], strict=True):
        joined.append(part[:seam] * rise + before[-seam:] * rise[::-1])
        joined.append(part[seam : len(part) - seam])
    return np.concatenate(joined)

"""Training sequences: recordings one after another, as other voices, rooms and microphones would
give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.sound.data.log_mel import BANDS, FRONT_END
from training.sound.embedding.config import EmbeddingConfig
from training.sound.embedding.material import Material

STEP_ROWS = 4  # of 10 ms in a step of 40 ms
NEWEST_ROW = 6  # of 10 ms: the stem combines four rows of 20 ms
WARPS = 15  # different lengths of the vocal tract
FLOOR = float(np.log(FRONT_END.floor))
LOUD_SHARE = 0.2  # of the rows: their level is that of the speech

Batch = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.float32]]


def label_rows(config: EmbeddingConfig) -> NDArray[np.int64]:
    """Return, for each step of a sequence, the row of 10 ms whose phone it shall tell."""
    first, count = config.network.context, step_count(config)
    newest = STEP_ROWS * (np.arange(count) + first) + NEWEST_ROW
    return np.maximum(0, newest - STEP_ROWS * config.delay)


def step_count(config: EmbeddingConfig) -> int:
    """Return how many embeddings a sequence has."""
    network = config.network
    columns = (config.rows // 2 - 2 * network.stride) // network.stride + 1
    return columns - network.context


@dataclass
class Sequences:
    """Draws batches: (b, rows, bands) with a row every 20 ms; phones of the steps; weights."""

    materials: Sequence[Material]
    shares: Sequence[float]
    """How often a recording of each material is drawn."""
    noise: NDArray[np.float16]
    """(n, rows, bands) of 10 ms."""
    config: EmbeddingConfig

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.config.seed)
        self._labels = label_rows(self.config)
        self._warps = np.stack(
            [_warp(factor) for factor in np.linspace(-1, 1, WARPS) * self.config.warp]
        )

    def batches(self) -> Iterator[Batch]:
        while True:
            yield self.draw()

    def draw(self) -> Batch:
        config, rng = self.config, self._rng
        rows = np.empty((config.batch, config.rows + 1, BANDS), np.float32)
        phones = np.empty((config.batch, config.rows + 1), np.int64)
        for number in range(config.batch):
            self._fill(rows[number], phones[number])
        if rng.random() < 0.5:  # the frames of 20 ms begin at even or at odd ones of 10 ms
            rows, phones = rows[:, :-1], phones[:, :-1]
        else:
            rows, phones = rows[:, 1:], phones[:, 1:]
        phones = phones[:, self._labels]
        x = self._distorted(rows[:, ::2])
        weights = np.where(phones == 0, np.float32(config.silence_weight), np.float32(1))
        return x, np.maximum(phones, 0), np.where(phones < 0, np.float32(0), weights)

    def _fill(self, rows: NDArray[np.float32], phones: NDArray[np.int64]) -> None:
        """Fill a sequence with recordings, the first of which may have begun before."""
        rng, at = self._rng, 0
        while at < len(rows):
            material = self.materials[rng.choice(len(self.shares), p=self.shares)]
            number = int(rng.integers(len(material)))
            first, end = material.starts[number : number + 2].tolist()
            if at == 0:
                first += int(rng.integers(max(1, (end - first) // 2)))
            end = min(end, first + len(rows) - at)
            rows[at : at + end - first] = material.rows[first:end]
            phones[at : at + end - first] = material.phones[first:end]
            at += end - first

    def _distorted(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        config, rng, count = self.config, self._rng, len(rows)
        rows = rows @ self._warps[rng.integers(WARPS, size=count)]
        position = np.linspace(-1, 1, BANDS, dtype=np.float32)
        tilt = rng.uniform(-config.tilt_nats, config.tilt_nats, (count, 1, 1)) * position
        bend = rng.uniform(-config.tilt_nats, config.tilt_nats, (count, 1, 1)) * (position**2 - 0.3)
        rows = rows + (tilt + bend).astype(np.float32)
        level = np.sort(rows.mean(axis=2), axis=1)[:, -round(LOUD_SHARE * rows.shape[1]) :]
        loud = level.mean(axis=1)[:, None, None]
        noise = self._noise(count, rows.shape[1])
        noise_level = noise.mean(axis=(1, 2), keepdims=True)
        snr = rng.uniform(*config.snr_db, (count, 1, 1)) * np.log(10) / 10
        noise = noise - noise_level + loud - snr
        mixed = np.where(rng.random((count, 1, 1)) < config.noisy, np.logaddexp(rows, noise), rows)
        gain = rng.uniform(-config.gain_nats, config.gain_nats, (count, 1, 1))
        return np.maximum(mixed + gain, FLOOR).astype(np.float32)

    def _noise(self, count: int, length: int) -> NDArray[np.float32]:
        first, second = (self.noise[self._rng.integers(len(self.noise), size=count)] for _ in "ab")
        joined = np.concatenate([first, second], axis=1)[:, : 2 * length : 2]
        return joined.astype(np.float32)


def _warp(factor: float) -> NDArray[np.float32]:
    """Return the matrix that moves the bands as a shorter (> 0) or longer vocal tract does."""
    source = np.clip(np.arange(BANDS) * (1 - factor), 0, BANDS - 1)
    low = np.minimum(source.astype(int), BANDS - 2)
    share = (source - low).astype(np.float32)
    matrix = np.zeros((BANDS, BANDS), np.float32)
    matrix[low, np.arange(BANDS)] += 1 - share
    matrix[low + 1, np.arange(BANDS)] += share
    return matrix

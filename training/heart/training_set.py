"""What the network is trained on: random batches of recorded beats, and of simulated rhythms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.formats.ecg.annotation_file import LABELS
from training.heart.beats import FALSE, IGNORED, Beats
from training.heart.config import TrainingConfig
from training.heart.simulated_beats import RHYTHM, Tensors, simulated_beats

Q = LABELS.index("Q")


@dataclass(frozen=True)
class TrainingSet:
    tensors: Tensors
    classes: NDArray[np.intp]
    cumulative: NDArray[np.float64]
    """How often each beat is drawn, summed up."""

    @classmethod
    def weighted(
        cls,
        tensors: Tensors,
        classes: NDArray[np.intp],
        patients: NDArray[np.str_],
        config: TrainingConfig,
    ) -> TrainingSet:
        weight = np.zeros(len(classes))
        for patient in np.unique(patients):
            for number, class_weight in enumerate(config.class_weights):
                beats = (patients == patient) & (classes == number)
                count = max(1, int(beats.sum()))
                weight[beats] = class_weight * count ** (config.patient_balance - 1)
        return cls(tensors, classes, np.cumsum(weight / weight.sum()))

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.intp]:
        """Numbers of `count` random beats."""
        chosen = np.searchsorted(self.cumulative, rng.random(count) * self.cumulative[-1])
        return np.minimum(chosen, len(self.classes) - 1)


def batches(beats: Beats, config: TrainingConfig) -> Iterator[tuple[Tensors, NDArray[np.intp]]]:
    """Endless batches of tensors and classes."""
    rng = np.random.default_rng(config.seed)
    used = beats.classes != IGNORED
    # A detection where no beat is cannot be classified: that is what the class Q is for.
    classes = np.where(beats.classes == FALSE, Q, beats.classes)[used]
    tensors, patients = beats.tensors[used], beats.patients[used]
    recorded = TrainingSet.weighted(tensors, classes, patients, config)
    if not config.simulated_patients:
        while True:
            yield _draw(rng, recorded, config.batch_size, config)
    simulated = simulated_beats(rng, tensors, classes, patients, config)
    simulated_set = TrainingSet.weighted(*simulated, config)
    count = round(config.batch_size * config.simulated_share)
    while True:
        of_records, of_classes = _draw(rng, recorded, config.batch_size - count, config)
        chosen = simulated_set.draw(rng, count)
        yield (
            np.concatenate([of_records, simulated_set.tensors[chosen]]),
            np.concatenate([of_classes, simulated_set.classes[chosen]]),
        )


def _draw(
    rng: np.random.Generator, beats: TrainingSet, count: int, config: TrainingConfig
) -> tuple[Tensors, NDArray[np.intp]]:
    chosen = beats.draw(rng, count)
    tensors, classes = beats.tensors[chosen], beats.classes[chosen]
    # The shape of a beat and its rhythm are independent, given its class.
    swapped = rng.random(count) < config.swapped_rhythms
    for number in range(len(LABELS)):
        of_class = np.flatnonzero(classes == number)
        rhythms = beats.tensors[chosen[rng.permutation(of_class)], :RHYTHM]
        kept = ~swapped[of_class]
        rhythms[kept] = tensors[of_class[kept], :RHYTHM]
        tensors[of_class, :RHYTHM] = rhythms
    return tensors, classes

"""What the network is trained on: random batches of recorded beats, and of simulated rhythms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.beats import rhythm
from edge.features.beats.windows import CLIP, NAMES
from edge.formats.ecg.annotation_file import LABELS
from training.heart.beats import FALSE, IGNORED, Beats
from training.heart.config import TrainingConfig
from training.heart.simulated_rhythms import SimulatedRhythm, simulate

RHYTHM = len(rhythm.NAMES)  # values of a tensor; those of the shape follow
COLUMN = {name: number for number, name in enumerate(NAMES)}
N, S, Q = LABELS.index("N"), LABELS.index("S"), LABELS.index("Q")
WITHOUT_P_WAVES = 0.9  # of usual_p_match: less means that the P waves do not repeat
GROUPS = 12  # simulated patients are drawn as if they were so many

Tensors = NDArray[np.float32]


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
    sets = [(recorded, config.batch_size)]
    if config.simulated_patients:
        count = round(config.batch_size * config.simulated_share)
        simulated = _simulated(rng, tensors, classes, patients, config)
        sets = [(recorded, config.batch_size - count), (simulated, count)]
    while True:
        parts = [_draw(rng, one, count, config) for one, count in sets]
        yield (
            np.concatenate([tensors for tensors, _ in parts]),
            np.concatenate([classes for _, classes in parts]),
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


def _simulated(
    rng: np.random.Generator,
    tensors: Tensors,
    classes: NDArray[np.intp],
    patients: NDArray[np.str_],
    config: TrainingConfig,
) -> TrainingSet:
    """Beats of simulated rhythms with the shapes of recorded beats of the same class."""
    shapes = _Shapes(rng, tensors, classes, patients)
    found: list[Tensors] = []
    labels: list[int] = []
    groups: list[str] = []
    for number in range(config.simulated_patients):
        patient = simulate(rng)
        for values, label in zip(patient.values, patient.labels, strict=True):
            tensor = shapes.shape_for(label, patient, config.changed_p_waves)
            tensor[:RHYTHM] = [values[name] for name in rhythm.NAMES]
            found.append(tensor)
            labels.append(LABELS.index(label))
            groups.append(str(number % GROUPS))
    stacked = np.clip(np.stack(found), -CLIP, CLIP)
    return TrainingSet.weighted(stacked, np.array(labels, np.intp), np.array(groups), config)


class _Shapes:
    """Draws recorded beats of a class; every patient equally often."""

    def __init__(
        self,
        rng: np.random.Generator,
        tensors: Tensors,
        classes: NDArray[np.intp],
        patients: NDArray[np.str_],
    ) -> None:
        self._rng, self._tensors = rng, tensors
        fibrillates = tensors[:, COLUMN["usual_p_match"]] < WITHOUT_P_WAVES
        self._of: dict[tuple[str, bool], list[NDArray[np.intp]]] = {}
        for number, label in enumerate(LABELS):
            for without_p_waves in (False, True):
                rows = np.flatnonzero((classes == number) & (fibrillates == without_p_waves))
                names = patients[rows]
                self._of[label, without_p_waves] = [rows[names == n] for n in np.unique(names)]

    def shape_for(self, label: str, patient: SimulatedRhythm, changed_p_waves: float) -> Tensors:
        """The tensor of a recorded beat, as a copy."""
        if label != "S":
            return self._draw(label, patient.is_fibrillation)
        if self._rng.random() >= changed_p_waves:
            return self._draw("S", False)
        # An early atrial beat has a normal QRS complex, another P wave, and lies on the T wave.
        tensor = self._draw("N", False)
        change = self._rng.uniform(0, 2.5)
        tensor[COLUMN["p_match"]] = tensor[COLUMN["usual_p_match"]] - change
        tensor[COLUMN["p_change"]] = self._rng.uniform(0, 0.5) + change / 4
        tensor[COLUMN["t_change"]] += self._rng.uniform(0, 0.4)
        tensor[COLUMN["t_match"]] -= self._rng.uniform(0, 1)
        return tensor

    def _draw(self, label: str, without_p_waves: bool) -> Tensors:
        patients = self._of[label, without_p_waves] or self._of[label, not without_p_waves]
        rows = patients[int(self._rng.integers(len(patients)))]
        return self._tensors[rows[int(self._rng.integers(len(rows)))]].copy()

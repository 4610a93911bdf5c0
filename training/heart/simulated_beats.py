"""Beats of simulated rhythms: their shapes are those of recorded beats of the same class."""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from edge.features.beats import rhythm
from edge.features.beats.windows import CLIP, NAMES
from edge.formats.ecg.annotation_file import LABELS
from training.heart.config import TrainingConfig
from training.heart.simulated_rhythms import simulate_patients

RHYTHM = len(rhythm.NAMES)  # values of a tensor; those of the shape follow
COLUMN = {name: number for number, name in enumerate(NAMES)}
N, S = LABELS.index("N"), LABELS.index("S")
WITHOUT_P_WAVES = 0.9  # of usual_p_match: less means that the P waves do not repeat
IN_RUN = log(2.5)  # of run_length: the beat before is one of the same run
GROUPS = 12  # simulated patients are drawn as if they were so many

Tensors = NDArray[np.float32]


def simulated_beats(
    rng: np.random.Generator,
    tensors: Tensors,
    classes: NDArray[np.intp],
    patients: NDArray[np.str_],
    config: TrainingConfig,
) -> tuple[Tensors, NDArray[np.intp], NDArray[np.str_]]:
    """Tensors, classes and groups of patients; the arguments are those of recorded beats."""
    found = simulate_patients(config.seed, config.simulated_patients)
    counts = [len(patient.labels) for patient in found]
    labels = np.array([LABELS.index(label) for one in found for label in one.labels], np.intp)
    fibrillates = np.repeat([patient.is_fibrillation for patient in found], counts)
    groups = np.repeat([str(number % GROUPS) for number in range(len(found))], counts)
    # The atria do not flutter while they give early beats.
    fibrillates &= labels != S
    has_new_p_wave = (labels == S) & (rng.random(len(labels)) < config.changed_p_waves)
    shapes = np.where(has_new_p_wave, N, labels)
    rows = _draw_shapes(rng, shapes, fibrillates, tensors, classes, patients)
    stacked = tensors[rows]
    values = [list(one.values()) for patient in found for one in patient.values]
    stacked[:, :RHYTHM] = np.array(values, np.float32)
    _change_p_waves(rng, stacked, np.flatnonzero(has_new_p_wave))
    return np.clip(stacked, -CLIP, CLIP), labels, groups


def _draw_shapes(
    rng: np.random.Generator,
    wanted: NDArray[np.intp],
    fibrillates: NDArray[np.bool_],
    tensors: Tensors,
    classes: NDArray[np.intp],
    patients: NDArray[np.str_],
) -> NDArray[np.intp]:
    """The row of a recorded beat for each wanted class; every patient is drawn equally often."""
    without_p_waves = tensors[:, COLUMN["usual_p_match"]] < WITHOUT_P_WAVES
    rows = np.zeros(len(wanted), np.intp)
    for number in np.unique(wanted):
        for flutter in (False, True):
            places = np.flatnonzero((wanted == number) & (fibrillates == flutter))
            of_class = np.flatnonzero(classes == number)
            of_kind = of_class[without_p_waves[of_class] == flutter]
            chosen = of_kind if len(of_kind) else of_class
            _, inverse, counts = np.unique(
                patients[chosen], return_inverse=True, return_counts=True
            )
            weights = 1 / counts[inverse]
            rows[places] = rng.choice(chosen, len(places), p=weights / weights.sum())
    return rows


def _change_p_waves(rng: np.random.Generator, tensors: Tensors, rows: NDArray[np.intp]) -> None:
    """Make early atrial beats of normal ones.

    Such a beat has a normal QRS complex, another P wave, and lies on the T wave of the beat before.
    In a run, its P wave is that of the beat before.
    """

    def column(name: str) -> NDArray[np.float64]:
        return tensors[rows, COLUMN[name]].astype(np.float64)

    def uniform(low: float, high: float) -> NDArray[np.float64]:
        return rng.uniform(low, high, len(rows))

    change = uniform(0, 2.5)
    other_p_wave = np.where(
        column("run_length") > IN_RUN, uniform(0, 0.6), change * uniform(0.5, 1.3)
    )
    changed = {
        "p_match": column("usual_p_match") - change,
        "p_change": uniform(0, 0.5) + change / 4,
        "t_match": column("t_match") - uniform(0, 1),
        "t_change": column("t_change") + uniform(0, 0.4),
        "qrs_change": column("qrs_change") + uniform(0, 0.2),
        "p_alone_match": column("p_alone_match") - change * uniform(0.6, 1.3),
        "p_alone_size": column("p_alone_size") + uniform(-0.4, 0.5),
        "p_alone_size_to_usual": column("p_alone_size_to_usual") + uniform(-0.4, 0.5),
        "moved_p_match": column("moved_p_match") - change * uniform(0, 0.3),
        "p_alone_match_to_previous": column("p_alone_match_to_previous") - other_p_wave,
        "start_change": column("start_change") + uniform(0, 1.8),
    }
    for name, values in changed.items():
        tensors[rows, COLUMN[name]] = values

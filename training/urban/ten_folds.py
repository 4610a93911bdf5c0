"""Networks for the ten official folds: each fold is tested by a network of the other nine."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from training.common.cache import cache_key, cached_weights
from training.common.confusion import Counts, confusion_matrix
from training.common.int8_model import device_scores
from training.sound.export import to_int8
from training.sound.learn.fit import SOURCES, fit, recalibrate_batchnorm
from training.sound.learn.network import build_trainable, fold_batchnorm, probabilities
from training.urban.batches import UrbanTrainingSet
from training.urban.clips import Spectra
from training.urban.config import TrainingConfig
from training.urban.export import int8_model
from training.urban.metadata import LABELS, other_folds

log = logging.getLogger(__name__)

CALIBRATION = 500  # windows that set the int8 ranges


@dataclass(frozen=True)
class TenFolds:
    """The scores of each clip, by a network that was trained without its fold."""

    classes: NDArray[np.intp]
    folds: NDArray[np.intp]
    int8: NDArray[np.float32]
    """(n, labels), of the runtime that devices use."""
    float32: NDArray[np.float32]
    """(n, labels), of the network before its quantisation."""

    def accuracies(self, scores: NDArray[np.float32]) -> list[float]:
        """The share of right clips in each fold."""
        right = scores.argmax(axis=1) == self.classes
        return [float(right[self.folds == fold].mean()) for fold in np.unique(self.folds)]

    @property
    def accuracy(self) -> float:
        """The mean of the folds, as the authors of the corpus ask for."""
        return float(np.mean(self.accuracies(self.int8)))

    @property
    def deviation(self) -> float:
        """The standard deviation between the folds."""
        return float(np.std(self.accuracies(self.int8)))

    def confusion(self) -> Counts:
        return confusion_matrix(self.classes, self.int8.argmax(axis=1), len(LABELS))

    def at_threshold(self, threshold: float) -> tuple[float, float]:
        """The share of clips whose score reaches it, and the share of those that are right."""
        reaches = self.int8.max(axis=1) >= threshold
        right = self.int8.argmax(axis=1) == self.classes
        return float(reaches.mean()), float(right[reaches].mean()) if reaches.any() else 0.0


def measure_ten_folds(spectra: Spectra, config: TrainingConfig) -> TenFolds:
    """Train ten networks, and score each fold with the one that was trained without it."""
    all_int8, all_float32, all_tested = [], [], []
    for fold in config.folds:
        tested = np.flatnonzero(spectra.folds == fold)
        trained_on = np.array(other_folds(spectra.clips, fold), np.intp)
        left_out = len(spectra.clips) - len(tested) - len(trained_on)
        if left_out:
            log.warning(
                "fold %d: %d clips of other folds are cut from recordings that are in this fold as "
                "well, and are left out",
                *(fold, left_out),
            )
        network = train_network(spectra, trained_on, config, f"without fold {fold}")
        windows = spectra.rows[tested].astype(np.float32)
        model = int8_model(to_int8(network, config.network, calibration(spectra, trained_on)))
        int8 = device_scores(model, windows)
        right = int8.argmax(axis=1) == spectra.classes[tested]
        log.info("fold %d: %.1f %% of %d clips", fold, 100 * right.mean(), len(tested))
        all_int8.append(int8)
        all_float32.append(probabilities(network, windows))
        all_tested.append(tested)
    tested = np.concatenate(all_tested)
    return TenFolds(
        *(spectra.classes[tested], spectra.folds[tested]),
        *(np.concatenate(all_int8), np.concatenate(all_float32)),
    )


def train_network(
    spectra: Spectra, chosen: NDArray[np.intp], config: TrainingConfig, phase: str
) -> keras.Model:
    """A folded network that is trained on some of the clips, or comes from the cache."""
    keras.utils.set_random_seed(config.seed)
    network = build_trainable(spectra.rows.shape[1:], len(LABELS), config.network)
    training_set = UrbanTrainingSet.of(spectra, chosen, config)
    settings = (
        config.seed,
        config.network,
        config.fit,
        config.schedule,
        config.augmentation,
        config.balance,
    )
    key = cache_key(
        *(settings, training_set.rows, training_set.classes),
        code=(*SOURCES, "training/urban/batches.py", "training/urban/ten_folds.py"),
    )

    def fit_and_recalibrate() -> None:
        fit(network, training_set, config.schedule, config.fit, phase)
        recalibrate_batchnorm(network, training_set, config.fit)

    path = config.cache / f"urbansound-{key}.weights.h5"
    cached_weights(path, network, fit_and_recalibrate)
    return fold_batchnorm(network, config.network)


def calibration(spectra: Spectra, chosen: NDArray[np.intp]) -> NDArray[np.float32]:
    """Windows that show the converter the ranges of all activations."""
    step = max(1, len(chosen) // CALIBRATION)
    return spectra.rows[chosen[::step]].astype(np.float32)

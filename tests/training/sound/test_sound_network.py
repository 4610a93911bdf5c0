"""The network in its forms: trainable, folded, and read back from an int8 model."""

from __future__ import annotations

import numpy as np
import pytest
from tensorflow import keras

from edge.errors import EdgeError
from edge.features.sound.specification import FRAMES
from sound_training import FIT, NETWORK, NO_AUGMENTATION, make_clips, small_config
from training.sound import export
from training.sound.data.log_mel import BANDS
from training.sound.learn import network
from training.sound.learn.fit import recalibrate_batchnorm
from training.sound.learn.front_ends import LECTURE
from training.sound.learn.network_config import NORMAL, SHORT_WINDOW, TINY, network_for_windows
from training.sound.learn.pretrained_model import from_tflite
from training.sound.learn.training_sets import task_training_set
from training.sound.task import keyword_task

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras and the converters


@pytest.fixture
def trainable() -> keras.Model:
    """Random weights, and statistics of batch normalisation that are not the initial ones."""
    built = network.build_trainable((FRAMES, BANDS), 4, NETWORK)
    rng = np.random.default_rng(0)
    for layer in built.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.get_weights()[0].shape
            layer.set_weights([rng.uniform(0.5, 1.5, shape) for _ in range(4)])
    return built


def random_windows(count: int) -> np.ndarray:
    return np.random.default_rng(1).normal(-5, 3, (count, FRAMES, BANDS)).astype(np.float32)


def test_the_windows_of_the_lecture_get_a_smaller_network():
    assert network_for_windows(NORMAL, LECTURE["shape"][0]) == SHORT_WINDOW
    assert network_for_windows(NORMAL, FRAMES) == NORMAL
    built = network.build_trainable(tuple(LECTURE["shape"]), 11, SHORT_WINDOW)
    assert built.output_shape == (None, 11)


def test_bias_class_multiplies_the_odds_of_a_class(trainable):
    folded = network.fold_batchnorm(trainable, NETWORK)
    windows = random_windows(20)
    before = network.probabilities(folded, windows)
    network.bias_class(folded, 2, 2.8)
    after = network.probabilities(folded, windows)
    for other in (0, 1, 3):
        odds = (after[:, 2] / after[:, other]) / (before[:, 2] / before[:, other])
        assert odds == pytest.approx(np.full(20, 2.8), rel=1e-3)


def test_recalibrated_batchnorm_has_the_statistics_of_the_training_windows(trainable, tmp_path):
    from dataclasses import replace

    clips = make_clips(["yes", "no"], "ab", "known")
    training_set = task_training_set(
        clips, clips.rows, small_config(keyword_task(["yes"]), tmp_path)
    )
    config = replace(FIT, augmentation=NO_AUGMENTATION)
    recalibrate_batchnorm(trainable, training_set, config)
    kind = keras.layers.BatchNormalization
    first = next(layer for layer in trainable.layers if isinstance(layer, kind))
    before_norm = keras.Model(trainable.input, first.input)
    draw = training_set.batches(config)
    windows = np.concatenate([draw(np.int64(0))[0] for _ in range(20)])
    expected = before_norm.predict(windows, verbose=0)
    _, _, mean, variance = first.get_weights()
    axes = (0, 1, 2)
    assert mean == pytest.approx(expected.mean(axis=axes), abs=0.05 * float(expected.std()))
    assert variance == pytest.approx(expected.var(axis=axes), rel=0.2)


def test_a_folded_network_gives_the_same_scores_and_can_be_read_back_from_int8(trainable):
    folded = network.fold_batchnorm(trainable, NETWORK)
    windows = random_windows(200)
    scores = network.probabilities(trainable, windows)
    assert np.abs(network.probabilities(folded, windows) - scores).max() < 1e-4

    int8 = export.to_int8(folded, NETWORK, windows)
    read = from_tflite(int8, (FRAMES, BANDS), 4, NETWORK)
    for found, expected in zip(read.get_weights(), folded.get_weights(), strict=True):
        assert np.abs(found - expected).max() <= max(np.abs(expected).max() / 100, 1e-4)
    assert np.abs(network.probabilities(read, windows) - scores).mean() < 0.02

    other = network.with_new_classes(folded, 7, NETWORK)
    assert other.output_shape == (None, 7)
    for found, expected in zip(other.get_weights()[:-2], folded.get_weights()[:-2], strict=True):
        assert (found == expected).all()
    with pytest.raises(EdgeError):
        from_tflite(int8, (FRAMES, BANDS), 4, TINY)

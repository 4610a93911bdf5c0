"""What a quanvolution is worth: four networks that differ in their first stage alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.quantum.quanvolution import Quanvolution
from training.common.int8_model import device_scores
from training.common.tflite import to_int8
from training.quantum import stage as quantum
from training.sound import export
from training.sound.data.log_mel import BANDS
from training.sound.learn import network
from training.sound.learn.network_config import TINY
from training.sound.task import Task

NONE, ORDINARY = "no stage", "ordinary convolution"
RANDOM, TRAINED = "quanvolution, random", "quanvolution, trained"
ARMS = (RANDOM, TRAINED, ORDINARY, NONE)
OUTPUTS = 4  # of a patch of 2 x 2, in each arm that has a stage
SHAPE = replace(TINY, stride=1)
BATCH = 256
RATE = 4e-3
CALIBRATION = 500
TIMED = 200

Tensors = NDArray[np.float32]


@dataclass(frozen=True)
class Examples:
    """Windows of log-mel (n, FRAMES, BANDS), scaled to 0..1, and the number of each one's label."""

    windows: NDArray[np.floating]
    classes: NDArray[np.int64]


def scaled(windows: NDArray[np.floating]) -> Tensors:
    """As a quanvolution scales its input: every arm is given the same."""
    low, high = quantum.SCALE
    return np.clip((windows.astype(np.float32) - low) * (1 / (high - low)), 0, 1)


def run(
    arm: str,
    seed: int,
    pool: Examples,
    judges: Mapping[str, Examples],
    task: Task,
    epochs: int,
) -> dict[str, Any]:
    """Train one network on the pool, and what its int8 model and it itself then say."""
    keras.utils.set_random_seed(seed)
    shape = SHAPE if arm != NONE else replace(SHAPE, stride=2)
    rows = (quantum.FRAMES, BANDS) if arm == NONE else (quantum.FRAMES // 2, BANDS // 2, OUTPUTS)
    plain = network.build_trainable(rows, len(task.labels), shape)
    whole = _behind_stage(arm, seed, plain)
    started = time.monotonic()
    _fit(whole, pool, epochs, seed)
    seconds = time.monotonic() - started

    final = network.fold_batchnorm(plain, shape)
    stage, circuit = None, None
    if arm in (RANDOM, TRAINED):
        described = whole.get_layer("stage").description()
        stage, circuit = Quanvolution(described, BANDS), described | {"scale": [*quantum.SCALE]}
    elif arm == ORDINARY:
        given = keras.Input((quantum.FRAMES, BANDS))
        final = keras.Model(given, final(_convolved(given, whole.get_layer("stage"))))
    wanted = quantum.wanted(circuit) if circuit else None
    ranges = _in_front(stage, pool.windows[:CALIBRATION])
    # Whole windows are all that is asked of it, so it need not go in steps.
    model = export.load_int8(to_int8(final, ranges), task, wanted)
    found: dict[str, Any] = {"arm": arm, "seed": seed, "circuit": circuit}
    found |= {"int8": {}, "float": {}, "int8_all": {}, "seconds": round(seconds, 1)}
    for split, examples in judges.items():
        tensors = _in_front(stage, examples.windows)
        words = examples.classes < len(task.event_labels)
        by_int8 = device_scores(model, tensors).argmax(axis=1) == examples.classes
        by_float = network.probabilities(final, tensors).argmax(axis=1) == examples.classes
        found["int8"][split] = float(by_int8[words].mean())
        found["float"][split] = float(by_float[words].mean())
        found["int8_all"][split] = float(by_int8.mean())
    levels = model.quantised(ranges[0])
    found["network_us"] = microseconds(lambda: model.run(levels))
    window = pool.windows[0].astype(np.float32)
    found["stage_us"] = microseconds(lambda: stage.apply(window)) if stage else None
    found["weights"] = final.count_params() + (_angles(whole) if arm == TRAINED else 0)
    return found


def _in_front(stage: Quanvolution | None, windows: NDArray[np.floating]) -> Tensors:
    """What the int8 network is given."""
    single = windows.astype(np.float32)
    return single if stage is None else np.stack([stage.apply(window) for window in single])


def _behind_stage(arm: str, seed: int, plain: keras.Model) -> keras.Model:
    given = keras.Input((quantum.FRAMES, BANDS))
    if arm == NONE:
        return keras.Model(given, plain(given))
    if arm == ORDINARY:
        layer = keras.layers.Conv2D(OUTPUTS, 2, strides=2, activation="relu", name="stage")
        return keras.Model(given, plain(_convolved(given, layer)))
    described = {**quantum.drawn(seed), "scale": None}
    stage = quantum.layer(described, trainable=arm == TRAINED)
    return keras.Model(given, plain(stage(given)))


def _convolved(given: keras.KerasTensor, layer: keras.layers.Layer) -> keras.KerasTensor:
    return layer(keras.layers.Reshape((*given.shape[1:], 1))(given))


def _angles(whole: keras.Model) -> int:
    return int(whole.get_layer("stage").count_params())


def _fit(whole: keras.Model, pool: Examples, epochs: int, seed: int) -> None:
    """The same windows in the same order for each arm of a seed."""
    rng, count = np.random.default_rng(seed), len(pool.windows) // BATCH * BATCH
    order = np.concatenate([rng.permutation(len(pool.windows))[:count] for _ in range(epochs)])
    windows, classes = tf.constant(pool.windows), tf.one_hot(pool.classes, whole.output_shape[-1])

    def drawn(which: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.cast(tf.gather(windows, which), tf.float32), tf.gather(classes, which)

    steps = len(order) // BATCH
    rate = keras.optimizers.schedules.CosineDecay(
        RATE / 10, steps, warmup_target=RATE, warmup_steps=steps // 20
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-2, clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["angles"])
    whole.compile(optimizer, keras.losses.CategoricalCrossentropy(label_smoothing=0.05))
    whole.fit(tf.data.Dataset.from_tensor_slices(order).batch(BATCH).map(drawn), verbose=0)


def microseconds(function: Callable[[], object]) -> float:
    """The median: what others do on this machine meanwhile is no matter of ours."""
    taken = []
    for _ in range(TIMED):
        started = time.perf_counter()
        function()
        taken.append(time.perf_counter() - started)
    return round(1e6 * float(np.median(taken)), 1)

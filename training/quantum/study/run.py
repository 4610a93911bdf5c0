"""One run of the study: a network is trained, exported as int8, evaluated and timed."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.quantum.quanvolution import Quanvolution
from training.common.int8_model import device_scores
from training.common.tflite import to_int8
from training.quantum.circuits import model_input
from training.quantum.cost import microseconds
from training.quantum.study.arms import Arm, build_arm, finish_arm
from training.quantum.study.config import StudyConfig
from training.quantum.study.data import Examples, StudyData
from training.sound.export import load_int8
from training.sound.learn import network


def run_arm(name: str, seed: int, data: StudyData, config: StudyConfig) -> dict[str, Any]:
    """Train one network and return its results, as described at `results.Runs`."""
    task = config.training.task
    arm = build_arm(name, seed, len(task.labels), config.network)
    started = time.monotonic()
    _fit(arm, data.training, seed, config)
    seconds = time.monotonic() - started
    finished = finish_arm(arm)
    calibration = _stage_output(finished.stage, data.training.windows[: config.calibration_windows])
    # The study scores whole windows only, so the network is not exported in streaming form.
    model = load_int8(
        to_int8(finished.network, calibration),
        task,
        model_input(finished.quanvolution) if finished.quanvolution else None,
    )
    result: dict[str, Any] = {"arm": name, "seed": seed, "circuit": finished.quanvolution}
    result |= {"int8": {}, "float": {}, "int8_all": {}, "seconds": round(seconds, 1)}
    for split, examples in data.evaluation.items():
        tensors = _stage_output(finished.stage, examples.windows)
        words = examples.classes < len(task.event_labels)
        int8 = device_scores(model, tensors).argmax(axis=1) == examples.classes
        float32 = network.probabilities(finished.network, tensors).argmax(axis=1)
        result["int8"][split] = float(int8[words].mean())
        result["float"][split] = float((float32 == examples.classes)[words].mean())
        result["int8_all"][split] = float(int8.mean())
    quantised = model.quantised(calibration[0])
    result["network_us"] = microseconds(lambda: model.run(quantised))
    stage, window = finished.stage, data.training.windows[0].astype(np.float32)
    result["stage_us"] = microseconds(lambda: stage.apply(window)) if stage else None
    result["weights"] = finished.weights
    return result


def _stage_output(stage: Quanvolution | None, windows: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the input of the exported network."""
    single = windows.astype(np.float32)
    return single if stage is None else np.stack([stage.apply(window) for window in single])


def _fit(arm: Arm, examples: Examples, seed: int, config: StudyConfig) -> None:
    """Train with the same windows in the same order for each arm of a seed."""
    rng = np.random.default_rng(seed)
    count = len(examples.windows) // config.batch_size * config.batch_size
    permutations = [rng.permutation(len(examples.windows))[:count] for _ in range(config.epochs)]
    order = np.concatenate(permutations)
    windows = tf.constant(examples.windows)
    classes = tf.one_hot(examples.classes, arm.model.output_shape[-1])

    def batch(indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.cast(tf.gather(windows, indices), tf.float32), tf.gather(classes, indices)

    steps = len(order) // config.batch_size
    rate = keras.optimizers.schedules.CosineDecay(
        config.learning_rate / 10,
        steps,
        warmup_target=config.learning_rate,
        warmup_steps=steps // 20,
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-2, clipnorm=5.0)
    optimizer.exclude_from_weight_decay(var_names=["angles"])
    arm.model.compile(optimizer, keras.losses.CategoricalCrossentropy(label_smoothing=0.05))
    batches = tf.data.Dataset.from_tensor_slices(order).batch(config.batch_size).map(batch)
    arm.model.fit(batches, verbose=0)

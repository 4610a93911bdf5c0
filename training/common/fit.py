"""Fit a Keras network, alone or together with the other workers of TF_CONFIG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow import keras

from training.common.tf_config import share
from training.common.workers import join_workers


def fit_network(
    network: keras.Model,
    compile_network: Callable[[keras.Model], None],
    batches: tf.data.Dataset,
    epochs: int,
    steps_per_epoch: int,
    callback: keras.callbacks.Callback,
) -> None:
    """Train a network on endless random batches; all workers draw the same ones."""
    joined = join_workers()
    if joined is not None:
        _fit_together(joined, network, compile_network, batches, epochs, steps_per_epoch, callback)
        return
    compile_network(network)
    network.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        verbose=0,
        shuffle=False,  # every batch is drawn at random
        callbacks=[callback],
    )


def _fit_together(
    joined: tf.distribute.Strategy,
    network: keras.Model,
    compile_network: Callable[[keras.Model], None],
    batches: tf.data.Dataset,
    epochs: int,
    steps_per_epoch: int,
    callback: keras.callbacks.Callback,
) -> None:
    """Train a copy whose weights are the same on all workers, and take them over.

    `Model.fit` of Keras 3 fails with several workers, so its steps are called here.
    """
    mine = batches.map(lambda *batch: tf.nest.map_structure(_my_share, batch))
    with joined.scope():
        copy = keras.models.clone_model(network)
        copy.set_weights(network.get_weights())
        compile_network(copy)
        _build(copy, next(iter(mine)))

    @tf.function
    def step(batch: Any) -> dict[str, tf.Tensor]:
        logs: dict[str, tf.Tensor] = joined.run(copy.train_step, (batch,))
        return logs

    callback.set_params({"epochs": epochs, "steps": steps_per_epoch})
    callback.set_model(copy)
    callback.on_train_begin()
    rows = iter(joined.distribute_datasets_from_function(lambda _: mine))
    for epoch in range(epochs):
        copy.reset_metrics()
        for _ in range(steps_per_epoch):
            logs = step(next(rows))
        values = {name: joined.experimental_local_results(value)[0] for name, value in logs.items()}
        callback.on_epoch_end(epoch, {name: float(value) for name, value in values.items()})
    with joined.scope():
        copy.optimizer.finalize_variable_values(copy.trainable_variables)
    network.set_weights(copy.get_weights())


def _my_share(values: tf.Tensor) -> tf.Tensor:
    return values[share(values.shape[0])]


def _build(network: keras.Model, batch: Any) -> None:
    """Create the variables of the optimizer and of the metrics, which a step must not."""
    inputs, targets, *weights = batch
    outputs = network(inputs)
    network.compute_loss(inputs, targets, outputs, *weights)
    network.compute_metrics(inputs, targets, outputs, *weights)
    network.optimizer.build(network.trainable_variables)
    network.reset_metrics()

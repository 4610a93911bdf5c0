"""How AirDigit learns: from simulated people first, then from them and real ones together."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.atomic_write import atomic_write
from training.common.cache import source_code
from training.motion import network
from training.motion.augmentation import augment
from training.motion.simulated_people import CACHE
from training.motion.strokes import LABELS, NONE, Strokes

log = logging.getLogger(__name__)

BATCH = 128
SMOOTHING = 0.02  # of the labels: writers do disagree about what is a 1 and what a 7
WEIGHT_DECAY = 1e-3
NONE_SHARE = 0.35  # of the simulated strokes; there are more of them than of all digits


@dataclass(frozen=True)
class Plan:
    """One stretch of training."""

    epochs: int
    steps: int  # of BATCH strokes in an epoch
    rate: float  # highest learning rate
    real_share: float = 0.0  # of the strokes shown


PRETRAIN = Plan(epochs=30, steps=400, rate=3e-3)
FINISH = Plan(epochs=15, steps=300, rate=1e-3, real_share=0.4)
ADAPT = Plan(epochs=8, steps=100, rate=5e-4, real_share=0.5)


def pretrain(simulated: Strokes, seed: int) -> keras.Model:
    """A network that has only seen simulated people."""
    keras.utils.set_random_seed(seed)
    fresh = network.learning()
    stored = _stored(simulated, seed)
    if stored.exists():
        fresh.load_weights(stored)
        return fresh
    _fit(fresh, simulated, None, PRETRAIN, "simulated people")
    with atomic_write(stored) as unfinished:
        fresh.save_weights(unfinished)
    return fresh


def _stored(simulated: Strokes, seed: int) -> Path:
    """Where a pretrained network of these very strokes and this very code is kept."""
    key = hashlib.sha256(repr((PRETRAIN, seed)).encode() + simulated.motion.tobytes())
    key.update(
        source_code(
            "training/motion/fit.py",
            "training/motion/network.py",
            "training/motion/augmentation.py",
        )
    )
    return CACHE / f"pretrained-{key.hexdigest()[:16]}.weights.h5"


def finish(pretrained: keras.Model, simulated: Strokes, real: Strokes, seed: int) -> keras.Model:
    """A copy that goes on with real strokes mixed in, ready to run (folded)."""
    keras.utils.set_random_seed(seed)
    copy = network.learning()
    copy.set_weights(pretrained.get_weights())
    if len(real):
        _fit(copy, simulated, real, FINISH, "with real strokes")
    return network.folded(copy)


def adapt(base: keras.Model, simulated: Strokes, own: Strokes, seed: int) -> keras.Model:
    """A folded network, gone on with one person's own takes."""
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(base)
    copy.set_weights(base.get_weights())
    _fit(copy, simulated, own, ADAPT, "own takes")
    return copy


def _fit(
    model: keras.Model, simulated: Strokes, real: Strokes | None, plan: Plan, what: str
) -> None:
    shown = round(BATCH * plan.real_share) if real is not None else 0
    draws = [_Draw(simulated, BATCH - shown)]
    if real is not None and shown:
        draws.append(_Draw(real, shown))

    def batch(_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        strokes, classes = zip(*(draw() for draw in draws), strict=True)
        return augment(tf.concat(strokes, 0)), tf.one_hot(tf.concat(classes, 0), len(LABELS))

    batches = tf.data.Dataset.range(1).repeat().map(batch, tf.data.AUTOTUNE).prefetch(4)
    steps = plan.epochs * plan.steps
    schedule = keras.optimizers.schedules.CosineDecay(
        plan.rate / 10, steps, warmup_target=plan.rate, warmup_steps=steps // 20
    )
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        keras.losses.CategoricalCrossentropy(label_smoothing=SMOOTHING),
        metrics=["accuracy"],
    )
    model.fit(
        batches,
        epochs=plan.epochs,
        steps_per_epoch=plan.steps,
        verbose=0,
        callbacks=[_Progress(what, plan.epochs)],
    )


class _Progress(keras.callbacks.Callback):
    def __init__(self, what: str, epochs: int) -> None:
        super().__init__()
        self.what, self.epochs = what, epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        logs = logs or {}
        log.info(
            "%s: epoch %d of %d, loss %.3f, %.1f %% right (augmented)",
            *(self.what, epoch + 1, self.epochs, logs["loss"], 100 * logs["accuracy"]),
        )


def _balance(strokes: Strokes) -> NDArray[np.float64]:
    """How often each stroke is shown: corpora alike, and the labels in one; sums to one."""
    weight = np.zeros(len(strokes))
    for corpus in np.unique(strokes.corpus):
        for label in np.unique(strokes.label[strokes.corpus == corpus]):
            rows = (strokes.corpus == corpus) & (strokes.label == label)
            digits = len(np.unique(strokes.label[strokes.corpus == corpus])) - 1
            share = NONE_SHARE * digits / (1 - NONE_SHARE) if label == NONE else 1.0
            weight[rows] = share / rows.sum()
    return weight / weight.sum()


class _Draw:
    """Draws some strokes of a set, each as likely as its weight."""

    def __init__(self, strokes: Strokes, count: int) -> None:
        self.count = count
        self.tensors = tf.constant(strokes.tensors)
        self.classes = tf.constant(strokes.classes(), tf.int32)
        self.ends = tf.constant(np.cumsum(_balance(strokes)), tf.float32)

    def __call__(self) -> tuple[tf.Tensor, tf.Tensor]:
        found = tf.searchsorted(self.ends, tf.random.uniform([self.count]))
        rows = tf.minimum(found, len(self.classes) - 1)
        return tf.gather(self.tensors, rows), tf.gather(self.classes, rows)

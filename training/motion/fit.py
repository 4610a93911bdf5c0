"""The training loop: first on simulated people, then on simulated and recorded strokes together."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.cache import cache_key, cached_weights
from training.common.epoch_logger import EpochLogger
from training.common.optimizer import adamw
from training.common.sampling import WeightedSampler
from training.motion import network
from training.motion.augmentation import augment
from training.motion.config import Schedule, TrainingConfig
from training.motion.strokes import LABELS, NONE, Strokes

CODE = (
    "training/common/optimizer.py",
    "training/common/sampling.py",
    "training/motion/augmentation.py",
    "training/motion/fit.py",
    "training/motion/network.py",
)


def pretrain(simulated: Strokes, config: TrainingConfig) -> keras.Model:
    """A network trained on simulated people alone; from the cache if it was trained before."""
    keras.utils.set_random_seed(config.seed)
    model = network.build_trainable()
    key = cache_key(
        *(config.pretrain, config.seed, config.batch_size, config.label_smoothing),
        *(config.weight_decay, config.none_share, config.augmentation),
        simulated.motion,
        code=CODE,
    )
    path = config.cache / f"pretrained-{key}.weights.h5"
    cached_weights(
        path, model, lambda: _fit(model, simulated, None, config.pretrain, config, "pretraining")
    )
    return model


def finetune(
    pretrained: keras.Model, simulated: Strokes, recorded: Strokes, config: TrainingConfig
) -> keras.Model:
    """A copy of a pretrained network that is trained on recorded strokes too, and folded."""
    keras.utils.set_random_seed(config.seed)
    model = network.build_trainable()
    model.set_weights(pretrained.get_weights())
    if len(recorded):
        _fit(model, simulated, recorded, config.finetune, config, "finetuning")
    return network.fold_batchnorm(model)


def adapt(
    base: keras.Model, simulated: Strokes, own: Strokes, config: TrainingConfig
) -> keras.Model:
    """A copy of a folded network that is trained further on the takes of one person."""
    keras.utils.set_random_seed(config.seed)
    model = keras.models.clone_model(base)
    model.set_weights(base.get_weights())
    _fit(model, simulated, own, config.adapt, config, "adaptation to own takes")
    return model


def _fit(
    model: keras.Model,
    simulated: Strokes,
    recorded: Strokes | None,
    schedule: Schedule,
    config: TrainingConfig,
    task: str,
) -> None:
    """Train on random batches of augmented strokes."""
    steps = schedule.epochs * schedule.steps
    model.compile(
        adamw(schedule.learning_rate, steps, config.weight_decay),
        keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
    )
    model.fit(
        _batches(simulated, recorded, schedule, config),
        epochs=schedule.epochs,
        steps_per_epoch=schedule.steps,
        verbose=0,
        callbacks=[EpochLogger(task)],
    )


def _batches(
    simulated: Strokes, recorded: Strokes | None, schedule: Schedule, config: TrainingConfig
) -> tf.data.Dataset:
    """Endless batches of model inputs and one-hot labels."""
    count = round(config.batch_size * schedule.recorded_share) if recorded is not None else 0
    sources = [_Source(simulated, config.batch_size - count, config.none_share)]
    if recorded is not None and count:
        sources.append(_Source(recorded, count, config.none_share))

    def batch(_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        tensors, classes = zip(*(source.draw() for source in sources), strict=True)
        x = augment(tf.concat(tensors, 0), config.augmentation)
        return x, tf.one_hot(tf.concat(classes, 0), len(LABELS))

    return tf.data.Dataset.range(1).repeat().map(batch, tf.data.AUTOTUNE).prefetch(4)


class _Source:
    """Draws `count` random strokes of a set for each batch."""

    def __init__(self, strokes: Strokes, count: int, none_share: float) -> None:
        self.count = count
        self.tensors = tf.constant(strokes.tensors)
        self.classes = tf.constant(strokes.classes(), tf.int32)
        self.sample = WeightedSampler(sampling_weights(strokes, none_share))

    def draw(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Model inputs and class numbers."""
        rows = self.sample(self.count)
        return tf.gather(self.tensors, rows), tf.gather(self.classes, rows)


def sampling_weights(strokes: Strokes, none_share: float) -> NDArray[np.float64]:
    """How often each stroke is drawn; the weights sum to one.

    Within a corpus, all digits are drawn equally often, and `none` has the share `none_share`. Two
    corpora with the same labels are drawn equally often.
    """
    weight = np.zeros(len(strokes))
    for corpus in np.unique(strokes.corpus):
        in_corpus = strokes.corpus == corpus
        labels = np.unique(strokes.label[in_corpus])
        for label in labels:
            rows = in_corpus & (strokes.label == label)
            share = none_share * (len(labels) - 1) / (1 - none_share) if label == NONE else 1.0
            weight[rows] = share / rows.sum()
    return weight / weight.sum()

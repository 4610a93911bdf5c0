"""The training loop: first on simulated limbs, then on simulated hands and recorded strokes too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import tensorflow as tf
from tensorflow import keras

from edge.features.motion.pose import OTHER_SIGN
from training.common.cache import cache_key, cached_weights
from training.common.epoch_logger import EpochLogger
from training.common.fit import fit_network
from training.common.optimizer import adamw
from training.common.sampling import WeightedSampler
from training.motion import network
from training.motion.augmentation import augment
from training.motion.config import Schedule, TrainingConfig
from training.motion.examples import Examples, Simulated, mix, recorded_examples
from training.motion.strokes import LABELS, MODEL_LABELS, NONE, UPSIDE_DOWN, Strokes

CODE = (
    "training/common/fit.py",
    "training/common/optimizer.py",
    "training/common/sampling.py",
    "training/motion/augmentation.py",
    "training/motion/fit.py",
    "training/motion/network.py",
)


def pretrain(limbs: Examples, config: TrainingConfig) -> keras.Model:
    """A network trained on simulated limbs alone; from the cache if it was trained before."""
    keras.utils.set_random_seed(config.seed)
    model = network.build_trainable()
    key = cache_key(
        *(config.pretrain, config.seed, config.batch_size, config.label_smoothing),
        *(config.weight_decay, config.augmentation),
        *(limbs.trajectories, limbs.trust, limbs.weight),
        code=CODE,
    )
    path = config.cache / f"pretrained-{key}.weights.h5"
    schedule = config.pretrain
    cached_weights(path, model, lambda: fit_examples(model, limbs, schedule, config, "pretraining"))
    return model


def finetune(
    pretrained: keras.Model, simulated: Simulated, recorded: Strokes, config: TrainingConfig
) -> keras.Model:
    """A copy of a pretrained network that is trained on all strokes, and folded."""
    keras.utils.set_random_seed(config.seed)
    model = network.build_trainable()
    model.set_weights(pretrained.get_weights())
    mixed = _mixed(simulated, config.finetune, _recorded(model, recorded))
    config = replace(config, augmentation=config.finetune_augmentation)
    fit_examples(model, mixed, config.finetune, config, "finetuning")
    return network.fold_batchnorm(model)


def adapt(
    base: keras.Model, simulated: Simulated, own: Strokes, config: TrainingConfig
) -> keras.Model:
    """A copy of a folded network that is trained further on the takes of one person."""
    keras.utils.set_random_seed(config.seed)
    model = keras.models.clone_model(base)
    model.set_weights(base.get_weights())
    mixed = _mixed(simulated, config.adapt, _recorded(model, own))
    config = replace(config, augmentation=config.finetune_augmentation)
    fit_examples(model, mixed, config.adapt, config, "adaptation to own takes")
    return model


def _mixed(simulated: Simulated, schedule: Schedule, recorded: Sequence[Examples]) -> Examples:
    """All examples in the shares of a schedule; those of all recorded corpora in equal shares."""
    share = schedule.recorded_share if recorded else 0.0
    hands_share = schedule.hands_share
    parts = [(simulated.limbs, 1 - share - hands_share), (simulated.hands, hands_share)]
    return mix([*parts, *((one, share / len(recorded)) for one in recorded)])


def _recorded(model: keras.Model, recorded: Strokes) -> list[Examples]:
    """The examples of each recorded corpus. The network finds the sign of each stroke."""
    score = partial(network.probabilities, model)
    corpora = sorted(set(recorded.corpus))
    return [recorded_examples(recorded[recorded.corpus == corpus], score) for corpus in corpora]


def fit_examples(
    model: keras.Model,
    examples: Examples,
    schedule: Schedule,
    config: TrainingConfig,
    task: str,
) -> None:
    """Train on random batches of augmented examples."""
    steps = schedule.epochs * schedule.steps

    def compile_network(compiled: keras.Model) -> None:
        compiled.compile(
            adamw(schedule.learning_rate, steps, config.weight_decay),
            keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
            metrics=["accuracy"],
        )

    fit_network(
        *(model, compile_network, _batches(examples, config)),
        *(schedule.epochs, schedule.steps, EpochLogger(task)),
    )


def _batches(examples: Examples, config: TrainingConfig) -> tf.data.Dataset:
    """Endless batches of network inputs and one-hot labels."""
    examples = examples[examples.weight > 0]
    trajectories, trust = tf.constant(examples.trajectories), tf.constant(examples.trust)
    classes, signed = tf.constant(examples.classes), tf.constant(examples.signed)
    readable = tf.constant(examples.readable)
    sample = WeightedSampler(examples.weight)
    settings = config.augmentation
    none, upside_down = LABELS.index(NONE), MODEL_LABELS.index(UPSIDE_DOWN)

    def batch(_: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        rows = sample(config.batch_size)
        y, has_sign = tf.gather(classes, rows), tf.gather(signed, rows)
        x = augment(
            tf.gather(trajectories, rows),
            tf.gather(trust, rows),
            tf.gather(readable, rows),
            settings,
        )
        chance = tf.where(
            y != none,
            settings.upside_down,
            tf.where(has_sign, settings.none_upside_down, 0.0),
        )
        flip = tf.random.uniform([config.batch_size]) < chance
        x = tf.where(flip[:, None, None], x * OTHER_SIGN.astype("float32"), x)
        y = tf.where(flip & has_sign, upside_down, y)
        return x, tf.one_hot(y, len(MODEL_LABELS))

    return tf.data.Dataset.range(1).repeat().map(batch, tf.data.AUTOTUNE).prefetch(4)

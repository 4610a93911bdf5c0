"""How a network learns words: all that are known first, then those of its task.

The first stretch is the same for every task: each word of each corpus is a class of its own, so
that "no" and "go" differ by more than that one of them is asked for. In the last stretch a
teacher helps, a larger network that knows them all. What takes long is kept.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.common.atomic_write import atomic_write
from training.common.cache import source_code
from training.sound.data.clips import Clips, where_spoken
from training.sound.data.folder_layouts import SILENCE
from training.sound.learn import augmentation as augment_module
from training.sound.learn import network
from training.sound.learn.augmentation import Strength, augment
from training.sound.learn.layers import Shape

log = logging.getLogger(__name__)

CACHE = Path("out/cache")
MADE_BY = (
    "training/sound/learn/augmentation.py",
    "training/sound/data/clips.py",
    "training/sound/learn/layers.py",
    "training/sound/learn/network.py",
    "training/sound/learn/fit.py",
)
BATCH = 256
STEPS = 200  # of BATCH clips in an epoch
SMOOTHING = 0.05
WEIGHT_DECAY = 1e-2
AVERAGED = 0.998  # of the weights, from step to step ...
FORGET = 2.4  # ... and less over few steps, or what they began with would be in the average ...
FORGET_NORMS = 10.0  # ... and in that of what the norms see
SETTLE = 0.9  # of what they saw, where they see it anew
PART = "part of a word"  # a class of the first stretch
BABBLE = 0.15  # share of noise that is other people's words


@dataclass(frozen=True)
class Plan:
    """One stretch of training."""

    epochs: int
    rate: float  # highest learning rate
    strength: Strength = Strength()
    smoothing: float = SMOOTHING
    """Of the labels. A word is told from its like by how sure the network is, so not at last."""


PRETRAIN = Plan(epochs=80, rate=4e-3)
FINISH = Plan(epochs=30, rate=2e-3, smoothing=0.0)
ADAPT = Plan(epochs=4, rate=1e-3)
TEACHER = Plan(epochs=24, rate=3e-3, smoothing=0.0)
WAVES = Plan(epochs=30, rate=3e-3)  # without a first stretch
FULL = 50_000  # clips, for which they are made
FEWEST = 4  # epochs
TRUST = 0.7  # of what is true of a window is what a teacher makes of it

Draw = Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def for_clips(plan: Plan, count: int) -> Plan:
    """So many clips are learnt in less time than all there are: own ones in minutes."""
    epochs = round(plan.epochs * min(1.0, (count / FULL) ** 0.5))
    return replace(plan, epochs=max(min(FEWEST, plan.epochs), epochs))


@dataclass(frozen=True)
class Teacher:
    """A network too large to ship, which knows what is left of a word in noise: nothing, at times,
    and then a small one must not learn to be sure of it."""

    network: keras.Model
    groups: tuple[int, ...]
    """The label of the lesson to which each word that it knows belongs."""
    corpora: tuple[str, ...]
    """What it learnt from. Of other people's words, and of other languages, it says nothing."""

    def asked(self, clips: Clips) -> NDArray[np.bool_]:
        """Of which clips it may speak."""
        return np.isin(clips.corpus, self.corpora) | (clips.word == SILENCE)

    def says(self, windows: tf.Tensor, labels: int) -> tf.Tensor:
        sums = np.eye(labels, dtype=np.float32)[list(self.groups)]
        return self.network(windows, training=False) @ sums


@dataclass(frozen=True)
class Lesson:
    """What is to be learnt: clips, what each of them is, how often it is shown, and noise."""

    clips: Clips
    classes: NDArray[np.int64]
    weight: NDArray[np.float64]
    noise: NDArray[np.float16]
    """(n, ROWS, bands): what may be heard behind any clip."""
    labels: tuple[str, ...]
    part: int
    """The class of a word of which too little is seen."""
    teacher: Teacher | None = field(default=None, kw_only=True)

    @property
    def inputs(self) -> tuple[int, ...]:
        """Frames and bands of a window."""
        return augment_module.FRAMES, self.clips.rows.shape[2]

    def drawing(self, strength: Strength) -> Draw:
        """What draws a batch of windows, and their classes as shares."""
        return _Batch(self, strength)

    @property
    def fingerprint(self) -> str:
        teacher = self.teacher
        knows = (teacher.groups, teacher.corpora) if teacher else ()
        key = hashlib.sha256(repr((self.labels, self.part, *knows)).encode())
        taught = teacher.network.get_weights() if teacher else []
        for array in (self.clips.rows, self.classes, self.weight, self.noise, *taught):
            key.update(np.ascontiguousarray(array).tobytes())
        return key.hexdigest()


def all_words(clips: Clips, noise: NDArray[np.float16], weight: NDArray[np.float64]) -> Lesson:
    """The first stretch: every word is a class."""
    labels = (SILENCE, PART, *sorted(set(clips.word) - {SILENCE, "unknown"}))
    known = clips.word != "unknown"
    clips, weight = clips[known], weight[known]
    return Lesson(clips, clips.labelled(labels, PART), weight, noise, labels, labels.index(PART))


def pretrain(
    lesson: Lesson, shape: Shape, seed: int, plan: Plan = PRETRAIN, what: str = "all words"
) -> keras.Model:
    keras.utils.set_random_seed(seed)
    fresh = network.learning(lesson.inputs, len(lesson.labels), shape)
    _fit_once(fresh, lesson, seed, plan, what)
    return fresh


def learn(lesson: Lesson, shape: Shape, seed: int, plan: Plan = WAVES) -> keras.Model:
    """A network from nothing, ready to run (folded)."""
    keras.utils.set_random_seed(seed)
    fresh = network.learning(lesson.inputs, len(lesson.labels), shape)
    fit(fresh, lesson, plan, "its own words")
    settle(fresh, lesson, plan.strength)
    return network.folded(fresh, shape)


def settle(model: keras.Model, lesson: Lesson, strength: Strength) -> None:
    """Let the norms see what the averaged weights do: they have seen those of each step."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = SETTLE
    draw = lesson.drawing(strength)
    for _ in range(round(5 / (1 - SETTLE))):
        model(draw(tf.constant(0))[0], training=True)


def finish(
    pretrained: keras.Model,
    lesson: Lesson,
    shape: Shape,
    seed: int,
    plan: Plan = FINISH,
    groups: Sequence[int] | None = None,
) -> keras.Model:
    """A copy that goes on with the words of one task, ready to run (folded).

    With `groups`, it goes on telling apart all words that it knows, and says their sums:
    `groups[k]` is the label to which word k belongs.
    """
    keras.utils.set_random_seed(seed)
    classes = len(lesson.labels) if groups is None else len(groups)
    copy = network.with_head_for(pretrained, classes, shape, groups)
    _fit_once(copy, lesson, seed, plan, "its own words")
    settle(copy, lesson, plan.strength)
    return network.folded(copy, shape)


def adapt(base: keras.Model, lesson: Lesson, seed: int, plan: Plan = ADAPT) -> keras.Model:
    """A folded network, gone on with somebody's own takes."""
    keras.utils.set_random_seed(seed)
    copy = keras.models.clone_model(base)
    copy.set_weights(base.get_weights())
    fit(copy, lesson, plan, "own takes")
    return copy


def _fit_once(model: keras.Model, lesson: Lesson, seed: int, plan: Plan, what: str) -> None:
    """As `fit`, or what came of it when it was done before."""
    stored = _stored(model, lesson, seed, plan)
    if stored.exists():
        try:
            model.load_weights(stored)
            return
        except (OSError, ValueError):
            log.warning("%s is damaged: learnt again", stored)
    fit(model, lesson, plan, what)
    with atomic_write(stored) as unfinished:
        model.save_weights(unfinished)


def _stored(model: keras.Model, lesson: Lesson, seed: int, plan: Plan) -> Path:
    """Where is kept what this network learns of these very clips, by this plan and this code."""
    key = hashlib.sha256(repr((plan, seed, lesson.fingerprint)).encode())
    for weights in model.get_weights():
        key.update(repr(weights.shape).encode() + np.ascontiguousarray(weights).tobytes())
    key.update(source_code(*MADE_BY))
    return CACHE / f"words-{key.hexdigest()[:16]}.weights.h5"


def fit(model: keras.Model, lesson: Lesson, plan: Plan, what: str) -> None:
    batches = tf.data.Dataset.range(1).repeat().map(lesson.drawing(plan.strength), 1).prefetch(4)
    steps = plan.epochs * STEPS
    schedule = keras.optimizers.schedules.CosineDecay(
        plan.rate / 10, steps, warmup_target=plan.rate, warmup_steps=steps // 20
    )
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = min(layer.momentum, 1 - FORGET_NORMS / steps)
    model.compile(
        keras.optimizers.AdamW(
            schedule,
            weight_decay=WEIGHT_DECAY,
            clipnorm=5.0,
            use_ema=True,
            ema_momentum=min(AVERAGED, 1 - FORGET / steps),
        ),
        keras.losses.CategoricalCrossentropy(label_smoothing=plan.smoothing),
        metrics=["accuracy"],
    )
    model.fit(
        batches,
        epochs=plan.epochs,
        steps_per_epoch=STEPS,
        verbose=0,
        shuffle=False,  # each batch is drawn
        callbacks=[_Progress(what, plan.epochs)],
    )


def some_windows(lesson: Lesson, count: int) -> NDArray[np.float32]:
    """Windows as training shows them, the same ones each time."""
    return some_examples(lesson, count)[0]


def some_examples(lesson: Lesson, count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Such windows, and what they are (one-hot)."""
    keras.utils.set_random_seed(0)
    batch = lesson.drawing(FINISH.strength)
    parts = [batch(tf.constant(0)) for _ in range(-(-count // BATCH))]
    windows, classes = (
        np.concatenate([part.numpy() for part in side]) for side in zip(*parts, strict=True)
    )
    return windows[:count], classes[:count]


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


class _Batch:
    """Draws clips, each as likely as its weight, and makes other people and rooms of them."""

    def __init__(self, lesson: Lesson, strength: Strength) -> None:
        self.strength, self.part, self.classes = strength, lesson.part, len(lesson.labels)
        self.silent = tf.constant(lesson.clips.word == SILENCE)
        self.rows = tf.constant(lesson.clips.rows)
        self.span = tf.constant(where_spoken(lesson.clips.rows), tf.int32)
        self.number = tf.constant(lesson.classes, tf.int32)
        self.ends = tf.constant(np.cumsum(lesson.weight / lesson.weight.sum()), tf.float32)
        self.noise = tf.constant(lesson.noise)
        self.teacher = lesson.teacher
        if self.teacher:
            self.asked = tf.constant(self.teacher.asked(lesson.clips), tf.float32)

    def __call__(self, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        drawn = tf.searchsorted(self.ends, tf.random.uniform([BATCH]))
        drawn = tf.minimum(drawn, len(self.number) - 1)
        rows = tf.cast(tf.gather(self.rows, drawn), tf.float32)
        number = tf.gather(self.number, drawn)
        behind = tf.random.uniform([BATCH], 0, len(self.noise), tf.int32)
        noise = tf.cast(tf.gather(self.noise, behind), tf.float32)
        others = tf.random.shuffle(rows)
        noise = tf.where(tf.random.uniform([BATCH, 1, 1]) < BABBLE, others, noise)
        silent = tf.gather(self.silent, drawn)
        windows, seen = augment(rows, tf.gather(self.span, drawn), silent, noise, self.strength)
        number = tf.where(seen, number, self.part)
        classes = tf.one_hot(number, self.classes)
        if self.teacher:
            trust = TRUST * tf.gather(self.asked, drawn)[:, None]
            classes += trust * (self.teacher.says(windows, self.classes) - classes)
        return windows, classes

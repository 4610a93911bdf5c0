"""What a network is shown of clips: all words that are known, those of a task, or own takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from training.sound.data import clips as corpora
from training.sound.data import selection
from training.sound.data.clips import Clips
from training.sound.learn import fit, network
from training.sound.learn.layers import Shape
from training.sound.task import Task

CALIBRATION = 1000  # windows that set the ranges of the activations
TEACHER = Shape(stem=24, stages=((64, 2), (64, 1), (96, 2), (96, 1)), width=160)
OWN = 0.5  # of what an adaptation shows are own takes

AnyLesson = TypeVar("AnyLesson", bound=fit.Lesson)


def lesson_of(learnt: Clips, noise: NDArray[np.float16], task: Task, seed: int) -> fit.Lesson:
    behind = selection.noises(learnt, noise, seed)
    words = selection.with_silence(learnt, behind)
    return task.lesson(words, selection.weights(words), behind)


def own_lesson(
    own: Clips, others: Clips, noise: NDArray[np.float16], task: Task, seed: int
) -> fit.Lesson:
    """Somebody's own takes, mixed with what is known of others, lest that be forgotten."""
    lesson = lesson_of(corpora.together([own, others]), noise, task, seed)
    mine = np.isin(lesson.clips.path, own.path) & (lesson.clips.path != "")
    weight = lesson.weight * np.where(mine, OWN / lesson.weight[mine].sum(), 1.0)
    weight[~mine] *= (1 - OWN) / weight[~mine].sum()
    return replace(lesson, weight=weight)


def pretrained(
    learnt: Clips, noise: NDArray[np.float16], shape: Shape, seed: int
) -> tuple[keras.Model, tuple[str, ...]]:
    """A network that knows every word of these clips, each as a class of its own; and which."""
    lesson, plan = every_word(learnt, noise, seed)
    return fit.pretrain(lesson, shape, seed, plan), lesson.labels


def taught(
    lesson: AnyLesson, learnt: Clips, noise: NDArray[np.float16], task: Task, seed: int
) -> AnyLesson:
    """The same lesson, with a teacher, where there are voices enough to make one."""
    known_to_it = selection.large(learnt)
    if not known_to_it:
        return lesson
    every, _ = every_word(learnt, noise, seed)
    plan = fit.for_clips(fit.TEACHER, len(every.clips))
    large = fit.pretrain(every, TEACHER, seed, plan, "a teacher, all words")
    fit.settle(large, every, plan.strength)
    groups = task.groups(every.labels)[: len(every.labels)]
    teacher = fit.Teacher(network.folded(large, TEACHER), tuple(groups), tuple(known_to_it))
    return replace(lesson, teacher=teacher)


def every_word(learnt: Clips, noise: NDArray[np.float16], seed: int) -> tuple[fit.Lesson, fit.Plan]:
    """What it learns for that, and for how long."""
    many = np.isin(learnt.corpus, selection.large(learnt))
    learnt = learnt[many] if many.any() else learnt
    behind = selection.noises(learnt, noise, seed)
    words = selection.with_silence(learnt, behind)
    lesson = fit.all_words(words, behind, selection.weights(words))
    return lesson, fit.for_clips(fit.PRETRAIN, len(words))


def calibration(lesson: fit.Lesson) -> NDArray[np.float32]:
    """Windows as live sound brings them: soft and loud, clean and noisy, words and none."""
    return fit.some_windows(lesson, CALIBRATION)

"""How far AirDigit gets without a gyroscope: a table, to see whether such a model is worth it.

Two networks are trained in the same way on the same simulated people: one with both sensors and any
mounting, and one with the acceleration alone and a known mounting. Everything else is to the
advantage of the second one: the gyroscope still cuts the strokes, and gives the mounting that a
user would have to tell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import EdgeError
from edge.features.motion.recording import main_span
from training.motion import dataset, fit, network
from training.motion.acceleration import (
    acceleration_examples,
    acceleration_inputs,
    own_examples,
    session_mounting,
    stroke_mounting,
)
from training.motion.config import TrainingConfig
from training.motion.examples import Examples, mix, simulated_examples
from training.motion.people.pen_corpora import TRAIN
from training.motion.people.world import simulate
from training.motion.protocols import HANDHELD, OWN_TAKES, PHONE
from training.motion.scoring import ONE_VIEW, stroke_scores
from training.motion.split import last_of_each_label
from training.motion.strangers.results import most_confused
from training.motion.strangers.test_sets import test_sets
from training.motion.strokes import LABELS, NONE, Stroke, Strokes
from training.motion.takes import Take
from training.motion.training_data import TRAINING_SEED, load_shapes


@dataclass(frozen=True)
class _Set:
    name: str
    strokes: Strokes
    right: NDArray[np.float64]
    """(n, 3) the direction to the right that the user gives."""
    note: str = ""
    of_one_person: bool = False


def accelerometer_table(config: TrainingConfig) -> Iterator[str]:
    """Train both networks, and measure them on every corpus among the folders; Markdown."""
    people = (TRAIN, TRAINING_SEED, load_shapes(config), config.cache, "training", config.jobs)
    strokes = simulate(config.people, *people)
    examples = simulated_examples(strokes, config.shares)
    both = fit.pretrain(examples, config)
    # The sign is known, so no drawing is shown under the other one.
    known = replace(config.augmentation, upside_down=0.0, none_upside_down=0.0)
    config = replace(config, augmentation=known)
    simulated = acceleration_examples(strokes, examples, config.seed)
    alone = fit.pretrain(simulated, config)
    yield "| strokes that were not trained on | strokes | both sensors | accelerometer alone |"
    yield "|---|---|---|---|"
    notes = []
    for one in _sets(config):
        scores = _scores(alone, one.strokes, one.right)
        with_both = stroke_scores(partial(network.probabilities, both), one.strokes, ONE_VIEW)
        cells = f"{_share(one.strokes, with_both):.3f} | **{_share(one.strokes, scores):.3f}**"
        yield f"| {one.name} | {len(one.strokes)} | {cells} |"
        notes.append(f"- {one.name}: {one.note}{_confusions(one.strokes, scores)}")
        if one.of_one_person:
            yield _own_row(one, alone, simulated, config)
    yield from ["", *notes]


def _own_row(one: _Set, trained: keras.Model, simulated: Examples, config: TrainingConfig) -> str:
    """The row of a network that is trained further on some takes of the tested person."""
    later = last_of_each_label(one.strokes, np.ones(len(one.strokes), bool), first=OWN_TAKES)
    adapted = _adapted(
        trained, simulated, own_examples(one.strokes[~later], one.right[~later]), config
    )
    scores = _scores(adapted, one.strokes[later], one.right[later])
    name = f"... later takes, after {OWN_TAKES} own takes a digit"
    return f"| {name} | {later.sum()} | | **{_share(one.strokes[later], scores):.3f}** |"


def _adapted(
    trained: keras.Model, simulated: Examples, own: Examples, config: TrainingConfig
) -> keras.Model:
    """A copy of a network that is trained further on the takes of one person."""
    keras.utils.set_random_seed(config.seed)
    model = network.build_trainable()
    model.set_weights(trained.get_weights())
    share = config.adapt.recorded_share
    mixed = mix([(simulated, 1 - share), (own, share)])
    fit.fit_examples(model, mixed, config.adapt, config, "adaptation to own takes")
    return model


def _sets(config: TrainingConfig) -> Iterator[_Set]:
    """Recordings, then simulated hands that draw what other people drew."""
    recorded = dataset.load_strokes(config.data)
    for corpus in (PHONE, HANDHELD):
        strokes = recorded[recorded.corpus == corpus]
        if len(strokes):
            right, length = session_mounting(strokes)
            held = f"mean direction to the right {length.mean():.2f} long; "
            yield _Set(f"{corpus}, mounting said once a session", strokes, right, held, True)
            right = stroke_mounting(strokes, config.seed)
            yield _Set(f"{corpus}, mounting said for every stroke", strokes, right, "", True)
    for one in test_sets(config.data, config.cache, config.jobs):
        # It is not known how the watches were worn.
        if not one.name.startswith("watch"):
            strokes = _strokes_of(one.takes)
            name = one.name if one.of_digits else f"{one.name}, taken for a digit"
            yield _Set(name, strokes, stroke_mounting(strokes, config.seed))


def _strokes_of(takes: Sequence[Take]) -> Strokes:
    found = []
    for take in takes:
        try:
            found.append(Stroke(main_span(take.chunk), take.label, "", take.figure))
        except EdgeError:
            continue
    return Strokes.from_spans(found)


def _scores(
    trained: keras.Model, strokes: Strokes, right: NDArray[np.float64]
) -> NDArray[np.floating]:
    scores = network.probabilities(trained, acceleration_inputs(strokes, right))
    return scores[:, : len(LABELS)]


def _share(strokes: Strokes, scores: NDArray[np.floating]) -> float:
    """The share of digits that are recognised, or of other figures that are taken for a digit."""
    best = scores.argmax(axis=1)
    if (strokes.label == NONE).all():
        return float((best != LABELS.index(NONE)).mean())
    return float((best == strokes.classes()).mean())


def _confusions(strokes: Strokes, scores: NDArray[np.floating]) -> str:
    """The most frequent wrong labels."""
    best = [LABELS[k] for k in scores.argmax(axis=1)]
    pairs = zip(strokes.figure, best, strokes.label, strict=True)
    return most_confused(Counter((figure, label) for figure, label, true in pairs if label != true))

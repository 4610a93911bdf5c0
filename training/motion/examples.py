"""Strokes as examples for the network: each under its right sign, with how often it is shown.

The other sign makes most digits another drawing. An example is shown under it now and then, as the
class UPSIDE_DOWN: so the network tells which of the two signs is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from edge.decision.sign import agreement_odds
from edge.features.motion.inputs import network_inputs, stroke_inputs
from edge.features.motion.pose import flipped
from training.motion.likeness import is_known, likeness
from training.motion.people.pen_corpora import LETTER_CORPORA
from training.motion.shares import Shares, sampling_weights
from training.motion.strokes import DIGITS, NONE, Strokes

SAME_UPSIDE_DOWN = ("0", "8")
LETTERS_SAME_UPSIDE_DOWN = ("x", "X", "C", "c", "H")
LEAST_LIKENESS = 0.5  # of the better trajectory: below it a simulated stroke shows no figure
READABLE = 0.4  # likeness of one trajectory, to be shown without the other
LEAST_PROBABILITY = 0.01  # the network is not surer than that about the sign of a recorded stroke


@dataclass(frozen=True)
class Examples:
    """Trajectories under their right sign; every array has one row for each example."""

    trajectories: NDArray[np.float32]
    trust: NDArray[np.float32]
    """(n, 2) in angle and position."""
    classes: NDArray[np.int32]
    weight: NDArray[np.float64]
    """How often it is shown; the sum is 1."""
    signed: NDArray[np.bool_]
    """Whether it is another drawing under the other sign."""
    readable: NDArray[np.bool_]
    """(n, 2) whether angle and position each show the figure."""

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Examples:
        return Examples(*(getattr(self, f.name)[rows] for f in fields(self)))

    @property
    def tensors(self) -> NDArray[np.float32]:
        """What the network takes in use."""
        return network_inputs(self.trajectories, self.trust)


@dataclass(frozen=True)
class Simulated:
    """Examples of simulated people."""

    limbs: Examples
    hands: Examples
    """Of the people of `--mock`."""


def mix(parts: Sequence[tuple[Examples, float]]) -> Examples:
    """Several sets of examples, each with its share."""
    columns = {
        f.name: np.concatenate([getattr(one, f.name) for one, _ in parts]) for f in fields(Examples)
    }
    columns["weight"] = np.concatenate([one.weight * share for one, share in parts])
    return Examples(**columns)


def right_sign(alike: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(n,) 0 or 1: the sign under which a stroke looks like what the hand truly drew, if that is
    known; `alike` is its likeness."""
    return np.where(known, np.clip(alike, 0, 1).sum(axis=2).argmax(axis=1), 0)


def simulated_examples(strokes: Strokes, shares: Shares) -> Examples:
    """The right sign is that under which a stroke looks like what the hand truly drew."""
    inputs = stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)
    known = is_known(strokes.drawn)
    alike = likeness(inputs.trajectories, strokes.drawn)
    rows = np.arange(len(strokes))
    sign = right_sign(alike, known)
    best = alike[rows, sign].max(axis=1)
    digit = strokes.label != NONE
    letter = np.isin(strokes.corpus, LETTER_CORPORA)
    same = np.isin(strokes.label, SAME_UPSIDE_DOWN) & digit
    same |= letter & ~digit & np.isin(strokes.figure, LETTERS_SAME_UPSIDE_DOWN)
    readable = alike[rows, sign] > READABLE
    readable[~known | ~digit] = True
    return Examples(
        _under_sign(inputs.trajectories, sign == 1),
        inputs.trust.astype(np.float32),
        strokes.classes().astype(np.int32),
        sampling_weights(strokes, ~known | (best > LEAST_LIKENESS), shares),
        # A swipe upwards is a 1 under the other sign, and is trained as upside down too.
        known & ~same,
        readable,
    )


def recorded_examples(
    strokes: Strokes, score: Callable[[NDArray[np.float32]], NDArray[np.floating]]
) -> Examples:
    """The right sign follows from the agreement of angle and position, and from the scores of a
    network for the label under both signs. All labels of the strokes are shown equally often."""
    inputs = stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)
    classes = strokes.classes().astype(np.int32)
    odds = agreement_odds(inputs.agreement)
    for tensors, way in ((inputs.tensors, 1.0), (flipped(inputs.tensors), -1.0)):
        probability = score(tensors)[np.arange(len(classes)), classes]
        odds = odds + way * np.log(probability + LEAST_PROBABILITY)
    weight = np.zeros(len(classes))
    for label in np.unique(classes):
        weight[classes == label] = 1 / (classes == label).sum()
    return Examples(
        _under_sign(inputs.trajectories, odds < 0),
        inputs.trust.astype(np.float32),
        classes,
        weight / weight.sum(),
        np.isin(strokes.label, DIGITS) & ~np.isin(strokes.label, SAME_UPSIDE_DOWN),
        np.ones((len(classes), 2), bool),
    )


def _under_sign(trajectories: NDArray[np.float32], other: NDArray[np.bool_]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.where(
        other[:, None, None], flipped(trajectories), trajectories
    ).astype(np.float32)
    return found

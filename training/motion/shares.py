"""How often the kinds of simulated strokes are shown to the network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.motion.people.figures import CIRCLE, SHAPE
from training.motion.people.pen_corpora import AS_DIGIT, LETTER_CORPORA
from training.motion.strokes import DIGITS, IDLE, NONE, TURNS, WAY_BACK, Strokes


@dataclass(frozen=True)
class Shares:
    """How often the kinds of simulated strokes are shown."""

    digits: float = 0.52
    letters_as_digits: float = 0.06
    """Letters that look like a digit, and circles."""
    letters: float = 0.19
    shapes: float = 0.09
    turns: float = 0.02
    idle: float = 0.12
    ways_back: float = 0.04
    """From the end of a figure to the beginning of the next one."""


def sampling_weights(
    strokes: Strokes, usable: NDArray[np.bool_], shares: Shares
) -> NDArray[np.float64]:
    """All digits are shown equally often; missing kinds leave their share to the others."""
    digit = strokes.label != NONE
    as_digit = np.isin(strokes.figure, [*AS_DIGIT, CIRCLE]) & digit
    letter = np.isin(strokes.corpus, LETTER_CORPORA) & ~digit
    kinds = [
        *((shares.digits / len(DIGITS), digit & ~as_digit & (strokes.label == d)) for d in DIGITS),
        (shares.letters_as_digits, as_digit),
        (shares.letters, letter),
        (shares.shapes, strokes.corpus == SHAPE),
        (shares.turns, strokes.corpus == TURNS),
        (shares.idle, strokes.corpus == IDLE),
        (shares.ways_back, strokes.corpus == WAY_BACK),
    ]
    weight = np.zeros(len(strokes))
    for share, rows in kinds:
        rows = rows & usable
        weight[rows] = share / max(rows.sum(), 1)
    return weight / weight.sum()

"""The threshold of each digit, chosen on people and letters that are in no training set.

Movements that are no digit may be taken for one as often as the budgets say. Within them, as many
digits as possible are accepted. This is a knapsack problem: each digit has a threshold, which
accepts so many right digits and costs so many letters, shapes, turns and idle movements. It is
solved exactly, digit by digit, with a table of the best value for every use of the budgets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.motion.strokes import DIGITS, IDLE, NONE, TURNS

NOTHING = 1.0  # no score is as high
GRID = np.concatenate([np.arange(0.30, 0.95, 0.025).round(3), [0.95, 0.96, 0.97, 0.98, NOTHING]])
LEAST_GAIN = 1e-6  # of a lower threshold

LETTERS, SHAPES, WRITERS = "letters", "shapes", "writers"


@dataclass(frozen=True)
class Budgets:
    """How much that is no digit may be taken for one."""

    letters: float = 0.025
    """Share of the letters of writers of the validation set."""
    shapes: float = 0.04
    """Share of the swipes, wedges and other shapes."""
    turns: float = 0.03
    """Share of the twists and flicks."""
    idle_per_hour: float = 2.0
    """In an hour of walking, fidgeting, scribbling and handling things without a pause: about 500
    movements."""


@dataclass(frozen=True)
class ScoredMovements:
    """Movements of the validation set, with the scores of the int8 model."""

    scores: NDArray[np.float64]
    """(n, LABELS)"""
    label: NDArray[np.str_]
    kind: NDArray[np.str_]
    """LETTERS, SHAPES, TURNS or IDLE; of digits, WRITERS or any other name."""
    weight: NDArray[np.float64]
    """Of digits: how much it counts that one is accepted."""


@dataclass(frozen=True)
class Thresholds:
    """The least score with which each digit is accepted, and what that means."""

    by_digit: dict[str, float]
    validation: dict[str, float]
    """Shares of the movements of each kind that are accepted."""


def choose_thresholds(
    movements: ScoredMovements, budgets: Budgets, idle_hours: float | None = None
) -> Thresholds:
    """`idle_hours`: how long the people of the validation set idled; None for recordings, which
    users cut to one stroke: then idling does not count."""
    best = movements.scores[:, : len(DIGITS)].argmax(axis=1)
    score = movements.scores[:, : len(DIGITS)].max(axis=1)
    limits = _limits(movements, budgets, idle_hours)
    none = movements.label == NONE
    right = (movements.label == np.array(DIGITS)[best]) * movements.weight
    values = np.zeros((len(DIGITS), len(GRID)))
    costs = np.zeros((len(DIGITS), len(GRID), len(limits)), np.intp)
    for digit, level in np.ndindex(values.shape):
        accepted = (best == digit) & (score >= GRID[level])
        values[digit, level] = right[accepted].sum()
        costs[digit, level] = [(accepted & none & (movements.kind == k)).sum() for k in limits]
    chosen = GRID[_best_levels(values, costs, tuple(limits.values()))]
    return Thresholds(
        {digit: round(float(x), 3) for digit, x in zip(DIGITS, chosen, strict=True)},
        _summary(movements, score >= chosen[best], idle_hours),
    )


def _limits(
    movements: ScoredMovements, budgets: Budgets, idle_hours: float | None
) -> dict[str, int]:
    """How many movements of each kind may be accepted."""
    count = {kind: int((movements.kind == kind).sum()) for kind in (LETTERS, SHAPES, TURNS)}
    limits = {
        LETTERS: math.floor(budgets.letters * count[LETTERS]),
        SHAPES: math.floor(budgets.shapes * count[SHAPES]),
        TURNS: math.floor(budgets.turns * count[TURNS]),
    }
    if idle_hours is not None:
        limits[IDLE] = math.floor(budgets.idle_per_hour * idle_hours)
    return limits


def _best_levels(
    values: NDArray[np.float64], costs: NDArray[np.intp], limits: tuple[int, ...]
) -> NDArray[np.intp]:
    """(digits,) the numbers of the thresholds in GRID with the highest total value.

    `values` is (digits, GRID), `costs` (digits, GRID, limits). Of equal values the higher threshold
    is taken.
    """
    table = np.zeros([limit + 1 for limit in limits])  # best value for each use of the budgets
    choices = []
    for of_digit, cost_of_digit in zip(values, costs, strict=True):
        best = np.full(table.shape, -np.inf)
        choice = np.full(table.shape, len(GRID) - 1)
        for level in reversed(range(len(GRID))):
            cost = cost_of_digit[level]
            if (cost > limits).any():
                continue
            left = tuple(slice(None, limit + 1 - c) for c, limit in zip(cost, limits, strict=True))
            used = tuple(slice(c, None) for c in cost)
            value = table[left] + of_digit[level]
            better = value > best[used] + LEAST_GAIN
            best[used] = np.where(better, value, best[used])
            choice[used] = np.where(better, level, choice[used])
        table = best
        choices.append(choice)
    found = np.empty(len(values), np.intp)
    at = np.array(limits)
    for digit in reversed(range(len(values))):
        found[digit] = choices[digit][tuple(at)]
        at = at - costs[digit, found[digit]]
    return found


def _summary(
    movements: ScoredMovements,
    accepted: NDArray[np.bool_],
    idle_hours: float | None,
) -> dict[str, float]:
    best = movements.scores[:, : len(DIGITS)].argmax(axis=1)
    right = movements.label == np.array(DIGITS)[best]
    shares = {}
    for kind in (LETTERS, SHAPES, TURNS):
        rows = (movements.kind == kind) & (movements.label == NONE)
        if rows.any():
            shares[f"{kind} taken for a digit"] = float(accepted[rows].mean())
    digits = (movements.kind == WRITERS) & (movements.label != NONE)
    if digits.any():
        shares["digits right"] = float((accepted & right)[digits].mean())
        shares["digits wrong"] = float((accepted & ~right)[digits].mean())
    if idle_hours:
        shares["false digits per hour"] = float(accepted[movements.kind == IDLE].sum() / idle_hours)
    return {name: round(value, 4) for name, value in shares.items()}

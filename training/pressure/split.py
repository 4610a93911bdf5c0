"""The split into people who are trained on and people who are tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edge.errors import RecordingError
from training.pressure.windows import PressureWindows

UNKNOWN_PERSON = "unknown"  # the person of windows in a file that names none


@dataclass(frozen=True)
class Split:
    train: PressureWindows
    test: PressureWindows
    by_person: bool
    """Nobody is in both sets."""


def split_by_person(windows: PressureWindows, share: float, seed: int) -> Split:
    """Hold out a share of the people. Raises RecordingError if there is only one.

    If the people are unknown, the last windows are held out.
    """
    people = np.unique(windows.person)
    if people.tolist() == [UNKNOWN_PERSON]:
        first = round((1 - share) * len(windows))
        order = np.arange(len(windows))
        return Split(windows[order[:first]], windows[order[first:]], False)
    if len(people) < 2:
        raise RecordingError(
            f"all windows are of one person ({people[0]}): give records of at least two, one to "
            "train on and one to test"
        )
    chosen = np.random.default_rng(seed).permutation(people)[: max(1, round(share * len(people)))]
    tested = np.isin(windows.person, chosen)
    return Split(windows[~tested], windows[tested], True)


def split_at_random(windows: PressureWindows, share: float, seed: int) -> Split:
    """Hold out random windows, of people who are trained on as well."""
    tested = np.random.default_rng(seed).random(len(windows)) < share
    return Split(windows[~tested], windows[tested], False)

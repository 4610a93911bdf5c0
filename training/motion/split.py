"""Splits that do not flatter: by session where there are several, else by time; never at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.motion.strokes import Strokes

LAST = 0.2  # of each label's takes, by time, where a corpus has but one session


def held_out(strokes: Strokes) -> tuple[NDArray[np.bool_], list[str]]:
    """Which strokes to keep out of training, and a sentence about it for each corpus."""
    mask = np.zeros(len(strokes), dtype=bool)
    said = []
    for corpus in np.unique(strokes.corpus):
        mine = strokes.corpus == corpus
        session = _spare_session(strokes[mine])
        if session is not None:
            mask |= mine & (strokes.session == session)
            said.append(f"{corpus}: session {session} held out")
        else:
            mask |= mine & last_of_each_label(strokes, mine, LAST)
            said.append(f"{corpus}: last {LAST:.0%} of each label by time held out (one session)")
    return mask, said


def last_of_each_label(
    strokes: Strokes, among: NDArray[np.bool_], share: float | None = None, first: int = 0
) -> NDArray[np.bool_]:
    """The last `share` of each label's takes by time, or all but the `first` so many."""
    mask = np.zeros(len(strokes), dtype=bool)
    for label in np.unique(strokes.label[among]):
        rows = np.flatnonzero(among & (strokes.label == label))
        rows = rows[np.argsort(strokes.order[rows], kind="stable")]
        keep = first if share is None else len(rows) - round(share * len(rows))
        mask[rows[keep:]] = True
    return mask


def _spare_session(strokes: Strokes) -> str | None:
    """The smallest session without which every label still has takes."""
    names, counts = np.unique(strokes.session, return_counts=True)
    for name in names[np.argsort(counts)]:
        rest = strokes.session != name
        if set(strokes.label[rest]) == set(strokes.label):
            return str(name)
    return None

"""Which takes are held out of training: a session, or the last takes by time; never at random.

A random split would be too optimistic: takes that follow each other are much alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.motion.strokes import Strokes


@dataclass(frozen=True)
class Split:
    """Strokes to train on, and strokes to test with."""

    train: Strokes
    test: Strokes
    description: list[str]
    """A sentence for each corpus."""


def hold_out(strokes: Strokes, last_share: float) -> Split:
    """Hold out one session of each corpus; where there is only one, the last takes of each label.

    `last_share` is the share of takes that is held out in the second case.
    """
    test = np.zeros(len(strokes), dtype=bool)
    description = []
    for corpus in np.unique(strokes.corpus):
        in_corpus = strokes.corpus == corpus
        session = _spare_session(strokes[in_corpus])
        if session is not None:
            test |= in_corpus & (strokes.session == session)
            description.append(f"{corpus}: session {session} held out")
        else:
            last = last_of_each_label(strokes, in_corpus, last_share)
            test |= last
            description.append(
                f"{corpus}: last {last_share:.0%} of each label by time held out (one session)"
                if last.any()
                else f"{corpus}: too few takes of each label to hold any out, record five or more"
            )
    return Split(strokes[~test], strokes[test], description)


def last_of_each_label(
    strokes: Strokes, among: NDArray[np.bool_], share: float | None = None, first: int = 0
) -> NDArray[np.bool_]:
    """Which strokes are the last `share` of their label by time, or all but the `first` ones."""
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

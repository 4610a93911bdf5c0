"""What `training.airdigit_figures` holds out of training, and what it tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.motion.split import last_of_each_label
from training.motion.strokes import Strokes

HANDHELD, PHONE = "imu_handheld", "imu_phone"
OWN_TAKES = 5  # of each digit, that a new user records
LAST_SHARE = 0.2  # of the takes of each digit, by time
PHONE_FIRST = 40  # takes of each digit

Mask = NDArray[np.bool_]
"""One value for each recorded stroke."""


@dataclass(frozen=True)
class Protocol:
    """One row of the table."""

    name: str
    goal: float
    """The accuracy that should be reached."""
    held_out: Mask
    tested: Mask
    own: Mask | None = None
    """Takes of the tested person to which the model is adapted; without them it is not adapted."""
    live_corpus: str = ""
    """A corpus whose takes are also played to the live chain."""

    @property
    def new_person(self) -> bool:
        """Whether the base is trained without any take of the tested person."""
        return bool(self.live_corpus) or self.own is not None


def protocols(recorded: Strokes) -> Iterator[Protocol]:
    """Hold out single sessions, late takes, and all takes of one person and device."""
    handheld, phone = recorded.corpus == HANDHELD, recorded.corpus == PHONE
    labels = {
        session: set(recorded.label[handheld & (recorded.session == session)])
        for session in set(recorded.session[handheld])
    }
    for session in sorted(labels):
        if set("12345") <= labels[session]:
            in_session = handheld & (recorded.session == session)
            name = f"{HANDHELD}, session {session} left out"
            yield Protocol(name, 0.92, in_session, in_session)
    late = last_of_each_label(recorded, handheld, LAST_SHARE)
    late_phone = last_of_each_label(recorded, phone, first=PHONE_FIRST)
    # One network serves both rows: the late takes of both corpora are held out.
    name = f"{HANDHELD}, first 80 % / last 20 % of each digit"
    yield Protocol(name, 0.97, late | late_phone, late)
    name = f"{PHONE}, first {PHONE_FIRST} / last 10 of each digit"
    yield Protocol(name, 0.95, late | late_phone, late_phone)
    for corpus, in_corpus in ((PHONE, phone), (HANDHELD, handheld)):
        name = f"no take of {corpus} in training -> {corpus}"
        yield Protocol(name, 0.95, in_corpus, in_corpus, live_corpus=corpus)
        later = last_of_each_label(recorded, in_corpus, first=OWN_TAKES)
        name = f"... and {OWN_TAKES} own takes a digit given (--base), tested on later takes"
        yield Protocol(name, 0.96, in_corpus, later, own=in_corpus & ~later)

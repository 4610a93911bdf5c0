"""Speakers that are in the training data and in the test data make the figures worthless."""

from __future__ import annotations

from collections.abc import Iterable

from edge.errors import RecordingError

NAMED = 3  # speakers that the message names


def shared_speakers(train_speakers: Iterable[str], test_speakers: Iterable[str]) -> set[str]:
    """Return the speakers on both sides; unknown speakers have an empty name and do not count."""
    return (set(train_speakers) & set(test_speakers)) - {""}


def refuse_leakage(train_speakers: Iterable[str], test_speakers: Iterable[str]) -> None:
    """Raise RecordingError if a speaker is on both sides."""
    shared = sorted(shared_speakers(train_speakers, test_speakers))
    if shared:
        named = ", ".join(shared[:NAMED]) + (" ..." if len(shared) > NAMED else "")
        raise RecordingError(
            f"{len(shared)} speakers of the test are in the training as well ({named}): "
            "take them out of one of the two"
        )

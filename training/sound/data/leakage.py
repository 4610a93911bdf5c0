"""Does a test meet people whom the training has met? Then its figures say nothing."""

from __future__ import annotations

from collections.abc import Iterable

from edge.errors import RecordingError

NAMED = 3  # speakers, in the sentence


def leakage(train_speakers: Iterable[str], test_speakers: Iterable[str]) -> set[str]:
    """Who is on both sides. Nobody is known by an empty name."""
    return (set(train_speakers) & set(test_speakers)) - {""}


def refuse_leakage(train_speakers: Iterable[str], test_speakers: Iterable[str]) -> None:
    """RecordingError if anybody is on both sides."""
    both = sorted(leakage(train_speakers, test_speakers))
    if both:
        named = ", ".join(both[:NAMED]) + (" ..." if len(both) > NAMED else "")
        raise RecordingError(
            f"{len(both)} speakers of the test are in the training as well ({named}): "
            "take them out of one of the two"
        )

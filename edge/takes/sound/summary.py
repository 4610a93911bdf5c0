"""Describes a take in figures."""

from __future__ import annotations

from edge.takes.sound.validation import WordTake


def take_summary(take: WordTake) -> dict[str, float]:
    """Return the length of the word in seconds, and two levels in dB.

    `peak_db` is relative to full scale, `above` is relative to the noise.
    """
    return {
        "seconds": round(take.seconds, 2),
        "peak_db": round(take.peak_db, 1),
        "above": round(take.snr_db, 1),
    }

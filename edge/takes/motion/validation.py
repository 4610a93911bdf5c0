"""Decides whether a captured take can be used."""

from __future__ import annotations

from edge.errors import RecordingError
from edge.formats.motion.clipping import clipped
from edge.formats.motion.recording import Recording
from edge.takes.motion.capture import Take


def validate_take(take: Take, channels: tuple[str, ...], clipped_samples: int) -> Recording:
    """Return the take as a recording, or raise RecordingError with the reason to reject it.

    `clipped_samples`: how many samples of the take the source has counted as clipped.
    """
    if take.lost:
        raise RecordingError(f"{take.lost} samples are missing: check the cable")
    if take.fault:
        raise RecordingError(take.fault)
    recording = Recording.checked(take.t, take.values, channels)
    if recording.rails:
        on_rail = clipped(recording.values, channels, recording.rails)
        clipped_samples = max(clipped_samples, int(on_rail.sum()))
    if clipped_samples:
        raise RecordingError(
            f"clipped in {clipped_samples} of {len(take.t)} samples: draw more gently, or give the "
            "sensor a wider range (+-4 g and +-500 deg/s suit a hand)"
        )
    return recording

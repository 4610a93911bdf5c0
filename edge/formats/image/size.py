"""Refuse images that are too large for the memory."""

from __future__ import annotations

from edge.errors import RecordingError


def check_size(width: int, height: int, most: int) -> None:
    """RecordingError if an image has no pixels, or more than `most`."""
    if width < 1 or height < 1:
        raise RecordingError("is an image without pixels: save it again")
    if width * height > most:
        raise RecordingError(
            f"has {width} x {height} pixels, more than {most >> 20} million: make it smaller"
        )

"""JPEG and other images, with Pillow."""

from __future__ import annotations

import io
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError, RuntimeMissing
from edge.formats.image.size import check_size

JPEG = b"\xff\xd8\xff"
NOT_AN_IMAGE = "is not an image that can be read: give PNG, PGM, PPM or JPEG"


def decode(data: bytes, most: int) -> NDArray[np.float32]:
    """(height, width, 1 or 4), 0 to 1; RecordingError if it is no image."""
    try:
        pillow = import_module("PIL.Image")
    except ImportError:
        if data.startswith(JPEG):
            raise RuntimeMissing(
                "JPEG images need Pillow: pip install 'edge-sense[image]', or save it as PNG"
            ) from None
        raise RecordingError(NOT_AN_IMAGE) from None
    try:
        with pillow.open(io.BytesIO(data)) as image:
            check_size(image.width, image.height, most)
            is_grey = image.mode in ("1", "L")
            pixels = np.asarray(image.convert("L" if is_grey else "RGBA"), np.float32)
    except RecordingError:
        raise
    except Exception:  # Pillow raises many kinds for damaged files
        raise RecordingError(NOT_AN_IMAGE) from None
    return (pixels[:, :, None] if is_grey else pixels) / np.float32(255)

"""Why a stroke cannot be recognised, whatever the model says."""

from __future__ import annotations

import numpy as np

from edge.features.motion.span import Span

LEAST_GRAVITY = 3.0  # m/s^2, mean over a stroke: with less, the accelerometer does not measure it


def fault_of(span: Span) -> str | None:
    """The reason, with what the user can do about it; None if the stroke can be recognised."""
    if span.too_long:
        return "endless motion: rest before and after a digit"
    if span.torn:
        return "samples were lost within the stroke: check the connection"
    mean = np.array(span.rows)[:, 1:4].mean(axis=0)
    if float(np.linalg.norm(mean)) < LEAST_GRAVITY:
        return "no gravity in the acceleration: the sensor must send acceleration with gravity"
    return None

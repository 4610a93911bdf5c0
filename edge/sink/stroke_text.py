"""Text about how a stroke was interpreted, and about a retraction."""

from __future__ import annotations

from edge.events import Retraction, StrokeReading

TRAJECTORIES = {
    "angle": "from the gyroscope alone",
    "position": "from the accelerometer alone",
    "both": "from gyroscope and accelerometer",
}


def reading_text(stroke: StrokeReading) -> str:
    """One line: what the model relied on, and whether the two hypotheses disagree."""
    parts = [f"read {TRAJECTORIES[stroke.used]}"]
    if stroke.movements > 1:
        parts.append(f"joined from {stroke.movements} movements")
    if stroke.other_label:
        parts.append(f"a {stroke.other_label} if up and down are reversed")
    return ", ".join(parts)


def retraction_text(event: Retraction) -> str:
    return f"{event.retracted_label} at {event.retracted_t:.2f} s retracted: the stroke went on"

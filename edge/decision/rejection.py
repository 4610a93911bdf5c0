"""Say why a stroke is no detection, and what the user can do about it."""

from __future__ import annotations

from edge.decision.reading import ScoredStroke
from edge.decision.stroke_settings import StrokeSettings

MUCH_CLIPPED = 0.2  # share of the samples of a stroke
LITTLE_TRUST = 0.4  # in angle and position


def reason_for(scored: ScoredStroke, settings: StrokeSettings) -> str:
    fault = _signal_fault(scored)
    if scored.scores[settings.none_label] > 0.5:
        return f"none: {fault}" if fault else "none"
    doubt = _doubt(scored, settings)
    return f"{doubt}; {fault}" if fault else doubt


def _doubt(scored: ScoredStroke, settings: StrokeSettings) -> str:
    needed = settings.thresholds[scored.label]
    rival = scored.reading.other_label
    other = f", or {rival} if drawn on a level plane" if rival else ""
    return f"unsure: {scored.label} with {scored.score:.2f}, {needed:.2f} needed{other}"


def _signal_fault(scored: ScoredStroke) -> str:
    clipped = scored.facts.clipped_gyro
    if clipped > MUCH_CLIPPED:
        return (
            f"the gyroscope clipped {clipped:.0%} of the samples: set a wider range, such as "
            "+-500 deg/s, or turn the hand less"
        )
    if max(scored.facts.angle_trust, scored.facts.position_trust) < LITTLE_TRUST:
        return "neither angle nor position can be trusted: draw larger, and in one go"
    return ""

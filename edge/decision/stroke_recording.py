"""Score the one stroke of a recording; see `candidate_spans` for what it may be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge.decision.sign import agreement_odds, combine
from edge.decision.stroke_settings import StrokeSettings
from edge.errors import StrokeError
from edge.features import Window


def score_recording(
    labels: Sequence[str],
    settings: StrokeSettings,
    windows: Sequence[Window],
    scores: Sequence[NDArray[np.float32]],
) -> NDArray[np.float32]:
    """The probability of each label for the candidate that looks most like a digit.

    StrokeError if the recording holds more than one digit.
    """
    digits = [k for k, label in enumerate(labels) if label not in settings.background_labels]
    agreement = np.array([w.stroke.agreement for w in windows if w.stroke is not None])
    upside_down = list(labels).index(settings.upside_down_label)
    found = combine(np.stack(scores), agreement_odds(agreement), upside_down).scores
    found[:, digits] *= settings.word_prior
    found /= found.sum(axis=1, keepdims=True)
    best = int(found[:, digits].max(axis=1).argmax())
    _refuse_several(labels, settings, windows, found[:, digits], digits)
    result: NDArray[np.float32] = found[best].astype(np.float32)
    return result


def _refuse_several(
    labels: Sequence[str],
    settings: StrokeSettings,
    windows: Sequence[Window],
    scores: NDArray[np.float64],
    digits: Sequence[int],
) -> None:
    sure: list[Window] = []
    for window, row in zip(windows, scores, strict=True):
        leader = labels[digits[int(row.argmax())]]
        if window.stroke is not None and row.max() >= settings.recording_thresholds[leader]:
            sure.append(window)
    apart = [w for w in sure if all(w is other or _are_apart(w, other) for other in sure)]
    if len(apart) > 1:
        at = ", ".join(f"{w.stroke.start:.1f} to {w.t:.1f} s" for w in apart if w.stroke)
        raise StrokeError(f"holds {len(apart)} digits, at {at}: cut it to one")


def _are_apart(a: Window, b: Window) -> bool:
    assert a.stroke is not None and b.stroke is not None
    return a.t < b.stroke.start or b.t < a.stroke.start

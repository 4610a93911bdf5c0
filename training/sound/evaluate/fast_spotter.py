"""What SpottingDecision hears in a whole trace, in milliseconds: to try a thousand thresholds.

Which label leads at a window, and its mean, do not depend on thresholds, so they are computed once.
The tests hold this against SpottingDecision itself, event by event.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision.spotting import TOLERANCE
from training.sound.evaluate.trace import Heard, Trace


class Spotted:
    """A trace, prepared for the settings of a decision but not for its thresholds."""

    def __init__(self, trace: Trace, settings: Mapping[str, Any]) -> None:
        self.labels = trace.labels
        self.release = float(settings["release_ratio"])
        self.refractory = float(settings["refractory_s"]) - TOLERANCE
        self.longest = float(settings.get("max_hold_s", np.inf)) - TOLERANCE
        scores, t = trace.scores.astype(np.float64), trace.t
        leader = scores.argmax(axis=1) if len(t) else np.empty(0, np.intp)
        broken = np.ones(len(t), bool)
        broken[1:] = (np.diff(leader) != 0) | (np.diff(t) > self.refractory)
        mean = _means(scores, t, leader, float(settings["smoothing_s"]) - TOLERANCE)
        # Only words make events; what is silent has done its part by leading.
        words = ~np.isin(
            leader, [self.labels.index(label) for label in settings["background_labels"]]
        )
        self._run = np.cumsum(broken)[words]
        self._leader, self._mean = leader[words], mean[words]
        self._now = scores[words, self._leader]
        self._t, self._decided_t = t[words], trace.decided_t[words]

    def heard(self, thresholds: Mapping[str, float]) -> list[Heard]:
        """Only of the words that have a threshold, as if the others could not be heard."""
        limits = np.array([thresholds.get(label, np.inf) for label in self.labels])
        limit = limits[self._leader]
        alive = self._now >= self.release * limit
        let_go = np.cumsum(~alive)  # a new stretch begins with every window that is too weak
        ready = np.flatnonzero(alive & (self._mean >= limit))
        last = [-np.inf] * len(self.labels)
        held = (-1, -1)
        events = []
        for stretch, decided_t, t, leader in zip(
            zip(self._run[ready].tolist(), let_go[ready].tolist(), strict=True),
            self._decided_t[ready].tolist(),
            self._t[ready].tolist(),
            self._leader[ready].tolist(),
            strict=True,
        ):
            if t - last[leader] < (self.longest if stretch == held else self.refractory):
                continue
            held = stretch
            last[leader] = t
            events.append(Heard(decided_t, self.labels[leader]))
        return events


def _means(
    scores: NDArray[np.float64],
    t: NDArray[np.float64],
    leader: NDArray[np.intp],
    smoothing: float,
) -> NDArray[np.float64]:
    """Of each window's leader, over the windows that are not too old; summed from old to new."""
    count = len(t)
    back = 1
    while back < count and (t[back:] - t[:-back] < smoothing).any():
        back += 1
    total, used = np.zeros(count), np.zeros(count, np.intp)
    rows = np.arange(count)
    for k in range(back - 1, -1, -1):
        now = rows[k:]
        recent = now[t[now] - t[now - k] < smoothing] if k else now
        total[recent] += scores[recent - k, leader[recent]]
        used[recent] += 1
    return total / np.maximum(used, 1)

"""Windows of PPG with the pressure at the same time, and whose they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.features.window.scaling import scaled
from edge.features.window.windows import WindowFeatures
from edge.samples import Chunk
from training.pressure.config import INPUT, LENGTH, OUTPUT, RATE, specification

PLAUSIBLE = (20.0, 250.0)  # mmHg
MIN_PULSE = 10.0  # mmHg between the lowest and the highest pressure of a window
MAX_STEP = 60.0  # mmHg from one sample to the next: a flushed line, not a pulse
MIN_SHARE = 1e-3  # of the range of a record that the PPG of a window must vary by
CLEARLY = 0.3  # skewness of the steps of a PPG; it is about 1 if the PPG is not upside down
FLAT_RUN = 0.4  # s in which neither signal may stay the same

Windows32 = NDArray[np.float32]


@dataclass(frozen=True)
class PressureWindows:
    ppg: Windows32
    """(n, LENGTH, 1, 1), as the network takes it."""
    pressure: Windows32
    """(n, LENGTH) in mmHg."""
    person: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.person)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> PressureWindows:
        return PressureWindows(self.ppg[chosen], self.pressure[chosen], self.person[chosen])


def joined(parts: Sequence[PressureWindows]) -> PressureWindows:
    names = [field.name for field in fields(PressureWindows)]
    return PressureWindows(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def cut(
    t: NDArray[np.float64],
    ppg: NDArray[np.floating],
    pressure: NDArray[np.floating],
    person: str,
    hop: int,
    faults: Counter[str] | None = None,
) -> PressureWindows:
    """The usable windows of a recording; `faults` counts the others by what is wrong with them.

    Raises RecordingError if the recording is shorter than a window.
    """
    both = WindowFeatures.specification(
        {"length": LENGTH, "hop": hop, "sensor": {"channels": [INPUT, OUTPUT], "rate_hz": RATE}}
    )
    chunk = Chunk(t, np.stack([ppg, pressure], axis=1).astype(np.float32))
    found = [window.tensor for window in WindowFeatures.windows_of_recording(both, chunk)]
    return checked(np.stack(found), person, faults)


def checked(both: Windows32, person: str, faults: Counter[str] | None = None) -> PressureWindows:
    """Those of (n, LENGTH, 2) windows of PPG and pressure that can be trained on."""
    scaling = specification()["scaling"]
    found_ppg, found_pressure = [], []
    for window in both:
        problem = fault(window[:, 0], window[:, 1])
        if problem:
            if faults is not None:
                faults[problem] += 1
            continue
        found_ppg.append(scaled(window[:, :1], scaling))
        found_pressure.append(window[:, 1])
    ppg = np.array(found_ppg, np.float32).reshape(-1, LENGTH, 1, 1)
    pressure = np.array(found_pressure, np.float32).reshape(-1, LENGTH)
    return PressureWindows(ppg, pressure, np.full(len(ppg), person))


def fault(ppg: NDArray[np.floating], pressure: NDArray[np.floating]) -> str:
    """Why a window cannot be used; "" if it can."""
    if not (np.isfinite(ppg).all() and np.isfinite(pressure).all()):
        return "missing samples"
    if is_flat(ppg):
        return "a flat PPG"
    if is_flat(pressure) or np.ptp(pressure) < MIN_PULSE:
        return "a flat pressure"
    if pressure.min() < PLAUSIBLE[0] or pressure.max() > PLAUSIBLE[1]:
        return "an impossible pressure"
    if np.abs(np.diff(pressure)).max() > MAX_STEP:
        return "a pressure with steps"
    return ""


def is_flat(signal: NDArray[np.floating]) -> bool:
    """Whether the signal stays the same for a while: a sensor that is off, or at its limit."""
    run = round(FLAT_RUN * RATE)
    moves = np.abs(np.diff(signal)) > MIN_SHARE * (float(np.ptp(signal)) or 1.0)
    since = np.flatnonzero(np.concatenate([[True], moves, [True]]))
    return bool(np.diff(since).max() > run)


def is_upside_down(ppg: NDArray[np.floating]) -> bool:
    """Whether the pulse of a whole recording falls faster than it rises.

    Some sensors show the light that comes through, which is least when the vessels are full.
    """
    steps = np.diff(ppg)
    deviation = float(steps.std())
    skewness = np.mean((steps - steps.mean()) ** 3) / (deviation**3 or 1.0)
    return bool(skewness < -CLEARLY)


def require_windows(windows: PressureWindows, source: str, faults: Counter[str]) -> None:
    """RecordingError if no window is left."""
    if not len(windows):
        raise RecordingError(
            f"{source} has no usable window ({listed(faults)}): give other recordings"
        )


def listed(faults: Counter[str]) -> str:
    """The faults with their counts, the most frequent first."""
    return ", ".join(f"{count} with {what}" for what, count in faults.most_common())

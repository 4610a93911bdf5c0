"""Errors of systolic, diastolic and mean pressure, and their grades by BHS and AAMI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.pressure.config import FIRST, LAST

WITHIN = (5, 10, 15)  # mmHg
# British Hypertension Society: the least shares within 5, 10 and 15 mmHg, for each grade.
BHS = {"A": (0.60, 0.85, 0.95), "B": (0.50, 0.75, 0.90), "C": (0.40, 0.65, 0.85)}
AAMI_MEAN, AAMI_DEVIATION, AAMI_PEOPLE = 5.0, 8.0, 85
QUANTITIES = ("systolic", "diastolic", "mean")


def pressures_of(waveforms: NDArray[np.floating]) -> dict[str, NDArray[np.floating]]:
    """Systolic, diastolic and mean pressure of (n, LENGTH) waveforms, in the part that an event
    has: its largest, smallest and mean value, as in the original paper."""
    part = waveforms[:, FIRST:LAST]
    return {
        "systolic": part.max(axis=1),
        "diastolic": part.min(axis=1),
        "mean": part.mean(axis=1),
    }


@dataclass(frozen=True)
class Errors:
    """Estimated minus true pressure of windows, in mmHg."""

    values: NDArray[np.floating]
    people: int

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def deviation(self) -> float:
        return float(self.values.std())

    @property
    def absolute(self) -> float:
        return float(np.abs(self.values).mean())

    @property
    def shares(self) -> tuple[float, ...]:
        """The shares of windows within 5, 10 and 15 mmHg."""
        return tuple(float((np.abs(self.values) <= limit).mean()) for limit in WITHIN)

    @property
    def bhs(self) -> str:
        """The grade of the British Hypertension Society, D if it is none of A to C."""
        for grade, least in BHS.items():
            if all(share >= limit for share, limit in zip(self.shares, least, strict=True)):
                return grade
        return "D"

    @property
    def aami(self) -> str:
        """Whether the limits of AAMI are kept; they are for 85 people or more."""
        if abs(self.mean) > AAMI_MEAN or self.deviation > AAMI_DEVIATION:
            return "fails"
        return "passes" if self.people >= AAMI_PEOPLE else f"of {self.people} people only"


@dataclass(frozen=True)
class Evaluation:
    """The errors of the estimates for windows, and of a constant estimate."""

    name: str
    errors: dict[str, Errors]
    constant: dict[str, Errors]
    """Of the mean pressure of the training set as the estimate for all windows."""
    waveform: float
    """Mean absolute error of the waveform."""
    windows: int
    people: int

    @classmethod
    def of(
        cls,
        name: str,
        estimated: NDArray[np.floating],
        truth: NDArray[np.floating],
        person: NDArray[np.str_],
        usual: dict[str, float],
    ) -> Evaluation:
        """`usual` is the mean of each quantity in the training set."""
        people = len(np.unique(person))
        found, true = pressures_of(estimated), pressures_of(truth)
        part = np.abs(estimated - truth)[:, FIRST:LAST]
        return cls(
            name=name,
            errors={name: Errors(found[name] - true[name], people) for name in QUANTITIES},
            constant={name: Errors(usual[name] - true[name], people) for name in QUANTITIES},
            waveform=float(part.mean()),
            windows=len(truth),
            people=people,
        )

    def table(self) -> list[str]:
        """A Markdown table."""
        rows = [
            "| pressure | mean error | standard deviation | mean absolute error | within 5, 10, 15 "
            "mmHg | BHS | AAMI | mean absolute error of a constant |",
            "|" + "---|" * 8,
        ]
        for name in QUANTITIES:
            found = self.errors[name]
            shares = ", ".join(f"{100 * share:.0f} %" for share in found.shares)
            rows.append(
                f"| {name} | {found.mean:+.1f} | {found.deviation:.1f} | {found.absolute:.1f} "
                f"| {shares} | {found.bhs} | {found.aami} | {self.constant[name].absolute:.1f} |"
            )
        return rows

    def figures(self) -> dict[str, float | int | str]:
        """For the provenance of a model."""
        figures: dict[str, float | int | str] = {"windows": self.windows, "people": self.people}
        for name in QUANTITIES:
            figures[f"{name} error"] = round(self.errors[name].absolute, 2)
            figures[f"{name} BHS"] = self.errors[name].bhs
        return figures


def usual_pressures(waveforms: NDArray[np.floating]) -> dict[str, float]:
    """The mean of each quantity over windows."""
    return {name: float(values.mean()) for name, values in pressures_of(waveforms).items()}

"""Compare two records: differences of their rows beyond the noise, and of their machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edge.bench.record import Record, Row, row_name
from edge.bench.statistics import median, ratio_interval

MACHINE = ("board", "cpu", "architecture", "cores", "system", "kernel", "python", "packages")
KEYS = ("model", "runtime", "threads", "pipeline", "signal")
"""The fields by which a row of one record is found in the other record."""


@dataclass(frozen=True)
class Difference:
    """The difference between two records in one row."""

    name: str
    unit: str
    a: float
    """Median of the first record."""
    b: float
    """Median of the second record."""
    ratio: float
    """b / a."""
    low: float
    """Lower end of the confidence interval of the ratio."""
    high: float
    """Upper end of the confidence interval of the ratio."""
    other_file: bool
    """True if the model files of the two records differ."""

    @property
    def verdict(self) -> str:
        if self.low > 1:
            return "slower"
        return "faster" if self.high < 1 else "no difference beyond the noise"


def compare_rows(a: Record, b: Record) -> Iterator[Difference]:
    """The difference of each row that both records have."""
    rows_b = _rows_by_key(b)
    for row in _rows(a):
        other = rows_b.get(_key(row))
        if other is None or "blocks" not in row or "blocks" not in other:
            continue
        ratio, low, high = ratio_interval(row["blocks"], other["blocks"])
        yield Difference(
            name=row_name(row),
            unit="ms CPU per s" if "pipeline" in row else "us",
            a=median(row["blocks"]),
            b=median(other["blocks"]),
            ratio=ratio,
            low=low,
            high=high,
            other_file=row.get("sha256") != other.get("sha256"),
        )


def unmatched_rows(a: Record, b: Record) -> Iterator[str]:
    """A sentence for each row that cannot be compared."""
    rows_a, rows_b = _rows_by_key(a), _rows_by_key(b)
    for key, row in (rows_a | rows_b).items():
        for name, rows in (("first", rows_a), ("second", rows_b)):
            if key not in rows:
                yield f"{row_name(row)} is not in the {name} record"
            elif "error" in rows[key]:
                yield f"{row_name(row)} failed in the {name} record: {rows[key]['error']}"


def different_conditions(a: Record, b: Record) -> Iterator[str]:
    """The differences of the machines and of the settings."""
    for part, names in (("machine", MACHINE), ("settings", tuple(a["settings"]))):
        for name in names:
            yield from _different_values(name, a[part].get(name), b[part].get(name))


def _different_values(name: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _different_values(key, old.get(key), new.get(key))
    elif old != new:
        yield f"{name}: {old} and {new}"


def _rows(record: Record) -> list[Row]:
    return [*record["models"], *record["pipelines"]]


def _rows_by_key(record: Record) -> dict[tuple[Any, ...], Row]:
    return {_key(row): row for row in _rows(record)}


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in KEYS)

"""What two records say about each other, beyond the noise in both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edge.bench.results.statistics import median, ratio_interval
from edge.bench.run.jobs import Row

MACHINE = ("board", "cpu", "architecture", "cores", "system", "kernel", "python", "packages")
KEYS = ("model", "runtime", "threads", "pipeline", "signal")


@dataclass(frozen=True)
class Difference:
    """One row that both records have."""

    name: str
    unit: str
    a: float
    b: float
    ratio: float
    """Median of b over that of a, and the interval in which it lies."""
    low: float
    high: float
    other_file: bool
    """The model file is not the same in both."""

    @property
    def verdict(self) -> str:
        if self.low > 1:
            return "slower"
        return "faster" if self.high < 1 else "no difference beyond the noise"


def differences(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Difference]:
    theirs = {_key(row): row for row in _rows(b)}
    for row in _rows(a):
        other = theirs.get(_key(row))
        if other is None or "blocks" not in row or "blocks" not in other:
            continue
        ratio, low, high = ratio_interval(row["blocks"], other["blocks"])
        unit = "ms CPU per s" if "pipeline" in row else "us"
        yield Difference(
            _name(row),
            unit,
            median(row["blocks"]),
            median(other["blocks"]),
            ratio,
            low,
            high,
            row.get("sha256") != other.get("sha256"),
        )


def unmatched(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    """Rows that cannot be compared, and why."""
    ours, theirs = ({_key(row): row for row in _rows(record)} for record in (a, b))
    for key, row in (ours | theirs).items():
        for name, record in (("first", ours), ("second", theirs)):
            if key not in record:
                yield f"{_name(row)} is not in the {name} record"
            elif "error" in record[key]:
                yield f"{_name(row)} failed in the {name} record: {record[key]['error']}"


def other_machine(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    """In what the machines and the settings differ."""
    for part, names in (("machine", MACHINE), ("settings", tuple(a["settings"]))):
        for name in names:
            old, new = a[part].get(name), b[part].get(name)
            if old == new:
                continue
            if isinstance(old, dict) and isinstance(new, dict):
                for package in sorted(old.keys() | new.keys()):
                    if old.get(package) != new.get(package):
                        yield f"{package}: {old.get(package)} and {new.get(package)}"
            else:
                yield f"{name}: {old} and {new}"


def _rows(record: dict[str, Any]) -> list[Row]:
    return [*record["models"], *record["pipelines"]]


def _key(row: Row) -> tuple[Any, ...]:
    return tuple(row.get(key) for key in KEYS)


def _name(row: Row) -> str:
    if "pipeline" in row:
        return f"{row['pipeline']} ({row['signal']}) on {row['runtime']}"
    return f"{row['model']} on {row['runtime']}"

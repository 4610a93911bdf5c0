"""The table of the measured networks."""

from __future__ import annotations

from collections.abc import Sequence

from edge.errors import EdgeError
from tools.cnn_zoo.measure import Row

# MACs per second of int8 MobileNet V2 on the four cores of a Raspberry Pi 4 (64 bits): 301 million
# in 17 ms, by the README of XNNPACK (February 2022), the library that LiteRT computes with.
PI_4_MACS_PER_S = 301e6 / 17e-3
HEADER = """\
| network | input | parameters | MACs | int8 | latency | memory | Pi 4, estimate | note |
|---|---|---:|---:|---:|---:|---:|---:|---|
"""
COLUMNS = 9


def markdown(rows: Sequence[Row]) -> str:
    lines = []
    for row in rows:
        macs = row.get("macs")
        cells = (
            row["network"],
            row.get("input", "-"),
            _shown(row.get("parameters"), 1e6, "M"),
            _shown(macs, 1e6, "M"),
            _shown(row.get("bytes"), 1e6, "MB"),
            _shown(row.get("cpu_ms"), 1, "ms"),
            _shown(row.get("peak_mb"), 1, "MB"),
            _shown(None if macs is None else macs / PI_4_MACS_PER_S, 1e-3, "ms"),
            row["note"],
        )
        lines.append("| " + " | ".join(cells) + " |\n")
    return HEADER + "".join(lines)


def _shown(value: float | None, unit: float, name: str) -> str:
    """Three significant digits, without an exponent."""
    if value is None:
        return "-"
    number = value / unit
    return f"{number:.0f} {name}" if number >= 100 else f"{number:.3g} {name}"


def rows_of(text: str) -> list[Row]:
    """What the plot shows of each measured network of a table that `markdown` wrote."""
    rows: list[Row] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == COLUMNS and cells[5].endswith("ms") and "-" not in cells[4:7]:
            size, latency, memory = (float(cell.split()[0]) for cell in cells[4:7])
            row = {"network": cells[0], "bytes": size * 1e6, "cpu_ms": latency, "peak_mb": memory}
            rows.append(row)
    if not rows:
        raise EdgeError("there is no table of networks: give a file that --out wrote")
    return rows

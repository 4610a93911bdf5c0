"""The table and the plot of the measured networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.cnn_zoo.measure import Row

# MACs per second of int8 MobileNet V2 on the four cores of a Raspberry Pi 4 (64 bits): 301 million
# in 17 ms, by the README of XNNPACK (February 2022), the library that LiteRT computes with.
PI_4_MACS_PER_S = 301e6 / 17e-3
HEADER = """\
| network | input | parameters | MACs | int8 | latency | memory | Pi 4, estimate | note |
|---|---|---:|---:|---:|---:|---:|---:|---|
"""


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


def plot(rows: Sequence[Row], path: Path) -> None:
    """Latency against size, both logarithmic; the area of a point grows with the memory."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 6))
    for row in rows:
        if "cpu_ms" not in row:
            continue
        at = (row["bytes"] / 1e6, row["cpu_ms"])
        axes.scatter(*at, s=row["peak_mb"], color="tab:blue", alpha=0.4, linewidths=0)
        axes.annotate(row["network"], at, (5, 3), textcoords="offset points", fontsize=8)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="int8 model in MB (area of a point: memory of the process)",
        ylabel="latency on one core of this computer in ms",
    )
    axes.margins(x=0.15)
    axes.grid(True, which="both", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    pyplot.close(figure)

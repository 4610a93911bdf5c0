"""A record as a picture: the latency of every row, with where nearly all runs lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.errors import RuntimeMissing


def draw(record: dict[str, Any], path: Path) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise RuntimeMissing("a picture needs matplotlib: pip install matplotlib") from None
    parts = [
        (name, rows)
        for name, key in (("us per inference: p5, p50, p95", "models"), ("CPU ms/s", "pipelines"))
        if (rows := [row for row in record[key] if "error" not in row])
    ]
    height = 1.2 + sum(0.5 + 0.4 * len(rows) for _, rows in parts)
    figure = Figure((8, height), layout="constrained")
    FigureCanvasAgg(figure)
    heights = [len(rows) + 1 for _, rows in parts]
    axes = figure.subplots(max(1, len(parts)), squeeze=False, height_ratios=heights or None)
    for axis, (label, rows) in zip(axes[:, 0], parts, strict=False):
        names = [
            f"{row.get('model') or row['pipeline'] + ' (' + row['signal'] + ')'}\n{row['runtime']}"
            for row in rows
        ]
        if "latency_us" in rows[0]:
            middle = [row["latency_us"]["p50"] for row in rows]
            below = [
                m - min(m, row["latency_us"]["p5"]) for m, row in zip(middle, rows, strict=True)
            ]
            above = [
                max(m, row["latency_us"]["p95"]) - m for m, row in zip(middle, rows, strict=True)
            ]
            axis.barh(names, middle, xerr=(below, above), capsize=3, color="tab:blue")
        else:
            left = [0.0] * len(rows)
            for stage in rows[0]["stages_ms"]:
                widths = [row["stages_ms"][stage] for row in rows]
                axis.barh(names, widths, left=left, label=stage)
                left = [a + b for a, b in zip(left, widths, strict=True)]
            axis.legend(fontsize="small")
        axis.invert_yaxis()
        axis.set_xlabel(label)
    machine = record["machine"]
    figure.suptitle(f"edge-bench on {machine['board'] or machine['cpu'] or 'this machine'}")
    figure.savefig(path, format="png")

"""A record as a plot: the latency of each model, and the processor time of each pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.bench.record import Record, Row, subject
from edge.errors import RuntimeMissing


def check_matplotlib() -> None:
    """RuntimeMissing if it is not installed; called before minutes of measurement."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise RuntimeMissing(f"--png needs matplotlib ({error}): pip install matplotlib") from None


def plot_record(record: Record, path: Path) -> None:
    check_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = [
        (plot, rows)
        for plot, key in ((_plot_latency, "models"), (_plot_stages, "pipelines"))
        if (rows := [row for row in record[key] if "error" not in row])
    ]
    height = 1.2 + sum(0.5 + 0.4 * len(rows) for _, rows in panels)
    figure = Figure((8, height), layout="constrained")
    FigureCanvasAgg(figure)
    heights = [len(rows) + 1 for _, rows in panels]
    axes = figure.subplots(max(1, len(panels)), squeeze=False, height_ratios=heights or None)
    for axis, (plot, rows) in zip(axes[:, 0], panels, strict=False):
        plot(axis, [f"{subject(row)}\n{row['runtime']}" for row in rows], rows)
        axis.invert_yaxis()
    machine = record["machine"]
    figure.suptitle(f"edge-bench on {machine['board'] or machine['cpu'] or 'this machine'}")
    figure.savefig(path, format="png")


def _plot_latency(axis: Any, names: list[str], rows: list[Row]) -> None:
    """A bar for the median, with an error bar from p5 to p95."""
    latencies = [row["latency_us"] for row in rows]
    medians = [latency["p50"] for latency in latencies]
    below = [max(0.0, latency["p50"] - latency["p5"]) for latency in latencies]
    above = [max(0.0, latency["p95"] - latency["p50"]) for latency in latencies]
    axis.barh(names, medians, xerr=(below, above), capsize=3, color="tab:blue")
    axis.set_xlabel("us per inference: p5, p50, p95")


def _plot_stages(axis: Any, names: list[str], rows: list[Row]) -> None:
    """A bar for the processor time, divided into the stages."""
    left = [0.0] * len(rows)
    for stage in rows[0]["stages_ms"]:
        widths = [row["stages_ms"][stage] for row in rows]
        axis.barh(names, widths, left=left, label=stage)
        left = [a + b for a, b in zip(left, widths, strict=True)]
    axis.legend(fontsize="small")
    axis.set_xlabel("CPU ms/s")

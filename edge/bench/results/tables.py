"""A record as tables: for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from edge.bench.run.jobs import Row

Cell = Callable[[Row], str]
Table = tuple[list[str], list[list[str]]]


def figure(value: float | None, unit: str = "") -> str:
    """Three digits that count, at most."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}{unit}"


def _latency(name: str) -> Cell:
    return lambda row: figure(row["latency_us"][name])


MODEL_COLUMNS: dict[str, Cell] = {
    "model": lambda row: row["model"],
    "runtime": lambda row: f"{row['runtime']} {row['runtime_version'] or ''}".strip(),
    "p50 us": _latency("p50"),
    "p5": _latency("p5"),
    "p95": _latency("p95"),
    "p99": _latency("p99"),
    "dev": _latency("deviation"),
    "CPU us": lambda row: figure(row["cpu_us"]),
    "first us": lambda row: figure(row["first_us"]),
    "cold ms": lambda row: figure(row["cold_start_ms"]),
    "peak MB": lambda row: figure(row["peak_mb"]),
    "file kB": lambda row: figure(row["bytes"] / 1000),
    "MMAC": lambda row: figure(row["macs"] / 1e6 if row["macs"] is not None else None),
    "of peak": lambda row: (
        f"{row['share_of_peak']:.1%}" if row.get("share_of_peak") is not None else "-"
    ),
    "same as first": lambda row: _agreement(row.get("agreement")),
}

PIPELINE_COLUMNS: dict[str, Cell] = {
    "pipeline": lambda row: f"{row['pipeline']} ({row['signal']})",
    "runtime": MODEL_COLUMNS["runtime"],
    "CPU ms/s": lambda row: figure(row["cpu_ms_per_s"]),
    "of real time": lambda row: f"{row['real_time_factor']:.3%}",
    "fit on a core": lambda row: str(row["fit_on_one_core"]),
    "features": lambda row: _share(row, "features"),
    "model": lambda row: _share(row, "model"),
    "decision": lambda row: _share(row, "decision"),
    "source": lambda row: _share(row, "source"),
    "sink": lambda row: _share(row, "sink"),
    "delay ms p50": lambda row: figure(row["delay_ms"]["p50"] if row["delay_ms"] else None),
    "p95": lambda row: figure(row["delay_ms"]["p95"] if row["delay_ms"] else None),
    "right": lambda row: f"{row['right']}/{row['marks']}",
    "extra": lambda row: str(row["extra"]),
    "ready ms": lambda row: figure(row["ready_ms"]),
    "peak MB": lambda row: figure(row["peak_mb"]),
}


def tables(record: dict[str, Any]) -> Iterator[tuple[str, Table]]:
    """Each with its title."""
    for title, rows, columns in (
        ("Models", record["models"], MODEL_COLUMNS),
        ("Pipelines", record["pipelines"], PIPELINE_COLUMNS),
    ):
        worked = [row for row in rows if "error" not in row]
        if worked:
            cells = [[cell(row) for cell in columns.values()] for row in worked]
            yield title, (list(columns), cells)
    for row in record["models"]:
        if "operators" in row.get("profile", {}):
            yield f"Operators of {row['model']} on {row['runtime']}", _profile(row["profile"])


def notes(record: dict[str, Any]) -> Iterator[str]:
    """What belongs to the tables but into no cell."""
    for row in (*record["models"], *record["pipelines"]):
        name = row.get("model") or f"{row['pipeline']} ({row['signal']})"
        name = f"{name} on {row['runtime']}"
        if "error" in row:
            yield f"{name}: {row['error']}"
            continue
        if "inputs" in row:
            yield f"{name}: given {row['inputs']}"
        if row.get("uncounted"):
            yield f"{name}: MACs without those of {', '.join(row['uncounted'])}"
        if row.get("wrapper_us") is not None:
            yield f"{name}: Model.scores takes {row['wrapper_us']:.1f} us more than the runtime"
        if "idle" in row:
            yield f"{name}: nothing to recognise, that is {row['idle']}"
        if "error" in row.get("profile", {}):
            yield f"{name}: no profile: {row['profile']['error']}"
        elif "profile" in row:
            yield f"{name}: operators by {row['profile']['method']}"
        for warning in row["warnings"]:
            yield f"{name}: warning: {warning}"
    for runtime, peak in record["int8_peak_macs_per_s"].items():
        if peak is not None:
            yield f"int8 peak of {runtime}: {peak / 1e9:.1f} GMAC/s in one large 1x1 convolution"
    for warning in record["warnings"]:
        yield f"warning: {warning}"


def where(record: dict[str, Any]) -> str:
    """The machine, in a line."""
    machine, before, after = record["machine"], record["before"], record["after"]
    cores = f"{machine['cores']} x {machine['cpu'] or machine['architecture']}"
    parts = [machine["board"], cores, machine["system"], machine["python"]]
    if before["governors"]:
        parts.append("governor " + ", ".join(before["governors"]))
    if before["temperature_c"] is not None:
        parts.append(f"{before['temperature_c']:.0f} to {after['temperature_c'] or 0:.0f} C")
    parts.append(f"load {before['load']}")
    threads = record["settings"]["threads"]
    parts.append(f"{threads} thread" + "s" * (threads > 1))
    return ", ".join(part for part in parts if part)


def as_text(record: dict[str, Any]) -> str:
    blocks = [where(record)]
    for title, (head, rows) in tables(record):
        blocks.append(f"{title}\n" + "\n".join(_aligned([head, *rows])))
    blocks.append("\n".join(notes(record)))
    return "\n\n".join(blocks) + "\n"


def as_markdown(record: dict[str, Any]) -> str:
    blocks = ["# edge-bench", f"{where(record)}; {record['before']['time']}"]
    for title, (head, rows) in tables(record):
        lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
        blocks.append(f"## {title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines))
    blocks.append("\n".join(f"- {note}" for note in notes(record)))
    return "\n\n".join(blocks) + "\n"


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """Words to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [
            cell.ljust(width) if number < 2 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _profile(profile: dict[str, Any]) -> Table:
    total = sum(operator["us"] for operator in profile["operators"]) or 1.0
    rows = []
    for number, operator in enumerate(profile["operators"]):
        macs = operator["macs"]
        rate = macs / operator["us"] / 1e3 if macs and operator["us"] > 0 else None
        share = f"{operator['us'] / total:.0%}"
        thousands = figure(macs / 1000 if macs else None)
        name = operator["name"]
        rows.append([str(number), name, figure(operator["us"]), share, thousands, figure(rate)])
    return ["", "operator", "us", "share", "kMAC", "GMAC/s"], rows


def _share(row: Row, stage: str) -> str:
    total = sum(row["stages_ms"].values())
    return f"{row['stages_ms'][stage] / total:.0%}" if total else "-"


def _agreement(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    if found["levels"] is not None:
        return "yes" if not found["levels"] else f"{found['levels']} levels"
    return "no number" if found["apart"] is None else f"{found['apart']:.3f}"

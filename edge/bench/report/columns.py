"""The columns of the result tables: heading, cell and legend."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.bench.record import Row, subject

Cell = Callable[[Row], str]
Columns = Mapping[str, Cell]
Legend = Mapping[str, str]


def number(value: float | None) -> str:
    """The value with three significant digits, more if they stand before the decimal point."""
    if value is None:
        return "-"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def runtime(row: Row) -> str:
    return f"{row['runtime']} {row['runtime_version'] or ''}".strip()


def _latency(name: str) -> Cell:
    return lambda row: number(row["latency_us"][name])


def _delay(name: str) -> Cell:
    return lambda row: number(row["delay_ms"][name] if row["delay_ms"] else None)


def _stage_share(stage: str) -> Cell:
    def cell(row: Row) -> str:
        total = sum(row["stages_ms"].values())
        return f"{row['stages_ms'][stage] / total:.0%}" if total else "-"

    return cell


def _mmac(row: Row) -> str:
    return number(row["macs"] / 1e6 if row["macs"] is not None else None)


def _share_of_peak(row: Row) -> str:
    return "-" if row.get("share_of_peak") is None else f"{row['share_of_peak']:.1%}"


def _agreement(row: Row) -> str:
    found = row.get("agreement")
    if found is None:
        return "-"
    if found["levels"] is not None:
        return f"{found['levels']} levels" if found["levels"] else "yes"
    return "NaN" if found["apart"] is None else f"{found['apart']:.3f}"


MODEL_LATENCY: Columns = {
    "p50 us": _latency("p50"),
    "p5": _latency("p5"),
    "p95": _latency("p95"),
    "p99": _latency("p99"),
    "dev": _latency("deviation"),
    "CPU us": lambda row: number(row["cpu_us"]),
    "first us": lambda row: number(row["first_us"]),
}
MODEL_SIZE: Columns = {
    "cold ms": lambda row: number(row["cold_start_ms"]),
    "peak MB": lambda row: number(row["peak_mb"]),
    "file kB": lambda row: number(row["bytes"] / 1000),
    "MMAC": _mmac,
    "of peak": _share_of_peak,
    "agreement": _agreement,
}
MODELS: Columns = {
    "model": lambda row: str(row["model"]),
    "runtime": runtime,
    **MODEL_LATENCY,
    **MODEL_SIZE,
}
MODEL_LEGEND: Legend = {
    "p5, p50, p95, p99": "5, 50, 95 and 99 % of inferences took at most this long, us",
    "dev": "standard deviation of the time in us",
    "CPU us": "processor time per inference, of all threads together",
    "first us": "time of the first inference after the model was loaded",
    "cold ms": "start of the process to the result of the first inference",
    "peak MB": "largest memory of the process",
    "file kB": "size of the model file",
    "MMAC": "million multiply-accumulate operations per inference",
    "of peak": "MMAC per second, divided by the highest int8 speed below",
    "agreement": "outputs equal those of the model's first row: yes, or the "
    "largest difference in int8 levels or in probability",
}

PIPELINE_COST: Columns = {
    "CPU ms/s": lambda row: number(row["cpu_ms_per_s"]),
    "of real time": lambda row: f"{row['real_time_factor']:.3%}",
    "fit on a core": lambda row: str(row["fit_on_one_core"]),
}
PIPELINE_STAGES: Columns = {
    stage: _stage_share(stage) for stage in ("features", "model", "decision", "source", "sink")
}
PIPELINE_DETECTIONS: Columns = {
    "delay ms p50": _delay("p50"),
    "p95": _delay("p95"),
    "right": lambda row: f"{row['right']}/{row['marks']}",
    "extra": lambda row: str(row["extra"]),
}
PIPELINE_START: Columns = {
    "ready ms": lambda row: number(row["ready_ms"]),
    "peak MB": lambda row: number(row["peak_mb"]),
}
PIPELINES: Columns = {
    "pipeline": subject,
    "runtime": runtime,
    **PIPELINE_COST,
    **PIPELINE_STAGES,
    **PIPELINE_DETECTIONS,
    **PIPELINE_START,
}
PIPELINE_LEGEND: Legend = {
    "active, idle": "the signal contains words or strokes, or none",
    "CPU ms/s": "processor time for one second of the signal",
    "of real time": "time to process the signal, relative to its length",
    "fit on a core": "pipelines that one core can run at the same time",
    "ready ms": "start of the process until the model is loaded",
    "peak MB": "largest memory of the process",
    "source ... sink": "share of the processor time of each stage of the chain",
    "right": "recognised words or strokes, of all in the signal",
    "extra": "detections where there was no word or stroke",
    "delay ms p50, p95": "50 and 95 % of detections came at most this long after the end "
    "of the word or stroke",
}

OPERATORS = ("operator", "us", "share", "kMAC", "GMAC/s")
OPERATOR_LEGEND: Legend = {
    "us": "time of the operator in one inference",
    "share": "of the time of the whole model",
    "kMAC": "thousand multiply-accumulate operations",
    "GMAC/s": "billion multiply-accumulate operations per second",
}


def operator_rows(profile: dict[str, Any]) -> list[list[str]]:
    """The cells of OPERATORS for each operator of a profile."""
    total_us = sum(operator["us"] for operator in profile["operators"]) or 1.0
    rows = []
    for operator in profile["operators"]:
        us, macs = operator["us"], operator["macs"]
        speed = macs / us / 1e3 if macs and us > 0 else None
        kmac = number(macs / 1e3 if macs else None)
        rows.append([operator["name"], number(us), f"{us / total_us:.0%}", kmac, number(speed)])
    return rows

"""Aggregate the answers of all workers of a job into its row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edge.bench.jobs import Job
from edge.bench.machine import system_state
from edge.bench.record import Row
from edge.bench.statistics import median, summary

MIN_CPU_SHARE = 0.9  # a worker that got less of the processor has a warning in its row


def aggregate_model(job: Job, peak: float | None) -> None:
    """`peak`: highest int8 multiplications per second of the machine."""
    row, answers = job.row, job.answers
    if job.failed:
        return
    latencies = np.concatenate([answer["latency_us"] for answer in answers])
    row["latency_us"] = summary(latencies) | {"longest": max(a["longest_us"] for a in answers)}
    row["blocks"] = [answer["blocks_us"] for answer in answers]
    for name in ("runtime_version", "inputs"):
        row[name] = answers[0][name]
    for name in ("cold_start_ms", "python_ms", "import_ms", "load_ms", "first_us", "cpu_us"):
        row[name] = _median(answers, name)
    for name in ("peak_mb", "model_mb"):
        row[name] = _largest(answers, name)
    if "wrapper_us" in answers[0]:
        row["wrapper_us"] = _median(answers, "wrapper_us")
    row["runs"] = sum(answer["runs"] for answer in answers)
    row["clock_khz"] = [answer["clock_khz"] for answer in answers]
    row["cpu_share"] = min(answer["cpu_share"] for answer in answers)
    row["outputs"], row["output_step"] = answers[0]["outputs"], answers[0]["output_step"]
    if peak and row["macs"]:
        row["share_of_peak"] = row["macs"] / (row["latency_us"]["p50"] * 1e-6) / peak
    row["warnings"] = list(_warnings(row))


def aggregate_pipeline(job: Job) -> None:
    row, answers = job.row, job.answers
    if job.failed:
        return
    first = answers[0]
    row["blocks"] = [answer["blocks_ms"] for answer in answers]
    row["cpu_ms_per_s"] = median(row["blocks"])
    for name in ("runtime_version", "signal_s", "marks", "right", "wrong", "extra", "delay_ms"):
        row[name] = first[name]
    for name in ("real_time_factor", "ready_ms", "cpu_share"):
        row[name] = _median(answers, name)
    row["fit_on_one_core"] = int(1000 / row["cpu_ms_per_s"])
    row["peak_mb"] = _largest(answers, "peak_mb")
    row["stages_ms"] = {
        stage: float(np.median([answer["stages_ms"][stage] for answer in answers]))
        for stage in first["stages_ms"]
    }
    row["warnings"] = list(_warnings(row))


def _median(answers: list[dict[str, Any]], name: str) -> float | None:
    values = [answer[name] for answer in answers if answer[name] is not None]
    return float(np.median(values)) if values else None


def _warnings(row: Row) -> Iterator[str]:
    if row["cpu_share"] < MIN_CPU_SHARE:
        yield f"other processes used the processor for {1 - row['cpu_share']:.0%} of the time"
    for clocks in row.get("clock_khz", ()):
        if warning := system_state.clock_warning(clocks):
            yield warning
            break


def _largest(answers: list[dict[str, Any]], name: str) -> float | None:
    """None if the system does not tell this value."""
    values = [answer[name] for answer in answers if answer[name] is not None]
    return max(values, default=None)

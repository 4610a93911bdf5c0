"""From what the workers of a row have answered to the row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edge.bench.machine import system_state
from edge.bench.results.statistics import median, summary
from edge.bench.run.jobs import Row, Subject

INTERRUPTED = 0.9  # of the processor for ourselves; below, the row says so


def finish_model(subject: Subject, peak: float | None) -> None:
    row, answers = subject.row, subject.answers
    if "error" in row:
        return
    latencies = np.concatenate([answer["latency_us"] for answer in answers])
    row["latency_us"] = summary(latencies) | {"longest": max(a["longest_us"] for a in answers)}
    row["blocks"] = [answer["blocks_us"] for answer in answers]
    for name in ("runtime_version", "inputs"):
        row[name] = answers[0][name]
    for name in ("cold_start_ms", "python_ms", "import_ms", "load_ms", "first_us", "cpu_us"):
        row[name] = _middle(answers, name)
    for name in ("peak_mb", "model_mb"):
        row[name] = max(answer[name] for answer in answers)
    if "wrapper_us" in answers[0]:
        row["wrapper_us"] = _middle(answers, "wrapper_us")
    row["runs"] = sum(answer["runs"] for answer in answers)
    row["clock_khz"] = [answer["clock_khz"] for answer in answers]
    row["cpu_share"] = min(answer["cpu_share"] for answer in answers)
    row["outputs"], row["output_step"] = answers[0]["outputs"], answers[0]["output_step"]
    if peak and row["macs"]:
        row["share_of_peak"] = row["macs"] / (row["latency_us"]["p50"] * 1e-6) / peak
    row["warnings"] = list(_row_warnings(row))


def finish_pipeline(subject: Subject) -> None:
    row, answers = subject.row, subject.answers
    if "error" in row:
        return
    first = answers[0]
    row["blocks"] = [answer["blocks_ms"] for answer in answers]
    row["cpu_ms_per_s"] = median(row["blocks"])
    for name in ("runtime_version", "signal_s", "marks", "right", "wrong", "extra", "delay_ms"):
        row[name] = first[name]
    for name in ("real_time_factor", "ready_ms", "cpu_share"):
        row[name] = _middle(answers, name)
    row["fit_on_one_core"] = int(1000 / row["cpu_ms_per_s"])
    row["peak_mb"] = max(answer["peak_mb"] for answer in answers)
    row["stages_ms"] = {
        stage: float(np.median([answer["stages_ms"][stage] for answer in answers]))
        for stage in first["stages_ms"]
    }
    row["warnings"] = list(_row_warnings(row))


def _middle(answers: list[dict[str, Any]], name: str) -> float | None:
    values = [answer[name] for answer in answers if answer[name] is not None]
    return float(np.median(values)) if values else None


def _row_warnings(row: Row) -> Iterator[str]:
    if row["cpu_share"] < INTERRUPTED:
        yield f"others had the processor for {1 - row['cpu_share']:.0%} of its time"
    for clocks in row.get("clock_khz", ()):
        if warning := system_state.clock_warning(clocks):
            yield warning
            break

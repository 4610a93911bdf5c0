"""Run a benchmark: the jobs in rounds, the aggregation of their answers, and the record.

In each round every job gets one worker process. So a disturbance of the machine affects all rows,
and the spread between the processes of a row shows how much a new start alone changes its figures.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from edge.bench.aggregate import aggregate_model, aggregate_pipeline
from edge.bench.agreement import compare_outputs
from edge.bench.jobs import Job, model_jobs, pipeline_jobs
from edge.bench.machine import system_state
from edge.bench.machine.description import describe_machine
from edge.bench.record import FORMAT, Record
from edge.bench.settings import Settings
from edge.bench.worker_process import run_worker
from edge.model.runtime import RUNTIMES

Progress = Callable[[str], None]


def run_benchmark(settings: Settings, progress: Progress = lambda text: None) -> Record:
    """Measure everything. `progress` gets a text before each step."""
    machine = describe_machine()
    before = system_state.read_state()
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        models = list(model_jobs(settings, Path(folder)))
        pipelines = list(pipeline_jobs(settings, Path(folder), progress))
        for number in range(settings.processes):
            for job in models + pipelines:
                if not job.failed:
                    progress(f"round {number + 1} of {settings.processes}: {job.name}")
                    _run_once(job)
        peaks = _int8_peaks(settings, models, progress)
        if settings.profile:
            for job in models:
                if not job.failed:
                    progress(f"profile of {job.name}")
                    job.row["profile"] = run_worker({**job.request, "kind": "profile"})
    after = system_state.read_state()
    peak = max((p for p in peaks.values() if p is not None), default=None)
    for job in models:
        aggregate_model(job, peak)
    for job in pipelines:
        aggregate_pipeline(job)
    compare_outputs([job.row for job in models if not job.failed])
    warnings = list(system_state.warnings(before, after))
    for state in (before, after):
        del state["ticks"]
    return {
        "format": FORMAT,
        "machine": machine,
        "before": before,
        "after": after,
        "settings": {
            name: getattr(settings, name)
            for name in ("threads", "affinity", "processes", "seconds", "runs", "warm_up")
        },
        "int8_peak_macs_per_s": peaks,
        "models": [job.row for job in models],
        "pipelines": [job.row for job in pipelines],
        "warnings": warnings,
    }


def _run_once(job: Job) -> None:
    """Run one worker. After an error the job stops: it would fail again, perhaps after minutes."""
    answer = run_worker(job.request)
    if "error" in answer:
        job.row["error"] = answer["error"]
    else:
        job.answers.append(answer)


def _int8_peaks(
    settings: Settings, models: list[Job], progress: Progress
) -> dict[str, float | None]:
    """Highest int8 multiplications per second of each TFLite runtime that has a successful row."""
    successful = {job.row["runtime"] for job in models if not job.failed}
    peaks: dict[str, float | None] = {}
    for runtime in (name for name in RUNTIMES if name in successful):
        progress(f"int8 peak of {runtime}")
        answer = run_worker(settings.request("peak", runtime=runtime))
        peaks[runtime] = answer.get("macs_per_s")
    return peaks

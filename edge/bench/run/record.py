"""Measure everything that was asked for, round after round, and put it into one record.

In each round every row has its turn, each in a process of its own. So what disturbs the machine
for a while disturbs all rows, and a model that starts anew shows how much that alone changes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.bench.machine import system_state
from edge.bench.machine.description import describe_machine
from edge.bench.results.agreement import compare_outputs
from edge.bench.run.aggregate import finish_model, finish_pipeline
from edge.bench.run.jobs import Settings, Subject, model_subjects, pipeline_subjects
from edge.bench.run.rows import ask_worker
from edge.model.runtime import RUNTIMES

FORMAT = 1


def measure(settings: Settings, tell: Callable[[str], None] = lambda text: None) -> dict[str, Any]:
    """The record of a benchmark."""
    machine = describe_machine()
    before = system_state.look()
    with tempfile.TemporaryDirectory(prefix="edge-bench-") as folder:
        models = list(model_subjects(settings, Path(folder)))
        pipelines = list(pipeline_subjects(settings, Path(folder), tell))
        for number in range(settings.processes):
            for subject in models + pipelines:
                _ask(subject, f"round {number + 1} of {settings.processes}", tell)
        peaks = _peaks(settings, models, tell)
        if settings.profile:
            for subject in models:
                _profile(subject, tell)
    after = system_state.look()
    peak = max((p for p in peaks.values() if p is not None), default=None)
    for subject in models:
        finish_model(subject, peak)
    for subject in pipelines:
        finish_pipeline(subject)
    compare_outputs([subject.row for subject in models if "error" not in subject.row])
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
        "models": [subject.row for subject in models],
        "pipelines": [subject.row for subject in pipelines],
        "warnings": warnings,
    }


def _ask(subject: Subject, when: str, tell: Callable[[str], None]) -> None:
    """A row that failed once is not asked again: it would fail again, and may take long."""
    if "error" in subject.row:
        return
    row = subject.row
    what = row.get("model") or f"{row['pipeline']} ({row['signal']})"
    tell(f"{when}: {what} on {row['runtime']}")
    answer = ask_worker(subject.request)
    if "error" in answer:
        row["error"] = answer["error"]
    else:
        subject.answers.append(answer)


def _peaks(
    settings: Settings, models: list[Subject], tell: Callable[[str], None]
) -> dict[str, float | None]:
    """Of each TFLite runtime that is in the rows; the machine's is the highest."""
    worked = {subject.row["runtime"] for subject in models if "error" not in subject.row}
    peaks: dict[str, float | None] = {}
    for runtime in (name for name in RUNTIMES if name in worked):
        tell(f"int8 peak of {runtime}")
        answer = ask_worker(settings.request("peak", runtime=runtime))
        peaks[runtime] = answer.get("macs_per_s")
    return peaks


def _profile(subject: Subject, tell: Callable[[str], None]) -> None:
    if "error" not in subject.row:
        tell(f"profile of {subject.row['model']} on {subject.row['runtime']}")
        subject.row["profile"] = ask_worker({**subject.request, "kind": "profile"})

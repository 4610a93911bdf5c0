"""Read the answers of the commands, and compare those of a board with those of this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from edge.bench.record import Record, subject

LEVEL = 1 / 256
# Of a row of edge-bench.
COUNTED = ("bytes", "operators", "macs", "inputs")
COUNTED_OF_PIPELINE = ("signal_s", "marks", "right", "wrong", "extra")


def objects(output: str) -> list[dict[str, Any]]:
    """The JSON objects that a command printed; for text, an object for each line, as its label."""
    if output.startswith("{\n"):
        return list(bench_answers(json.loads(output)))
    lines = output.splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return found or [{"label": line} for line in lines]


def bench_answers(record: Record) -> Iterator[dict[str, Any]]:
    """What must be the same on every processor in the record of edge-bench: counts, no times."""
    for row in record["models"] + record["pipelines"]:
        counted = COUNTED if "model" in row else COUNTED_OF_PIPELINE
        counts = ", ".join(f"{name} {row.get(name, row.get('error'))}" for name in counted)
        yield {"label": f"{subject(row)}: {counts}"}


def label_and_score(event: dict[str, Any]) -> tuple[str, float] | None:
    """What an event recognised, and its score; None for another event."""
    label = event.get("label", event.get("number"))
    if event.get("event") == "finding":  # of the doctor
        label = f"{event['check']} {event['level']}"
    score = event.get("score", event.get("confidence", 1.0))
    return None if label is None else (str(label), float(score))


def same(found: list[Any], expected: list[Any], levels: int = 1) -> str:
    """`same` or what differs, if scores may differ by this number of levels."""
    ours, theirs = ([label_and_score(event) for event in events] for events in (found, expected))
    pairs = [pair for pair in ours if pair]
    others = [pair for pair in theirs if pair]
    if [label for label, _ in pairs] != [label for label, _ in others]:
        return f"{[label for label, _ in pairs]}, not {[label for label, _ in others]}"
    apart = [abs(a - b) for (_, a), (_, b) in zip(pairs, others, strict=True)]
    worst = max(apart, default=0.0)
    if worst > (levels + 0.01) * LEVEL:
        return f"scores that differ by {worst:.4f}"
    return f"same ({len(pairs)} answers, scores within {worst / LEVEL:.1f} levels)"

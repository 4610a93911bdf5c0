"""The record of a benchmark: a JSON document with one row for each measurement."""

from __future__ import annotations

from typing import Any

FORMAT = 1

Row = dict[str, Any]
"""The figures of one model on one runtime, or of one pipeline. A failed row has an "error"."""

Record = dict[str, Any]
"""The machine, its state, the settings and all rows: what `edge-bench --json` writes."""


def subject(row: Row) -> str:
    """The model file of a row, or its pipeline with the kind of signal."""
    return str(row["model"]) if "model" in row else f"{row['pipeline']} ({row['signal']})"


def row_name(row: Row) -> str:
    """The name of a row in messages, such as "airdigit.tflite on ai_edge_litert"."""
    return f"{subject(row)} on {row['runtime']}"

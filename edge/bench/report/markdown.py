"""A record as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from edge.bench.record import Record, Row, row_name
from edge.bench.report.columns import MODELS, OPERATORS, PIPELINES, Columns, operator_rows
from edge.bench.report.notes import machine_line, record_notes, row_notes
from edge.text import printable_lines


def as_markdown(record: Record) -> str:
    parts = ["# edge-bench", f"{machine_line(record)}; {record['before']['time']}"]
    for title, key, columns in (
        ("Models", "models", MODELS),
        ("Pipelines", "pipelines", PIPELINES),
    ):
        if rows := [row for row in record[key] if "error" not in row]:
            parts.append(f"## {title}\n\n{_table(columns, _cells(rows, columns))}")
    for row in record["models"]:
        if "operators" in row.get("profile", {}):
            numbered = [[str(n), *cells] for n, cells in enumerate(operator_rows(row["profile"]))]
            parts.append(f"## Operators of {row_name(row)}\n\n{_table(['', *OPERATORS], numbered)}")
    notes = [
        f"{row_name(row)}: {note}"
        for row in (*record["models"], *record["pipelines"])
        for note in row_notes(row)
    ]
    parts.append("\n".join(f"- {note}" for note in (*notes, *record_notes(record))))
    return printable_lines("\n\n".join(parts) + "\n")


def _cells(rows: Sequence[Row], columns: Columns) -> list[list[str]]:
    return [[cell(row) for cell in columns.values()] for row in rows]


def _table(headings: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    headings = list(headings)
    lines = [headings, ["---", *["---:"] * (len(headings) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)

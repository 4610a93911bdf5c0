"""A record as tables for a terminal of 80 columns, each followed by a legend of its columns."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence

from edge.bench.record import Record, Row, row_name, subject
from edge.bench.report import columns
from edge.bench.report.notes import machine_line, record_notes, row_notes
from edge.text import printable_lines

WIDTH = 80
GAP = "  "

Line = tuple[str, Sequence[str]]
"""The label at the start of a table line, and the cells after it; none for a group heading."""


def as_text(record: Record) -> str:
    parts = [
        _wrap(machine_line(record), ""),
        *_models([row for row in record["models"] if "error" not in row]),
        *_pipelines([row for row in record["pipelines"] if "error" not in row]),
        *_operators(record["models"]),
        "\n".join(_notes(record)),
    ]
    return printable_lines("\n\n".join(parts) + "\n")


def _models(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        for title, cells in (
            ("Models: time per inference", columns.MODEL_LATENCY),
            ("Models: start, memory and size", columns.MODEL_SIZE),
        ):
            yield _table(title, list(cells), _grouped(rows, subject, columns.runtime, cells))
        yield _legend(columns.MODEL_LEGEND)


def _pipelines(rows: Sequence[Row]) -> Iterator[str]:
    if rows:
        for title, cells in (
            ("Pipelines: cost", {**columns.PIPELINE_COST, **columns.PIPELINE_START}),
            ("Pipelines: share of the processor time", columns.PIPELINE_STAGES),
            ("Pipelines: detections", columns.PIPELINE_DETECTIONS),
        ):
            lines = _grouped(rows, _pipeline, lambda row: str(row["signal"]), cells)
            yield _table(title, list(cells), lines)
        yield _legend(columns.PIPELINE_LEGEND)


def _pipeline(row: Row) -> str:
    return f"{row['pipeline']} on {columns.runtime(row)}"


def _operators(rows: Sequence[Row]) -> Iterator[str]:
    profiled = [row for row in rows if "operators" in row.get("profile", {})]
    for row in profiled:
        lines: list[Line] = [
            (f"{number:3d} {name}", cells)
            for number, (name, *cells) in enumerate(columns.operator_rows(row["profile"]))
        ]
        yield _table(f"Operators of {row_name(row)}", columns.OPERATORS[1:], lines)
    if profiled:
        yield _legend(columns.OPERATOR_LEGEND)


def _notes(record: Record) -> Iterator[str]:
    for row in (*record["models"], *record["pipelines"]):
        if notes := list(row_notes(row)):
            yield _wrap(row_name(row), "")
            yield from (_wrap(note, "  ") for note in notes)
    yield from (_wrap(note, "") for note in record_notes(record))


def _grouped(
    rows: Sequence[Row],
    group: Callable[[Row], str],
    label: Callable[[Row], str],
    cells: columns.Columns,
) -> Iterator[Line]:
    """A line for each row. Rows of the same group stand below a heading."""
    heading = None
    for row in rows:
        if group(row) != heading:
            heading = group(row)
            yield heading, ()
        yield f"  {label(row)}", [cell(row) for cell in cells.values()]


def _table(title: str, headings: Sequence[str], lines: Iterable[Line]) -> str:
    """Cells are aligned to the right. Labels get the rest of the width, and are cut to fit it."""
    table: list[Line] = [("", headings), *lines]
    filled = [cells for _, cells in table if cells]
    widths = [max(map(len, column)) for column in zip(*filled, strict=True)]
    available = WIDTH - sum(len(GAP) + width for width in widths)
    label_width = min(available, max(len(label) for label, cells in table if cells))
    printed = [_cut(title, WIDTH)]
    for label, cells in table:
        if cells:
            aligned = [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
            printed.append(GAP.join([_cut(label, label_width).ljust(label_width), *aligned]))
        else:
            printed.append(_cut(label, WIDTH))
    return "\n".join(printed)


def _legend(legend: columns.Legend) -> str:
    width = max(map(len, legend))
    indent = " " * (2 + width + len(GAP))
    return "\n".join(
        textwrap.fill(
            meaning, WIDTH, initial_indent=f"  {term:{width}}{GAP}", subsequent_indent=indent
        )
        for term, meaning in legend.items()
    )


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."


def _wrap(text: str, indent: str) -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ", break_on_hyphens=False
    )

"""Compare two records of edge-bench: which differences exceed the noise?

  edge-bench compare old.json new.json
  edge-bench compare old.json new.json --fail-if-slower 10

The second line exits with status 1 if a row is more than 10 % slower. For each
row that both records have, the output shows both medians and the difference
with its 99 % confidence interval, which is found by resampling the processes
and the blocks of runs in them. If the interval contains 0 %, the difference may
be noise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.bench.record import FORMAT, Record
from edge.bench.report.columns import number
from edge.bench.report.compare import (
    Difference,
    compare_rows,
    different_conditions,
    unmatched_rows,
)
from edge.bench.statistics import MIN_PROCESSES
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import RecordingError
from edge.formats.files import read_bytes
from edge.text import one_line

MAX_SIZE = 16 << 20  # bytes of a record; usual are some hundred kilobytes


def compare(prog: str, argv: Sequence[str]) -> int:
    parser = CommandParser(prog, __doc__ or "")
    parser.add_argument("a", type=Path, metavar="A.json", help="the record to compare with")
    parser.add_argument("b", type=Path, metavar="B.json", help="the record to check")
    parser.add_argument(
        "--fail-if-slower",
        type=_percent,
        metavar="PERCENT",
        help="exit with status 1 if the whole interval of a row is more than this slower in B",
    )
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> int:
    a, b = _read(args.a), _read(args.b)
    try:
        differences = list(compare_rows(a, b))
        lines = list(_report(a, b, differences))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        raise _not_a_record(f"{args.a} or {args.b}") from None
    print("\n".join(map(one_line, lines)))
    limit = args.fail_if_slower
    return int(limit is not None and any(d.low > 1 + limit / 100 for d in differences))


def _report(a: Record, b: Record, differences: list[Difference]) -> Iterator[str]:
    conditions = list(different_conditions(a, b))
    if conditions:
        yield "The records were made under different conditions:"
        yield from (f"  {condition}" for condition in conditions)
    for name, record in (("first", a), ("second", b)):
        yield from (f"Warning of the {name} record: {warning}" for warning in record["warnings"])
    if any(record["settings"]["processes"] < MIN_PROCESSES for record in (a, b)):
        yield (
            "With few processes, noise can look like a difference: "
            f"measure with --processes {MIN_PROCESSES} or more."
        )
    if not differences:
        yield "No row is in both records."
    for d in differences:
        yield (
            f"{d.name}: {number(d.a)} -> {number(d.b)} {d.unit}, {d.ratio - 1:+.1%} "
            f"({d.low - 1:+.1%} to {d.high - 1:+.1%}): {d.verdict}"
            + (" (not the same model file)" if d.other_file else "")
        )
    yield from (f"Not compared: {line}" for line in unmatched_rows(a, b))


def _read(path: Path) -> Record:
    try:
        content = read_bytes(path, MAX_SIZE, "a record of edge-bench")
    except RecordingError as error:
        raise RecordingError(f"{path} {error}") from None
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        raise _not_a_record(str(path)) from None
    parts = {"machine": dict, "settings": dict, "models": list, "pipelines": list, "warnings": list}
    if not isinstance(record, dict) or not all(
        isinstance(record.get(name), kind) for name, kind in parts.items()
    ):
        raise _not_a_record(str(path))
    if record.get("format") != FORMAT:
        raise RecordingError(
            f"{path} has format {record.get('format')!r}, but this edge-sense reads {FORMAT}: "
            "measure again"
        )
    return record


def _not_a_record(file: str) -> RecordingError:
    return RecordingError(
        f"{file} is not a record of edge-bench: make one with edge-bench MODEL --json FILE"
    )


def _percent(text: str) -> float:
    if not 0 <= float(text) <= 10000:
        raise argparse.ArgumentTypeError(f"{text} is not possible: give 0 to 10000 percent")
    return float(text)

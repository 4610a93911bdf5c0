"""Say what two records of edge-bench show to be different, beyond the noise in both.

  edge-bench compare before.json after.json
  edge-bench compare before.json after.json --fail-if-slower 10    exit status 1 if any row is

Of each row that both have: the ratio of the medians, and the interval in which it lies with 99 %,
from drawing the processes and the blocks of their runs anew. An interval that holds 1 is noise.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.bench.results.compare import Difference, differences, other_machine, unmatched
from edge.bench.results.statistics import ENOUGH
from edge.bench.results.tables import figure
from edge.bench.run.record import FORMAT
from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import RecordingError


def compare(prog: str, argv: Sequence[str]) -> int:
    parser = CommandParser(prog, __doc__ or "")
    parser.add_argument("a", type=Path, metavar="A.json", help="the record to compare with")
    parser.add_argument("b", type=Path, metavar="B.json", help="the record that is judged")
    parser.add_argument(
        "--fail-if-slower",
        type=_percent,
        metavar="PERCENT",
        help="exit with 1 if a row of B is slower by more than that, with all of its interval",
    )
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> int:
    a, b = _read(args.a), _read(args.b)
    try:
        found = list(differences(a, b))
        lines = list(_lines(a, b, found))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        raise _no_record(f"{args.a} or {args.b}") from None
    print("\n".join(lines))
    limit = args.fail_if_slower
    return int(limit is not None and any(d.low > 1 + limit / 100 for d in found))


def _lines(a: dict[str, Any], b: dict[str, Any], found: list[Difference]) -> Iterator[str]:
    machines = list(other_machine(a, b))
    if machines:
        yield "These were not the same conditions:"
        yield from (f"  {line}" for line in machines)
    for name, record in (("first", a), ("second", b)):
        yield from (f"The {name} record warns: {warning}" for warning in record["warnings"])
    if any(record["settings"]["processes"] < ENOUGH for record in (a, b)):
        yield f"Few processes, so noise may be told as a difference: measure with {ENOUGH} or more."
    if not found:
        yield "No row is in both records."
    for d in found:
        yield (
            f"{d.name}: {figure(d.a)} -> {figure(d.b)} {d.unit}, {d.ratio - 1:+.1%} "
            f"({d.low - 1:+.1%} to {d.high - 1:+.1%}): {d.verdict}"
            + (" (not the same model file)" if d.other_file else "")
        )
    yield from (f"Not compared: {line}" for line in unmatched(a, b))


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text())
    except (ValueError, RecursionError):
        raise _no_record(str(path)) from None
    parts = {"machine": dict, "settings": dict, "models": list, "pipelines": list, "warnings": list}
    if not isinstance(record, dict) or not all(
        isinstance(record.get(name), kind) for name, kind in parts.items()
    ):
        raise _no_record(str(path))
    if record.get("format") != FORMAT:
        raise RecordingError(
            f"{path} has format {record.get('format')!r}, and this edge-sense reads {FORMAT}: "
            "measure again"
        )
    return record


def _no_record(what: str) -> RecordingError:
    return RecordingError(
        f"{what} is no record of edge-bench: make one with edge-bench MODEL --json FILE"
    )


def _percent(text: str) -> float:
    if not 0 <= float(text) <= 10000:
        raise argparse.ArgumentTypeError(f"{text} is no percentage: 0 or more")
    return float(text)

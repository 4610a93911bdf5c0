"""Measure what models cost on this machine, so that it can be believed and compared.

  edge-bench airdigit                          a shipped model, with the runtime that is installed
  edge-bench mine.tflite other.onnx            any models, side by side
  edge-bench airdigit --runtime all            every runtime side by side, and do they agree?
  edge-bench airdigit --profile                which operator takes how long
  edge-bench --pipeline airdigit               all the way from samples to events
  edge-bench airdigit --json before.json       keep the record (--markdown, --png: to show it)
  edge-bench compare before.json after.json    what differs beyond the noise

A model is measured on what it would really be given, each time in a process of its own; what
cannot be measured says so in its row, and the exit status is 1 only if nothing could be.
Every option can be set through the environment as well, under the name in brackets.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.bench.results.plot import draw
from edge.bench.results.tables import as_markdown, as_text
from edge.bench.run.jobs import ALL, Settings
from edge.bench.run.record import measure
from edge.bench.workers.engines import ONNX
from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.commands.edge_bench_compare import compare
from edge.console import supports_escape_codes
from edge.errors import EdgeError
from edge.model.runtime import RUNTIMES

PROG = "edge-bench"
CORES = 4096  # no machine has more


def main(argv: Sequence[str] | None = None) -> int:
    typed = list(sys.argv[1:] if argv is None else argv)
    if typed[:1] == ["compare"]:
        return compare(f"{PROG} compare", typed[1:])
    parser = CommandParser(PROG, __doc__)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="a shipped model, a .tflite or an .onnx file"
    )
    _add_options(parser)
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> int:
    if not args.models and not args.pipeline:
        raise EdgeError("nothing to measure: name a model, as in edge-bench airdigit")
    for file in (args.markdown, args.png, None if args.json == "-" else args.json):
        _check_writable(file)
    settings = Settings(
        models=tuple(args.models),
        pipelines=tuple(args.pipeline or ()),
        runtime=args.runtime,
        threads=args.threads,
        affinity=tuple(args.affinity or ()),
        processes=args.processes,
        seconds=args.seconds,
        runs=args.runs,
        signal_s=args.signal,
        timeout=args.timeout,
        profile=args.profile,
    )
    progress = _Progress(args.verbosity)
    try:
        record = measure(settings, progress.tell)
    finally:
        progress.clear()
    _write(record, args)
    rows = record["models"] + record["pipelines"]
    return 0 if any("error" not in row for row in rows) else 1


def _write(record: dict[str, Any], args: argparse.Namespace) -> None:
    text = json.dumps(record, indent=1, allow_nan=False) + "\n"
    if args.json == "-":
        sys.stdout.write(text)
    else:
        sys.stdout.write(as_text(record))
        if args.json:
            Path(args.json).write_text(text)
    if args.markdown:
        Path(args.markdown).write_text(as_markdown(record))
    if args.png:
        draw(record, Path(args.png))


def _check_writable(file: str | None) -> None:
    """Before minutes of measuring, not after."""
    if file and not os.access(Path(file).parent, os.W_OK):
        raise EdgeError(f"{file} cannot be written: name a folder that exists and may be written")


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("what is measured")
    group.add_argument(
        "--pipeline",
        action="append",
        metavar="NAME",
        help="the whole way from samples to events with this model, on simulated signal",
    )
    group.add_argument(
        "--runtime",
        choices=[*RUNTIMES, ONNX, ALL],
        help="the package that computes (default: the first that is installed)",
    )
    group.add_argument("--profile", action="store_true", help="time every operator as well")
    group = parser.add_argument_group("how it is measured")
    group.add_argument("--threads", type=_count, default=1, metavar="N", help="of the runtime (1)")
    group.add_argument(
        "--affinity", type=_cpus, metavar="CPUS", help="run on these cores only, as in 3 or 0,2-3"
    )
    group.add_argument(
        "--processes", type=_count, default=5, metavar="N", help="start each row so often (5)"
    )
    group.add_argument(
        "--seconds", type=_seconds, default=1.0, metavar="S", help="run so long each time (1)"
    )
    group.add_argument(
        "--runs", type=_count, default=50, metavar="N", help="and so often at least (50)"
    )
    group.add_argument(
        "--signal", type=_seconds, default=60.0, metavar="S", help="of signal for a pipeline (60)"
    )
    group.add_argument(
        "--timeout", type=_seconds, default=120.0, metavar="S", help="give up a process after (120)"
    )
    group = parser.add_argument_group("output")
    group.add_argument("--json", metavar="FILE", help="write the whole record; - for stdout")
    group.add_argument("--markdown", metavar="FILE", help="write the tables as Markdown")
    group.add_argument("--png", metavar="FILE", help="write a picture (needs matplotlib)")


class _Progress:
    """What is being measured, where somebody watches."""

    def __init__(self, verbosity: int) -> None:
        self._shown = supports_escape_codes(sys.stderr) and verbosity >= 0

    def tell(self, text: str) -> None:
        if self._shown:
            print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        self.tell("")


def _count(text: str) -> int:
    if not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is no number: 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    if not 0.01 <= float(text) <= 86400:
        raise argparse.ArgumentTypeError(f"{text} is no time: 0.01 to 86400 seconds")
    return float(text)


def _cpus(text: str) -> list[int]:
    """Core numbers and ranges of them."""
    cpus: set[int] = set()
    for part in text.split(","):
        found = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part.strip())
        if not found:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of cores: as in 0,2-3")
        first, last = int(found[1]), int(found[2] or found[1])
        cpus |= set(range(first, min(last, CORES) + 1))
    here = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if not cpus or not cpus <= here:
        names = ", ".join(map(str, sorted(here))) or "none that can be chosen"
        raise argparse.ArgumentTypeError(f"{text!r} are not all cores of this machine: {names}")
    return sorted(cpus)

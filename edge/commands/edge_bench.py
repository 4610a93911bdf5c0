"""Measure the speed and memory of models on this machine.

  edge-bench airdigit                          a shipped model, with the installed runtime
  edge-bench mine.tflite other.onnx            any model files, side by side
  edge-bench airdigit --runtime all            all runtimes side by side; do their outputs agree?
  edge-bench airdigit --profile                the time of each operator as well
  edge-bench --pipeline airdigit               the whole chain from samples to events
  edge-bench airdigit --json before.json       save the record (--markdown, --png: present it)
  edge-bench compare before.json after.json    differences that are larger than the noise

A model gets the inputs that it would get in use, and each measurement has a process of its own. If
something cannot be measured, a note gives the reason. The exit status is 1 if nothing was measured.
Every option can also be set by the environment variable in brackets.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.bench.benchmark import run_benchmark
from edge.bench.engines.loading import ONNX
from edge.bench.jobs import ALL
from edge.bench.record import Record
from edge.bench.report.markdown import as_markdown
from edge.bench.report.plot import plot_record
from edge.bench.report.terminal import as_text
from edge.bench.settings import Settings
from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.cli.status_line import StatusLine
from edge.commands.edge_bench_compare import compare
from edge.errors import EdgeError
from edge.model.runtime import RUNTIMES

PROG = "edge-bench"
MAX_CORES = 4096  # no machine has more


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["compare"]:
        return compare(f"{PROG} compare", arguments[1:])
    parser = CommandParser(PROG, __doc__)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="a shipped model, a .tflite or an .onnx file"
    )
    _add_options(parser)
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> int:
    if not args.models and not args.pipeline:
        raise EdgeError("nothing to measure: name a model, for example edge-bench airdigit")
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
    progress = StatusLine(enabled=args.verbosity >= 0)
    try:
        record = run_benchmark(settings, progress.show)
    finally:
        progress.clear()
    _write(record, args)
    rows = record["models"] + record["pipelines"]
    return 0 if any("error" not in row for row in rows) else 1


def _write(record: Record, args: argparse.Namespace) -> None:
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
        plot_record(record, Path(args.png))


def _check_writable(file: str | None) -> None:
    """Called before the measurement, so that minutes of work are not lost."""
    if file and not os.access(Path(file).parent, os.W_OK):
        raise EdgeError(f"{file} cannot be written: name a file in a folder that you can write to")


def _add_options(parser: CommandParser) -> None:
    group = parser.add_argument_group("what to measure")
    group.add_argument(
        "--pipeline",
        action="append",
        metavar="NAME",
        help="measure the whole chain from samples to events of this model, on simulated signal",
    )
    group.add_argument(
        "--runtime",
        choices=[*RUNTIMES, ONNX, ALL],
        help="the inference runtime (default: the first that is installed)",
    )
    group.add_argument(
        "--profile", action="store_true", help="also measure the time of each operator"
    )
    group = parser.add_argument_group("how to measure")
    group.add_argument(
        "--threads", type=_count, default=1, metavar="N", help="threads of the runtime (1)"
    )
    group.add_argument(
        "--affinity",
        type=_cpus,
        metavar="CPUS",
        help="use only these cores, for example 3 or 0,2-3",
    )
    group.add_argument(
        "--processes", type=_count, default=5, metavar="N", help="processes for each row (5)"
    )
    group.add_argument(
        "--seconds",
        type=_seconds,
        default=1.0,
        metavar="S",
        help="measure at least this long in each process (1)",
    )
    group.add_argument(
        "--runs",
        type=_count,
        default=50,
        metavar="N",
        help="at least this many inferences in each process (50)",
    )
    group.add_argument(
        "--signal",
        type=_seconds,
        default=60.0,
        metavar="S",
        help="seconds of signal for a pipeline (60)",
    )
    group.add_argument(
        "--timeout",
        type=_seconds,
        default=120.0,
        metavar="S",
        help="stop a process after this time (120)",
    )
    group = parser.add_argument_group("output")
    group.add_argument(
        "--json", metavar="FILE", help="write the whole record; - writes it to stdout"
    )
    group.add_argument("--markdown", metavar="FILE", help="write the tables as Markdown")
    group.add_argument("--png", metavar="FILE", help="write a plot (needs matplotlib)")


def _count(text: str) -> int:
    if not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not possible: give 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    if not 0.01 <= float(text) <= 86400:
        raise argparse.ArgumentTypeError(f"{text} is not possible: give 0.01 to 86400 seconds")
    return float(text)


def _cpus(text: str) -> list[int]:
    """Parse core numbers and ranges, such as 0,2-3."""
    cpus: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"(\d{1,4})(?:-(\d{1,4}))?", part.strip())
        if not match:
            raise argparse.ArgumentTypeError(f"{text!r} is not a list of cores such as 0,2-3")
        first, last = int(match[1]), int(match[2] or match[1])
        cpus |= set(range(first, min(last, MAX_CORES) + 1))
    available = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if not cpus or not cpus <= available:
        names = ", ".join(map(str, sorted(available))) or "this system cannot choose cores"
        raise argparse.ArgumentTypeError(f"{text!r} are not all cores of this machine: {names}")
    return sorted(cpus)

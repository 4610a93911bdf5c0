"""Command-line options of edge-bench."""

from __future__ import annotations

import argparse
import os
import re

from edge.bench.engines.loading import ONNX
from edge.bench.jobs import ALL
from edge.bench.settings import Settings
from edge.cli.parser import CommandParser
from edge.model.runtime import RUNTIMES

MAX_CORES = 4096  # no machine has more


def add_bench_options(parser: CommandParser) -> None:
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="a shipped model, a .tflite or an .onnx file"
    )
    group = parser.add_argument_group("what to measure")
    group.add_argument(
        "--pipeline",
        action="append",
        metavar="NAME",
        help="measure the whole chain from samples to events of this model, on a simulated signal",
    )
    group.add_argument(
        "--runtime",
        choices=[*RUNTIMES, ONNX, ALL],
        help="the inference runtime; all: each in turn (default: the first that is installed)",
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
        help="seconds of the simulated signal for a pipeline (60)",
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


def settings_from(args: argparse.Namespace) -> Settings:
    return Settings(
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


def _count(text: str) -> int:
    if not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"{text} is not possible: give 1 to 1000000")
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

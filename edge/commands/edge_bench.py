"""Measure the speed and memory of models on this machine.

  edge-bench airdigit                   a shipped model, the installed runtime
  edge-bench mine.tflite other.onnx     any model files, side by side
  edge-bench airdigit --runtime all     all runtimes: do their outputs agree?
  edge-bench airdigit --profile         also the time of each operator
  edge-bench --pipeline airdigit        the whole chain from samples to events
  edge-bench airdigit --json old.json   save the record (or --markdown, --png)
  edge-bench compare old.json new.json  differences larger than the noise

Each measurement runs in a process of its own, on the kind of input that the
model gets in use. If something cannot be measured, a note gives the reason. The
exit status is 1 if nothing could be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.bench.benchmark import run_benchmark
from edge.bench.record import Record
from edge.bench.report.markdown import as_markdown
from edge.bench.report.plot import check_matplotlib, plot_record
from edge.bench.report.terminal import as_text
from edge.cli.bench_options import add_bench_options, settings_from
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.status_line import StatusLine
from edge.commands.edge_bench_compare import compare
from edge.errors import EdgeError
from edge.text import printable

PROG = "edge-bench"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["compare"]:
        return compare(f"{PROG} compare", arguments[1:])
    parser = CommandParser(PROG, __doc__)
    add_bench_options(parser)
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> int:
    if not args.models and not args.pipeline:
        raise EdgeError("nothing to measure: name a model, for example edge-bench airdigit")
    for file in (args.markdown, args.png, None if args.json == "-" else args.json):
        _check_writable(file)
    if args.png:
        check_matplotlib()
    progress = StatusLine(enabled=args.verbosity >= 0)
    try:
        record = run_benchmark(settings_from(args), lambda text: progress.show(printable(text)))
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
            Path(args.json).write_text(text, encoding="utf-8")
    if args.markdown:
        Path(args.markdown).write_text(as_markdown(record), encoding="utf-8")
    if args.png:
        plot_record(record, Path(args.png))


def _check_writable(file: str | None) -> None:
    """Called before the measurement, so that minutes of work are not lost."""
    if not file:
        return
    path = Path(file)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise EdgeError(f"{file} cannot be written: name a file in a folder that you can write to")

"""Which convolutional networks fit on this computer: size, multiplications, latency and memory.

  python -m tools.cnn_zoo --out new_zoo.md --png new_zoo.png --keep converted/
  python -m tools.cnn_zoo --only LeNet-5 MobileNet --out new_small.md
  python -m tools.cnn_zoo --table docs/cnn_zoo.md --png new_zoo.png    plot a stored table

Each network is built by Keras with random weights, converted to full int8 with random images, and
measured by edge-bench (ai_edge_litert, one thread). The latency is the mean processor time of a
run, which other programs hardly lengthen; the memory is the peak of the process. The largest
networks take minutes and 6 GB to convert: --minutes ends a conversion that takes longer, and the
row then says so. With --keep, the converted networks stay, and the next run only measures. The
tool needs the extra `training`. The figures do not depend on the weights; the accuracy of a network
is that of its paper.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from time import monotonic

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.formats.atomic_write import atomic_write
from tools.cnn_zoo.measure import Row, measure
from tools.cnn_zoo.networks import NETWORKS, convert
from tools.cnn_zoo.plot import plot
from tools.cnn_zoo.report import markdown, rows_of


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.cnn_zoo", __doc__ or "")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--out", type=Path, metavar="FILE.md", help="write the table to this file")
    group.add_argument(
        "--table", type=Path, metavar="FILE.md", help="measure nothing, plot the table of this file"
    )
    parser.add_argument("--png", type=Path, metavar="FILE.png", help="a plot of size and latency")
    parser.add_argument(
        "--only", nargs="+", choices=NETWORKS, metavar="NAME", help="these networks"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR",
        help="keep the converted networks in this folder, and use those that are there",
    )  # fmt: skip
    parser.add_argument(
        "--minutes", type=float, default=10.0, metavar="N",
        help="the longest conversion of one network (default: %(default)g)",
    )  # fmt: skip
    parser.add_argument("--convert", choices=NETWORKS, help=argparse.SUPPRESS)
    add_common(parser)
    return run_command(parser, _run, argv)


def _run(args: argparse.Namespace) -> None:
    if args.convert:  # in a process of its own, --out is the folder
        convert(args.convert, args.out)
        return
    for file in filter(None, (args.out, args.png)):
        if not file.parent.is_dir():
            raise EdgeError(f"{file}: the folder does not exist")
    if args.table:
        if args.png is None:
            raise EdgeError("--table needs --png, the file of the plot")
        plot(_stored_rows(args.table), args.png)
        return
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
    rows = []
    with nullcontext(args.keep) if args.keep else tempfile.TemporaryDirectory() as folder:
        for name in args.only or NETWORKS:
            began = monotonic()
            rows.append(measure(name, Path(folder), args.minutes * 60))
            print(f"{name}: {monotonic() - began:.0f} s {rows[-1]['note']}", file=sys.stderr)
            atomic_write(args.out, markdown(rows).encode())  # what is measured so far
    if args.png:
        plot(rows, args.png)
    print(markdown(rows), end="")
    loads = [row["load"] for row in rows if "load" in row]
    if loads:
        print(f"load average while measuring: {min(loads):.1f} to {max(loads):.1f}")


def _stored_rows(path: Path) -> list[Row]:
    try:
        text = path.read_text(errors="replace")
    except OSError as error:
        raise EdgeError(f"{path}: {error.strerror}") from None
    return rows_of(text)


if __name__ == "__main__":
    sys.exit(main())

"""Options that both commands of the quanvolution have."""

from __future__ import annotations

from edge.cli.parser import CommandParser


def add_data_options(parser: CommandParser) -> None:
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="recordings of words"
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )

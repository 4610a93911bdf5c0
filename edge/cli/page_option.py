"""The options of the live page."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge.chain import Chain
from edge.cli.parser import CommandParser
from edge.cli.service_folder import service_folder
from edge.model import Model
from edge.page.address import HOST, PORT, Address, parse_address
from edge.page.settings_file import model_of
from edge.sink import StreamInfo

if TYPE_CHECKING:
    from edge.cli.live import LiveCommand
    from edge.page.page import Page

log = logging.getLogger(__name__)

FOLDER = "edge-page"


def add_page_options(parser: CommandParser) -> None:
    group = parser.add_argument_group(
        "page", "See, tune and record in a browser; nothing leaves this computer."
    )
    group.add_argument(
        "--page",
        type=_address,
        nargs="?",
        const=Address(HOST, PORT),
        metavar="HOST:PORT",
        help=f"serve a page for a browser and print its link (default: {HOST}:{PORT}; "
        f"0.0.0.0:{PORT} for every network, with a token in the link)",
    )
    group.add_argument(
        "--page-folder",
        type=Path,
        default=(service_folder() or Path()) / FOLDER,
        metavar="FOLDER",
        help=f"where the page saves settings and recordings (default: {FOLDER}; "
        "of a service of the system, in its state folder)",
    )


def settings_file(args: argparse.Namespace, model: Model) -> Path | None:
    """The file with the thresholds to start with; None if there is none for this model."""
    if args.settings is not None:
        path: Path = args.settings
        return path
    if args.page is None:
        return None
    path = saved_settings(args)
    if not path.exists():
        return None
    saved_for = model_of(path)
    if saved_for not in (None, model.path.stem):
        log.info("%s is for the model %s, and is not used for this one", path, saved_for)
        return None
    return path


def saved_settings(args: argparse.Namespace) -> Path:
    """The file in which the page saves thresholds."""
    return args.settings or args.page_folder / "settings.json"


def open_page(
    args: argparse.Namespace,
    command: LiveCommand,
    arguments: Sequence[str],
    chain: Chain,
    info: StreamInfo,
) -> Page | None:
    """The page, if it is chosen; EdgeError if its address cannot be served.

    `arguments`: those of the command line.
    """
    if args.page is None:
        return None
    from edge.page.page import Page, PageSettings

    settings = PageSettings(
        address=args.page,
        folder=args.page_folder,
        settings_file=saved_settings(args),
        argv=[command.prog, *arguments],
        joins_digits=command.joins_digits,
        has_fleet=args.fleet_keys is not None,
    )
    return Page(settings, chain, info)


def _address(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None

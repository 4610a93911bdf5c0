"""Open the source of a live command, or wait for it, and run the recognition."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from edge.chain import Chain, run
from edge.cli.signals import until_signal
from edge.errors import EdgeError, SourceError
from edge.events import DeviceFound, DeviceLost, Failure, Ready
from edge.model.requirements import check_channels
from edge.samples import Chunk
from edge.sink import StreamInfo
from edge.sink.output import Output
from edge.source import Source

log = logging.getLogger(__name__)

POLL_INTERVAL = 0.1  # s


def add_wait_option(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--wait",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="wait for a device that is not there at the start, as for one that goes away later",
    )


def run_live(source: Source, chain: Chain, output: Output, info: StreamInfo, wait: bool) -> bool:
    """Run until the source ends or a signal stops it, with a summary at the end in any case.

    Return whether a signal stopped it.
    """
    running = False
    try:
        with _opened(source, output, info, wait):
            check_channels(chain.model, source.channels)
            output.show(_ready(source, chain, info))
            with until_signal() as stopping:
                running = True
                run(source, chain, output, stopping, info.controls)
                return stopping()
    except EdgeError as error:
        if not running:
            output.show(Failure(str(error), fatal=True))
            output.show_end_before_begin(failed=True)
        raise
    except KeyboardInterrupt:
        if running:  # the second signal
            raise
        output.show_end_before_begin()
    return True


def stay_open(link: str) -> None:
    """Wait for a signal after the end of a recording, because somebody may look at the page."""
    log.info("the source has ended; the page stays open until Ctrl-C: %s", link)
    with until_signal() as stopping:
        while not stopping():
            time.sleep(POLL_INTERVAL)


@contextmanager
def _opened(source: Source, output: Output, info: StreamInfo, wait: bool) -> Iterator[None]:
    """Inside this context the source is open. With `wait`, a device may come later."""
    reason = ""
    while True:
        try:
            source.__enter__()
            break
        except SourceError as error:
            if not (wait and source.is_device):
                raise
            if str(error) != reason:
                log.warning("%s; waiting for it", error)
            if not reason:
                output.show(DeviceLost(str(error), None))
            reason = str(error)
        source.health.away = True
        for _ in source.until_worth_opening():
            output.progress(source.health, Chunk.empty(len(info.channels)))
    try:
        if reason:
            source.health.away = False
            output.show(DeviceFound(None))
        yield
    finally:
        source.__exit__(*sys.exc_info())


def _ready(source: Source, chain: Chain, info: StreamInfo) -> Ready:
    return Ready(
        source=str(source.describe().get("device", type(source).__name__)),
        rate=source.rate,
        channels=tuple(source.channels),
        words=tuple(chain.model.words),
        threshold=info.controls.threshold,
    )

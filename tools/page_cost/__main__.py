"""Measure what `--page` costs, with kws-listen and Chromium on this machine.

  python -m tools.page_cost                    everything below
  python -m tools.page_cost --only browsers --minutes 30

`cpu`: processor time of kws-listen for one second of sound, without a page, with a page that nobody
opens, and with one browser. `pixel`: the time from the moment at which a marked sound ends until
the browser shows it in the spectrogram. `frames`: how often the live view is painted at three sizes
(Chromium without a graphics card). `weight`: bytes and first paint. `browsers`: ten readers of
the live view, one of which does not read: is anything lost, does the memory grow?
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from tests.support.browser import running_browser
from tests.support.mqtt_broker import free_port
from tools.compare_peers import sounds
from tools.live_cost import feeds
from tools.live_cost.process import LiveProcess
from tools.page_cost import browsers, frames, pixel
from tools.page_cost.options import page_options

log = logging.getLogger(__name__)

CHECKOUT = Path(__file__).parents[2]
WARM_UP_S = 5.0
BLOCK_S = 0.02  # of the pipe
PARTS = ("cpu", "pixel", "frames", "weight", "browsers")
CASES = ("no page", "page, no browser", "page, one browser")


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.page_cost", __doc__)
    parser.add_argument("--only", choices=PARTS, help="measure only this")
    parser.add_argument(
        "--seconds", type=float, default=20.0, metavar="N", help="length of each measurement (20)"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds of cpu (3)")
    parser.add_argument(
        "--marks", type=int, default=60, metavar="N", help="marked sounds of pixel (60)"
    )
    parser.add_argument(
        "--minutes", type=float, default=3.0, metavar="N", help="length of browsers (3)"
    )
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    load = os.getloadavg()[0]
    parts = [args.only] if args.only else list(PARTS)
    if "cpu" in parts:
        cpu(args.seconds, args.rounds)
    if "pixel" in parts:
        pixel.print_delay(CHECKOUT, args.marks)
    if "frames" in parts:
        frames.print_frame_rates(CHECKOUT, args.seconds)
    if "weight" in parts:
        weight()
    if "browsers" in parts:
        asyncio.run(browsers.watch(CHECKOUT, args.minutes))
    print(f"The load was {load:.1f} before and {os.getloadavg()[0]:.1f} after.")


def cpu(seconds: float, rounds: int) -> None:
    """Print the processor time of each case, with the medians of the differences in a round."""
    sound = sounds.speech(WARM_UP_S + seconds + 1)
    spent: dict[str, list[float]] = {case: [] for case in CASES}
    with running_browser() as browser:
        for number in range(rounds):
            for case in CASES:
                log.info("round %d of %d: %s", number + 1, rounds, case)
                port = free_port()
                with tempfile.TemporaryDirectory() as folder:
                    page = () if case == CASES[0] else page_options(port, folder)
                    feed = feeds.Pipe(sound, BLOCK_S)
                    with LiveProcess(CHECKOUT, "kws_listen", [*feed.options, *page]) as process:
                        feed.play(process.stdin, WARM_UP_S / 2)
                        if case == CASES[2]:
                            browser.driver.set_page_load_timeout(10)
                            browser.open(f"http://127.0.0.1:{port}/")
                        feed.play(process.stdin, WARM_UP_S / 2)
                        before = process.usage()
                        feed.play(process.stdin, seconds)
                        spent[case].append((process.usage().cpu_s - before.cpu_s) / seconds * 1000)
                        browser.driver.get("about:blank")
                        process.stop()
    print("| | processor time for one second of sound | more than without a page |")
    print("|---|---:|---:|")
    for case in CASES:
        extra = median(a - b for a, b in zip(spent[case], spent[CASES[0]], strict=True))
        print(f"| {case} | {median(spent[case]):.1f} ms | {extra:.1f} ms |")


def weight() -> None:
    """Print the bytes that a first visit loads, and the time to the first paint."""
    sound = sounds.silence(60)
    paints = []
    with running_browser() as browser, tempfile.TemporaryDirectory() as folder:
        port = free_port()
        feed = feeds.Pipe(sound, BLOCK_S)
        options = [*feed.options, *page_options(port, folder)]
        with LiveProcess(CHECKOUT, "kws_listen", options) as process:
            feed.play(process.stdin, 2.0)
            for _ in range(10):
                browser.open(f"http://127.0.0.1:{port}/")
                feed.play(process.stdin, 1.0)
                paints.append(
                    browser.script("return performance.getEntriesByType('paint')[0].startTime")
                )
            sizes = browser.script(
                "return performance.getEntriesByType('resource').concat("
                "performance.getEntriesByType('navigation')).map((e) => e.decodedBodySize);"
            )
            process.stop()
    print(f"The page has {sum(sizes) / 1000:.0f} KB in {len(sizes)} files.")
    print(f"First paint: median {median(paints):.0f} ms, most {max(paints):.0f} ms.")


if __name__ == "__main__":
    raise SystemExit(main())

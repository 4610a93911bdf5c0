"""How often Chromium paints the live view: calls of requestAnimationFrame, each of which paints."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.support.browser import SIZES, Browser, running_browser
from tests.support.mqtt_broker import free_port
from tools.live_cost.process import LiveProcess
from tools.page_cost.options import page_options

WARM_UP_S = 4.0
WORDS = ("--mock", "--words", "yes no up down " * 100, "--seed", "1")
DIGITS = ("--mock", "--digits", "0123456789" * 20, "--seed", "1")
VIEWS = {"words": ("kws_listen", WORDS), "strokes": ("airdigit_live", DIGITS)}
COUNT = """
window.frames = [];
(function count(now) {
  window.frames.push(now);
  requestAnimationFrame(count);
})(performance.now());
"""


@dataclass(frozen=True)
class FrameRate:
    per_second: float
    longest_ms: float
    """Between two frames."""


def frame_rate(times_ms: list[float]) -> FrameRate:
    """From the times of the frames: the median rate of whole seconds, and the longest gap."""
    first, last = times_ms[0], times_ms[-1]
    seconds = int((last - first) / 1000)
    counts = [0] * seconds
    for moment in times_ms:
        second = int((moment - first) / 1000)
        if second < seconds:
            counts[second] += 1
    gaps = [after - before for before, after in zip(times_ms, times_ms[1:], strict=False)]
    return FrameRate(median(counts) if counts else 0.0, max(gaps, default=0.0))


def print_frame_rates(checkout: Path, seconds: float) -> None:
    print("| live view | size | frames a second, median | longest gap |")
    print("|---|---|---:|---:|")
    with running_browser() as browser:
        for name, (command, options) in VIEWS.items():
            for size in SIZES:
                found = measure(browser, checkout, command, options, size, seconds)
                width, height = SIZES[size]
                print(
                    f"| {name} | {width} x {height} | {found.per_second:.0f} | "
                    f"{found.longest_ms:.0f} ms |",
                    flush=True,
                )


def measure(
    browser: Browser,
    checkout: Path,
    command: str,
    options: tuple[str, ...],
    size: str,
    seconds: float,
) -> FrameRate:
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        served = [*options, *page_options(port, folder)]
        with LiveProcess(checkout, command, served) as process:
            time.sleep(WARM_UP_S)
            browser.open(f"http://127.0.0.1:{port}/", size)
            browser.wait_text("#status", "live")
            browser.script(COUNT)
            time.sleep(seconds)
            times: list[float] = browser.script("return window.frames")
            browser.driver.get("about:blank")
            process.stop()
    return frame_rate(times)

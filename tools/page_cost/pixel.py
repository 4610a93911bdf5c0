"""The delay from a sound to the pixels of the spectrogram, in Chromium."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from tests.support.browser import running_browser
from tests.support.mqtt_broker import free_port
from tools.compare_peers.sounds import RATE
from tools.live_cost.process import LiveProcess
from tools.page_cost.options import page_options

BLOCK = 320  # samples that are written at once: 20 ms
EVERY_S = 0.9  # between two marked sounds
TONE_S = 0.06
NOISE, TONE = 0.001, 0.5  # levels
# Looks at the newest part of the spectrogram in each frame, and notes when a loud column appears.
WATCH = """
window.marks = [];
const canvas = document.querySelector('#spectrogram');
const context = canvas.getContext('2d', { willReadFrequently: true });
let wasLoud = false;
(function look() {
  const width = Math.round(canvas.width * 0.08);
  const data = context.getImageData(canvas.width - width, canvas.height - 20, width, 16).data;
  let loud = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] > 150 && data[i + 1] > 170) loud += 1;
  if (loud > 20 && !wasLoud) window.marks.push(Date.now() / 1000);
  wasLoud = loud > 20;
  requestAnimationFrame(look);
})();
"""


def print_delay(checkout: Path, marks: int) -> None:
    """Print the delays from the time at which the first block of a tone was complete."""
    rng = np.random.default_rng(0)
    port = free_port()
    written: list[float] = []
    with running_browser() as browser, tempfile.TemporaryDirectory() as folder:
        options = ["--pcm", *page_options(port, folder)]
        with LiveProcess(checkout, "kws_listen", options) as process:
            tone = TONE * np.sin(2 * np.pi * 150 * np.arange(BLOCK) / RATE)
            started, count = time.monotonic(), 0
            watching = False
            next_mark = 8.0
            while len(written) < marks:
                count += BLOCK
                time.sleep(max(0.0, started + count / RATE - time.monotonic()))
                at = count / RATE
                is_tone = next_mark <= at < next_mark + TONE_S
                noise = rng.normal(0, NOISE, BLOCK)
                sound = noise + tone if is_tone else noise
                process.stdin.write((sound * 32767).astype("<i2").tobytes())
                process.stdin.flush()
                if is_tone and at - BLOCK / RATE < next_mark:
                    written.append(time.time())
                if at > next_mark + TONE_S:
                    next_mark += EVERY_S + rng.uniform(0, 0.1)
                if not watching and at > 2:
                    browser.open(f"http://127.0.0.1:{port}/")
                    browser.one("#spectrogram")
                    browser.script(WATCH)
                    watching = True
                    started, count = time.monotonic() - at, round(at * RATE)
            time.sleep(0.5)
            seen = browser.script("return window.marks")
            process.stop()
    delays = []
    for moment in written:
        later = [mark - moment for mark in seen if 0 <= mark - moment < EVERY_S]
        delays += later[:1]
    if not delays:
        print("No marked sound was seen in the spectrogram.")
        return
    p50, p95 = (1000 * float(np.quantile(delays, share)) for share in (0.5, 0.95))
    print(
        f"Sound to pixel: median {p50:.0f} ms, p95 {p95:.0f} ms, {len(delays)} of {len(written)} "
        "marked sounds seen."
    )

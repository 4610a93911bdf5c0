"""The page in Chromium, with the real commands behind it."""

from __future__ import annotations

import time

import pytest

from browser import SIZES, Browser
from live_page import live_page

MAX_WEIGHT = 150_000  # bytes of all files that the page loads
LOUD = """
const canvas = document.querySelector('#spectrogram');
const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
const seen = new Set();
for (let i = 0; i < data.length; i += 4) seen.add(data[i] >> 4);
return seen.size;
"""


# In how many looks in a row, 100 ms apart, no stroke is shown although one was drawn before.
WATCH_STROKES = """
const canvas = document.querySelector('#stroke');
window.strokes = 0;
window.longestGap = 0;
let gap = 0, wasDrawing = false;
setInterval(() => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const isDrawing = !document.querySelector('.hint').textContent.startsWith('hold still');
  if (wasDrawing && !isDrawing) window.strokes += 1;
  wasDrawing = isDrawing;
  gap = window.strokes && !isDrawing && !data.some((value) => value > 0) ? gap + 1 : 0;
  window.longestGap = Math.max(window.longestGap, gap);
}, 100);
"""


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """kws-listen, whose simulated people say words again and again."""
    folder = tmp_path_factory.mktemp("page")
    script = " ".join(["yes no up down left right stop go"] * 40)
    with live_page("kws-listen", folder, "--mock", "--words", script, "--seed", "1") as served:
        yield served


@pytest.fixture(scope="module")
def strokes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    options = ("--mock", "--digits", "0123456789" * 20, "--seed", "1", "--speed", "2")
    with live_page("airdigit-live", folder, *options) as served:
        yield served


def view(browser: Browser, page, name: str, size: str = "laptop", theme: str = "dark") -> None:
    browser.open(f"{page.link}#{name}", size, theme)
    browser.complaints()  # those of pages before
    browser.one(f'main[data-view="{name}"]')
    browser.wait_text("#status", "live")


def test_the_live_view_of_sound_shows_spectrogram_scores_and_detections(browser, words):
    view(browser, words, "live")
    assert browser.wait_text("#answer", r"^\w+$") in words.get("/api/state")["words"]
    browser.wait_text("#events", r"yes|no|up|down|left|right|stop|go")
    browser.wait_text("main .detail", r"score 0\.\d\d · \d+ ms after its end · truth: ")
    browser.wait(lambda: browser.script(LOUD) > 3, "the spectrogram stays empty")
    # A label can be hidden, with the keyboard too.
    chip = browser.one('button.chip[data-label="yes"]')
    chip.send_keys(" ")
    assert chip.get_attribute("aria-pressed") == "false"
    assert browser.complaints() == []


def test_recognition_is_paused_and_resumed(browser, words):
    view(browser, words, "live")
    browser.click("#pause")
    browser.wait_text("#status", "paused")
    assert words.get("/api/state")["listening"] is False
    browser.click("#pause")
    browser.wait_text("#status", "live")
    assert words.get("/api/state")["listening"] is True


def test_the_live_view_of_strokes_shows_the_path_and_the_scores(browser, strokes):
    view(browser, strokes, "live")
    browser.wait_text("#answer", r"^\d$")
    drawn = (
        "const c = document.querySelector('#stroke'); return c.getContext('2d')"
        ".getImageData(0, 0, c.width, c.height).data.some((v) => v > 0);"
    )
    browser.wait(lambda: browser.script(drawn), "no stroke is drawn")
    browser.wait_text("#bars", r"0\.9|1\.0")
    browser.wait_text("#events", r"\d\.\d\d · \d+ ms")
    assert browser.complaints() == []


def test_a_finished_stroke_stays_drawn(browser, strokes):
    view(browser, strokes, "live")
    browser.one("#stroke")
    browser.script(WATCH_STROKES)
    browser.wait(lambda: browser.script("return window.strokes >= 4"), "no strokes", timeout=40)
    assert browser.script("return window.longestGap") < 5


def test_digits_are_joined_to_a_number(browser, tmp_path):
    options = ("--mock", "--words", "42 42 42 42", "--seed", "1", "--noise", "60")
    with live_page("sounddigit-listen", tmp_path, *options) as page:
        browser.open(f"{page.link}#live")
        browser.wait_text("#events", r"number 42")
        browser.wait_text("#number", "42")


def test_health_shows_the_counters(browser, words):
    view(browser, words, "health")
    browser.wait_text("#health-rate", r"1\d{4}")
    browser.wait_text("#health-memory", r"\d+ MB")
    browser.wait_text("#health-level", r"-?\d+ dB")
    browser.wait_text("#health-running", r"\d+ s|min")
    assert "kws" in browser.text("dl.facts")
    assert browser.complaints() == []


def set_slider(browser: Browser, selector: str, value: int) -> None:
    browser.script(
        "const s = document.querySelector(arguments[0]); s.value = arguments[1];"
        "s.dispatchEvent(new Event('input', {bubbles: true}));",
        selector,
        str(value),
    )


def test_thresholds_are_tuned_with_their_cost_and_saved(browser, words):
    view(browser, words, "tune")
    browser.wait_text("#expected-false", r"^1\.0$")
    browser.wait_text("#expected-hits", r"^57 %$")
    set_slider(browser, "#budget", 5)
    browser.wait_text("#expected-false", r"^5\.0$")
    browser.wait(
        lambda: words.get("/api/state")["thresholds"]["yes"] == 0.9427, "the budget is not applied"
    )
    set_slider(browser, 'input[data-label="go"]', 206)
    browser.wait_text("#command", r"--threshold 0\.9427,go=0\.[45]")
    browser.click("#save")
    browser.wait_text("#toasts", r"Saved in .*settings\.json")
    browser.click("#reset")
    browser.wait_text("#command", r"--seed 1[^-]*--page|--seed 1$")
    assert browser.complaints() == []


def test_a_page_that_was_disconnected_connects_again(browser, tmp_path):
    with live_page("kws-listen", tmp_path, "--mock", "--pause", "600") as page:
        view(browser, page, "live")
        port = page.port
    browser.wait_text("#status", "disconnected")
    options = ("--mock", "--pause", "600")
    with live_page("kws-listen", tmp_path, *options, page=str(port)) as page:
        browser.wait_text("#status", "live")


def test_the_page_is_light_and_soon_there(browser, words):
    browser.open(f"{words.link}#live")
    browser.wait_text("#status", "live")
    sizes = browser.script(
        "return performance.getEntriesByType('resource').concat("
        "performance.getEntriesByType('navigation')).map((e) => [e.name, e.decodedBodySize]);"
    )
    assert 10_000 < sum(size for _, size in sizes) < MAX_WEIGHT
    assert all(name.startswith(words.base) for name, _ in sizes)
    paint = browser.script("return performance.getEntriesByType('paint')[0].startTime")
    assert paint < 5000  # ms, on a machine that is busy; python -m tools.page_cost measures it


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("name", ["live", "tune", "record", "teach", "review", "health"])
def test_no_view_is_wider_than_the_screen(browser, words, screenshots, size, name):
    theme = "light" if size == "laptop" else "dark"
    view(browser, words, name, size, theme)
    time.sleep(0.5)
    browser.screenshot(screenshots / f"{name}-{size}.png")
    assert browser.script(
        "return document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", ["live", "tune", "record", "teach", "review", "health"])
def test_axe_finds_no_serious_fault(browser, words, name, theme):
    view(browser, words, name, theme=theme)
    browser.one("main h1, main section")
    assert serious_faults(browser) == []


@pytest.mark.parametrize("name", ["live", "tune", "record", "teach", "review", "health"])
def test_axe_finds_no_serious_fault_in_the_page_of_motion(browser, strokes, name):
    view(browser, strokes, name, theme="light" if name in ("live", "record") else "dark")
    browser.one("main h1, main section")
    assert serious_faults(browser) == []


def serious_faults(browser: Browser) -> list[str]:
    from axe_core_python.base import AXE_SCRIPT

    browser.script(AXE_SCRIPT)
    found = browser.driver.execute_async_script(
        "const done = arguments[arguments.length - 1]; axe.run().then(done);"
    )
    return [
        f"{fault['id']}: {fault['help']}: {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    ]

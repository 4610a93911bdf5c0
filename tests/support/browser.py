"""Chromium without a window, driven by selenium, and live commands with a page.

Run as a program, it prints the Debian packages that the tests need.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PACKAGES = ("chromium", "chromium-driver")  # of Debian
OPTIONS = (
    "--headless",
    "--no-sandbox",  # root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
TIMEOUT = 90.0  # s
SIZES = {"phone": (360, 740), "laptop": (1280, 800), "4k": (3840, 2160)}


class Browser:
    """One Chromium; `driver` is selenium's."""

    def __init__(self, folder: str) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.options import Options
        from selenium.webdriver.chrome.service import Service

        options = Options()
        options.binary_location = shutil.which("chromium") or ""
        for option in (*OPTIONS, f"--user-data-dir={folder}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = Service(shutil.which("chromedriver"))
        self.driver: Any = webdriver.Chrome(options=options, service=service)
        self.driver.set_script_timeout(TIMEOUT)

    def open(self, link: str, size: str = "laptop", theme: str = "dark") -> None:
        width, height = SIZES[size]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")  # a link that differs only after # would load nothing
        self.driver.get(link)

    def script(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def one(self, selector: str) -> Any:
        """The first visible element; AssertionError if none appears in time."""

        def visible() -> Any:
            found = self.driver.find_elements("css selector", selector)
            return next((element for element in found if element.is_displayed()), None)

        return self.wait(visible, f"{selector} does not appear")

    def click(self, selector: str) -> None:
        def clicked() -> bool:
            self.one(selector).click()
            return True

        self.wait(clicked, f"{selector} cannot be clicked")

    def fill(self, selector: str, value: str) -> None:
        """Replace the text of an input."""
        field = self.one(selector)
        field.clear()
        field.send_keys(value)

    def text(self, selector: str) -> str:
        return str(self.script("return document.querySelector(arguments[0])?.innerText", selector))

    def wait(self, condition: Callable[[], Any], message: str, timeout: float = TIMEOUT) -> Any:
        """The value of the condition when it is true; an element that is replaced meanwhile counts
        as false."""
        from selenium.common.exceptions import WebDriverException

        end, error = time.monotonic() + timeout, ""
        while time.monotonic() < end:
            try:
                value = condition()
                if value:
                    return value
            except WebDriverException as exception:
                error = f": {exception.msg}"
            time.sleep(0.05)
        raise AssertionError(message + error)

    def wait_text(self, selector: str, pattern: str, timeout: float = TIMEOUT) -> str:
        def found() -> str:
            text = self.text(selector)
            return text if re.search(pattern, text) else ""

        return str(self.wait(found, f"{selector} never shows {pattern!r}", timeout))

    def complaints(self) -> list[str]:
        """Errors in the console since the last call, such as violations of the security policy."""
        return [
            line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"
        ]

    def screenshot(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Missing programs fail the test, unless EDGE_WITHOUT_BROWSER=1 skips it."""
    import pytest

    if os.environ.get("EDGE_WITHOUT_BROWSER") == "1":
        pytest.skip("EDGE_WITHOUT_BROWSER=1: no browser for the tests")
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        pytest.fail(
            f"{', '.join(missing)} missing: run `make tools`, or set EDGE_WITHOUT_BROWSER=1 to skip"
        )
    with tempfile.TemporaryDirectory(prefix="edge-browser", ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            yield browser
        finally:
            browser.driver.quit()


if __name__ == "__main__":
    print(*PACKAGES)

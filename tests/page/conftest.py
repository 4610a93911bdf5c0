"""One browser for all tests of the page, and the folder of the screenshots."""

from __future__ import annotations

from pathlib import Path

import pytest

from browser import running_browser

SCREENSHOTS = Path(__file__).parents[2] / "out" / "page"


@pytest.fixture(scope="package")
def browser():
    with running_browser() as started:
        yield started


@pytest.fixture
def screenshots() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS

"""The options of a command that serves a page."""

from __future__ import annotations


def page_options(port: int, folder: str) -> tuple[str, ...]:
    return "--page", f"127.0.0.1:{port}", "--page-folder", folder

"""Numbers and texts as C writes them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

LINE_WIDTH = 96  # characters


def numbers(values: Iterable[int]) -> str:
    """Return the elements of a C array, in lines of LINE_WIDTH."""
    lines, line = [], "   "
    for value in values:
        if len(line) + len(f" {value},") > LINE_WIDTH:
            lines.append(line + "\n")
            line = "   "
        line += f" {value},"
    return "".join(lines) + line + "\n"


def real(value: float) -> str:
    """Return a C literal of exactly this float32; nine digits distinguish any two."""
    digits = f"{np.float32(value):.9g}"
    return digits + ("f" if any(c in digits for c in ".e") else ".0f")


def text(text: str) -> str:
    """Return a C string literal of any text in a manifest."""
    escaped = ""
    for byte in text.encode():
        plain = chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
        escaped += f"\\{plain}" if plain in '"\\' else plain
    return f'"{escaped}"'

"""Damaged copies of data: a random generator with the same seed makes the same copy."""

from __future__ import annotations

import copy
import random
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

EXTREMES = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
FORMATS = ("<H", ">H", "<I", ">I", "<Q")
MAX_BYTES = 1 << 18  # inputs do not grow without end
VALUES: tuple[Any, ...] = (  # for a field of a document
    *(None, True, False, 0, -1, 1, 0.5, 1e308, -1e-308, 2**31, 2**63, 10**400, "", "x", "\x1b[31m"),
    *("é" * 300, [], {}, [[]], [1, 2], {"a": 1}, [None], "kind", "ax", "nan", 65535, 1e-9),
)


def damaged(data: bytes, rng: random.Random, others: Sequence[bytes] = ()) -> bytes:
    """Return a copy with one to eight changes; pieces are also taken from the other inputs."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        _change(out, rng, others)
    return bytes(out[:MAX_BYTES])


def _change(out: bytearray, rng: random.Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(out) + 1)
    length = rng.choice((1, 2, 4, 16, 300))
    kind = rng.randrange(9)
    if kind == 0 and at < len(out):
        out[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        out[at : at + 1] = bytes([rng.randrange(256)])
    elif kind == 2:
        form = rng.choice(FORMATS)
        value = rng.choice(EXTREMES) & ((1 << 8 * struct.calcsize(form)) - 1)
        out[at : at + struct.calcsize(form)] = struct.pack(form, value)
    elif kind == 3:
        del out[at : at + length]
    elif kind == 4:
        out[at:at] = rng.randbytes(length)
    elif kind == 5:  # a piece twice
        out[at:at] = out[at : at + length] * rng.choice((1, 2, 50))
    elif kind == 6 and rng.random() < 0.3:
        del out[at:]
    elif kind == 7 and others:
        other = rng.choice(others)
        start = rng.randrange(len(other) + 1)
        out[at : at + length] = other[start : start + length]
    elif out:
        at = rng.randrange(len(out))
        out[at] = (out[at] + rng.randrange(-9, 10)) % 256


def damaged_document(document: Any, rng: random.Random) -> Any:
    """Return a copy of a JSON document in which up to four values are others."""
    changed = copy.deepcopy(document)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        places = list(_places(changed))
        if not places:
            break
        container, key = rng.choice(places)
        kind = rng.randrange(6)
        if kind == 0:
            del container[key]
        elif kind == 1:
            other, name = rng.choice(places)
            container[key] = copy.deepcopy(other[name])
        elif kind == 2 and isinstance(container[key], int | float):
            factor = rng.choice((-1, 2, 0.5, 1000, 1e9))
            with suppress(OverflowError):  # 10**400 cannot become a float
                container[key] *= factor
        elif kind == 3 and isinstance(container, dict):
            container[rng.choice(("a", "kind", "\n", "x" * 1000))] = container.pop(key)
        else:
            container[key] = copy.deepcopy(rng.choice(VALUES))
    return changed


def _places(document: Any) -> list[tuple[Any, Any]]:
    """All places of a document: its containers, each with its keys or indices."""
    items = (
        document.items()
        if isinstance(document, dict)
        else enumerate(document)
        if isinstance(document, list)
        else ()
    )
    found: list[tuple[Any, Any]] = []
    for key, value in items:
        found.append((document, key))
        found += _places(value)
    return found

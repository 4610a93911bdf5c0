"""What training writes: files that are there whole or not at all, and where a model may go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.commands.recorder import prepare
from edge.errors import EdgeError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write it meanwhile, under a name that ends alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def check_out(path: Path) -> None:
    """Before anything is learnt. EdgeError if no model can be written there."""
    if path.suffix != ".tflite":
        raise EdgeError(f"--out {path}: name it something.tflite")
    prepare(path.parent)

"""What training writes: files that are there whole or not at all, and where a model may go."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.cli.recorder import prepare
from edge.errors import EdgeError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write it meanwhile, under a name that ends alike. EdgeError if it cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise EdgeError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def write(path: Path, content: bytes | str) -> None:
    with whole(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)


def check_out(path: Path) -> None:
    """Before anything is learnt. EdgeError if no model can be written there."""
    if path.suffix != ".tflite" or path.is_dir():
        raise EdgeError(f"--out {path}: name a file, something.tflite")
    prepare(path.parent)

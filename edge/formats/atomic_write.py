"""Write files so that each is complete or absent, even if the disk is full or power fails."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file, or replace one; if that fails, an existing file stays as it was."""
    with _part_file(path, data) as part:
        os.replace(part, path)


def write_new_file(paths: Iterable[Path], data: bytes) -> Path:
    """Write a file under the first of the paths that does not exist, and return that path.

    The paths are in one folder. No file is overwritten, not even one that another program writes
    at the same time.
    """
    paths = iter(paths)
    path = next(paths)
    with _part_file(path, data) as part:
        while True:
            try:
                _link(part, path)
                return path
            except FileExistsError:
                path = next(paths)


@contextmanager
def _part_file(path: Path, data: bytes) -> Iterator[Path]:
    """Write the data to a temporary file in the same folder, and delete it in the end."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write_to_disk(part, data, "wb")
        yield part
    finally:
        part.unlink(missing_ok=True)


def _link(part: Path, path: Path) -> None:
    """Give the file another name. Unlike a rename, a link never replaces an existing file."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # the file system of many memory cards has no links
        try:
            _write_to_disk(path, part.read_bytes(), "xb")
        except FileExistsError:
            raise
        except BaseException:  # for example, the card is full
            path.unlink(missing_ok=True)
            raise


def _write_to_disk(path: Path, data: bytes, mode: str) -> None:
    with open(path, mode) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

"""Files that users name: which there are, and one sentence for those that cannot be read."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import RecordingError


def find(paths: Iterable[str | os.PathLike[str]], suffixes: Collection[str]) -> list[Path]:
    """Every file named, and those with such suffixes in the folders named, each once.

    In the order of the names given, and what is in a folder in the order of its names.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        named = [p for p in inside(path) if p.suffix.lower() in suffixes and not p.is_dir()]
        for file in sorted(named) if path.is_dir() else [path]:
            found.setdefault(os.path.realpath(file), file)
    return list(found.values())


def inside(folder: Path) -> Iterator[Path]:
    """Every file below it, in linked folders too, but not in those above: that would never end."""
    seen = set()
    for above, folders, files in os.walk(folder, followlinks=True):
        seen.add(os.path.realpath(above))
        folders[:] = [name for name in folders if os.path.realpath(Path(above, name)) not in seen]
        yield from (Path(above, name) for name in files)


@contextmanager
def readable(path: Path) -> Iterator[int]:
    """Within, the file of so many bytes may be read; a RecordingError says what is in the way."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise RecordingError("is a folder: name the files in it")
        if not stat.S_ISREG(status.st_mode):  # a pipe would wait, a device never end
            raise RecordingError("is no regular file")
        yield status.st_size
    except FileNotFoundError:
        raise RecordingError("does not exist") from None
    except (OSError, ValueError) as fault:
        if isinstance(fault, RecordingError):
            raise
        raise RecordingError(
            f"cannot be read: {getattr(fault, 'strerror', None) or fault}"
        ) from None

"""Files that a user names: find them in folders, and refuse unreadable ones in one sentence."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import RecordingError


def find(paths: Iterable[str | os.PathLike[str]], suffixes: Collection[str]) -> list[Path]:
    """Return every named file, and every file in a named folder that has one of the suffixes.

    The order is that of the names given; the files of one folder are sorted by name. A file that
    is named twice, or linked, is returned once.
    """
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        matching = [p for p in files_below(path) if p.suffix.lower() in suffixes and not p.is_dir()]
        for file in sorted(matching) if path.is_dir() else [path]:
            found.setdefault(os.path.realpath(file), file)
    return list(found.values())


def files_below(folder: Path) -> Iterator[Path]:
    """Yield every file below the folder, in linked folders too.

    A folder that was visited before is skipped: a link to a parent folder would never end.
    """
    visited = set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        visited.add(os.path.realpath(parent))
        folders[:] = [
            name for name in folders if os.path.realpath(Path(parent, name)) not in visited
        ]
        yield from (Path(parent, name) for name in files)


def read_bytes(path: Path, max_size: int, kind: str) -> bytes:
    """Return the content of a file; RecordingError if it cannot be read or is too large.

    `kind` names such files in the message, for example "a recording".
    """
    with readable(path) as size:
        if size > max_size:
            raise RecordingError(
                f"has {size >> 20} MB, but {kind} has {max_size >> 20} MB at most: "
                "name another file"
            )
        return path.read_bytes()


def decoded(data: bytes, kind: str) -> str:
    """Return the UTF-8 text in a file; RecordingError if it is not text.

    `kind` names such files in the message, for example "a motion recording".
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise RecordingError(f"is not {kind}: it is not text")
    return text


@contextmanager
def readable(path: Path) -> Iterator[int]:
    """Check that the file can be read, and give its size in bytes to the `with` block.

    Errors of the check and of the `with` block become a RecordingError with the cause.
    """
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise RecordingError("is a folder: name the files in it")
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would block, a device never ends
            raise RecordingError("is not a regular file")
        yield status.st_size
    except FileNotFoundError:
        raise RecordingError("does not exist") from None
    except (OSError, ValueError) as error:
        if isinstance(error, RecordingError):
            raise
        cause = getattr(error, "strerror", None) or error
        raise RecordingError(f"cannot be read: {cause}") from None

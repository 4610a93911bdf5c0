"""Write files so that each is complete or absent, even if the disk is full or power fails."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Of Linux: rename, unless the new name exists. Python has no function for it.
_libc = ctypes.CDLL(None, use_errno=True) if os.name == "posix" else None
_renameat2 = getattr(_libc, "renameat2", None)
AT_FDCWD = -100  # paths are relative to the current folder
NOREPLACE = 1


def atomic_write(path: Path, data: bytes) -> None:
    """Write a file, or replace one; if that fails, an existing file stays as it was."""
    with _part_file(path, data) as part:
        os.replace(part, path)


def write_new_file(paths: Iterable[Path], data: bytes, mode: int = 0o666) -> Path:
    """Write a file under the first of the paths that does not exist, and return that path.

    `mode`: who may use the file, without those that the umask excludes.

    The paths are in one folder. No file is overwritten, not even one that another program writes
    at the same time.
    """
    paths = iter(paths)
    path = next(paths)
    with _part_file(path, data, mode) as part:
        return _rename_to_first(part, path, paths)


def move_to_new(old: Path, paths: Iterable[Path]) -> Path:
    """Rename a file to the first of the paths that does not exist, and return that path."""
    paths = iter(paths)
    path = _rename_to_first(old, next(paths), paths)
    _sync_folder(path.parent)
    return path


def move_over(old: Path, path: Path) -> None:
    """Rename a file whose content is on the disk; an existing file of that name is replaced."""
    os.replace(old, path)
    _sync_folder(path.parent)


def _rename_to_first(old: Path, path: Path, others: Iterator[Path]) -> Path:
    while True:
        try:
            _rename_to_new(old, path)
            return path
        except FileExistsError:
            path = next(others)


@contextmanager
def _part_file(path: Path, data: bytes, mode: int = 0o666) -> Iterator[Path]:
    """Write the data to a temporary file in the same folder, and delete it in the end."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _write_to_disk(part, data, mode)
        yield part
        _sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def _rename_to_new(part: Path, path: Path) -> None:
    """Rename a file, and raise FileExistsError instead of replacing another one.

    The new name always has the whole file. Memory cards (FAT) have no links, which would do the
    same in Python.
    """
    if os.name == "nt":  # on Windows, rename never replaces a file
        os.rename(part, path)
        return
    if _renameat2 is not None:
        if not _renameat2(AT_FDCWD, os.fsencode(part), AT_FDCWD, os.fsencode(path), NOREPLACE):
            return
        if ctypes.get_errno() == errno.EEXIST:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    # Some file systems (NFS, older drivers of exFAT) cannot do it: an empty file reserves the name.
    with open(path, "xb"):
        pass
    try:
        os.replace(part, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk: after a power failure a synced file has its name."""
    with suppress(OSError):  # some file systems cannot; the file itself is on the disk
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _write_to_disk(path: Path, data: bytes, mode: int) -> None:
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())

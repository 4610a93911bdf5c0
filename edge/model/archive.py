"""Read the zip that is appended to a model file; its content is not trusted."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection

_MAX_UNPACKED = 1 << 20  # bytes of all members together; a manifest needs far less
_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    OverflowError,
)


class ArchiveError(Exception):
    """The data does not end with a zip, or the zip cannot be read."""


def read_members(data: bytes, names: Collection[str]) -> tuple[int, dict[str, bytes]]:
    """The position at which the zip begins, and the content of each named member that it has."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _MAX_UNPACKED:
                raise ArchiveError("it unpacks to more than a manifest may have")
            start = min((entry.header_offset for entry in entries), default=len(data))
            found = {entry.filename: archive.read(entry) for entry in entries}
            return start, {name: found[name] for name in names if name in found}
    except _ZIP_ERRORS as error:
        raise ArchiveError(str(error)) from None

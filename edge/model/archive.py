"""Reading the zip that is appended to a model file, without trusting it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Collection

_LARGEST = 1 << 20  # bytes of all members; what unpacks to more is no manifest
_ZIP_TROUBLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    OverflowError,
)


class Damaged(Exception):
    """There is no zip at the end of the data, or one that cannot be read."""


def read_members(data: bytes, names: Collection[str]) -> tuple[int, dict[str, bytes]]:
    """Where the appended zip begins, and those of the named members that are in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise Damaged("it unpacks to more than a manifest may have")
            start = min((entry.header_offset for entry in entries), default=len(data))
            found = {entry.filename: archive.read(entry) for entry in entries}
            return start, {name: found[name] for name in names if name in found}
    except _ZIP_TROUBLE as error:
        raise Damaged(str(error)) from None

"""Read the zip that is appended to a model file. The values in it may be wrong or malicious.

Only the named members are decompressed, and never to more than MAX_MEMBER_SIZE. The module
`zipfile` would build an object for each entry, and accepts members that overlap, sizes that are
wrong, and compression methods that expand a few bytes to gigabytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

MAX_MEMBERS = 16
MAX_MEMBER_SIZE = 1 << 20  # bytes of a decompressed member
STORED, DEFLATED = 0, 8  # compression methods
ENCRYPTED, UTF8_NAME = 1, 1 << 11  # flags of a member
MAX_COMMENT = 0xFFFF  # bytes after the end record

# The records of a zip: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
END = struct.Struct("<4sHHHHIIH")
ENTRY = struct.Struct("<4sHHHHHHIIIHHHHHII")
LOCAL = struct.Struct("<4sHHHHHIIIHH")


class ArchiveError(Exception):
    """The data does not end with a zip, or the zip cannot be read."""


@dataclass(frozen=True)
class Member:
    name: str
    method: int
    crc: int
    compressed_size: int
    size: int
    header: int
    """Position of its local header in the data."""


def read_members(data: bytes, names: Collection[str]) -> tuple[int, dict[str, bytes]]:
    """Return the start of the appended zip, and the content of each named member that it has.

    Raise ArchiveError if there is no zip, or if it cannot be read.
    """
    try:
        directory, members = _read_directory(data)
        positions = _content_positions(data, members, directory)
    except (struct.error, UnicodeDecodeError):
        raise ArchiveError("its zip is cut short or broken") from None
    found = {
        member.name: _content(data, member, at)
        for member, at in zip(members, positions, strict=True)
        if member.name in names
    }
    return min([member.header for member in members], default=directory), found


def _read_directory(data: bytes) -> tuple[int, list[Member]]:
    """Return the position of the central directory, and the members that it lists."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - END.size - MAX_COMMENT))
    if at < 0:
        raise ArchiveError("it has no zip at its end")
    _, disk, start_disk, _, count, size, offset, comment = END.unpack_from(data, at)
    if at + END.size + comment != len(data):
        raise ArchiveError("its zip is cut short")
    if disk or start_disk or count > MAX_MEMBERS:
        raise ArchiveError(f"its zip states {count} members, and a model has at most {MAX_MEMBERS}")
    directory = at - size
    # Offsets count from the start of the zip, or from the start of the file.
    before = directory - offset
    if directory < 0 or before < 0:
        raise ArchiveError("the directory of its zip is not where the zip states it")
    members = list(_entries(data[directory:at], count, before))
    if len({member.name for member in members}) < len(members):
        raise ArchiveError("its zip has two members of the same name")
    return directory, members


def _entries(directory: bytes, count: int, before: int) -> Iterator[Member]:
    at = 0
    for _ in range(count):
        fields = ENTRY.unpack_from(directory, at)
        _, _, _, flags, method, _, _, crc, compressed_size, size, name, extra, comment = fields[:13]
        at += ENTRY.size
        raw = directory[at : at + name]
        at += name + extra + comment
        if fields[0] != b"PK\1\2" or at > len(directory):
            raise ArchiveError("the directory of its zip is broken")
        if flags & ENCRYPTED or method not in (STORED, DEFLATED):
            raise ArchiveError(f"a member of its zip is encrypted or compressed by method {method}")
        is_utf8 = flags & UTF8_NAME or raw.isascii()
        text = raw.decode("utf-8" if is_utf8 else "cp437")
        yield Member(text, method, crc, compressed_size, size, before + fields[16])
    if at != len(directory):
        raise ArchiveError("the directory of its zip is longer than its members")


def _content_positions(data: bytes, members: list[Member], directory: int) -> list[int]:
    """Return where the content of each member begins; ArchiveError if two members overlap."""
    spans = []
    for member in members:
        fields = LOCAL.unpack_from(data, member.header)
        start = member.header + LOCAL.size + fields[9] + fields[10]
        if fields[0] != b"PK\3\4" or fields[3] != member.method:
            raise ArchiveError("a member of its zip is not where the directory states it")
        spans.append((member.header, start, start + member.compressed_size))
    end = 0
    for header, _, after in sorted(spans):
        if header < end or after > directory:
            raise ArchiveError("members of its zip overlap")
        end = after
    return [start for _, start, _ in spans]


def _content(data: bytes, member: Member, at: int) -> bytes:
    raw = data[at : at + member.compressed_size]
    if member.size > MAX_MEMBER_SIZE:
        raise ArchiveError(f"{member.name} unpacks to more than a manifest may have")
    if member.method == STORED:
        content, complete = raw, True
    else:
        decompressor = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            # One byte more than stated shows that the stated size is wrong.
            content = decompressor.decompress(raw, member.size + 1)
        except zlib.error as error:
            raise ArchiveError(f"{member.name}: {error}") from None
        complete = decompressor.eof
    if not complete or len(content) != member.size or zlib.crc32(content) != member.crc:
        raise ArchiveError(f"{member.name} does not match its size or checksum in the zip")
    return content

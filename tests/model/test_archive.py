"""The zip at the end of a model file: only the manifest is read, up to its largest size."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from edge.model.archive import MAX_MEMBER_SIZE, MAX_MEMBERS, ArchiveError, read_members

NETWORK = b"\x1c\0\0\0TFL3" + bytes(range(256))
NAMES = ("manifest.json",)


def archive(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO(NETWORK)
    with zipfile.ZipFile(file, "a", method) as written:
        for name, content in members:
            written.writestr(name, content)
    return file.getvalue()


def with_stated_size(data: bytes, size: int) -> bytes:
    """Change the decompressed size that the directory states for its first member."""
    at = data.index(b"PK\1\2") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


def refused(data: bytes, reason: str) -> None:
    with pytest.raises(ArchiveError, match=reason):
        read_members(data, NAMES)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_named_member_is_read(method):
    data = archive(("manifest.json", b"{}" * 99), ("labels.txt", b"one\n"), method=method)
    assert read_members(data, NAMES) == (len(NETWORK), {"manifest.json": b"{}" * 99})


def test_a_missing_member_is_left_out():
    assert read_members(archive(("labels.txt", b"one\n")), NAMES) == (len(NETWORK), {})
    assert read_members(archive(), NAMES) == (len(NETWORK), {})


def test_offsets_may_count_from_the_start_of_the_zip():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("manifest.json", b"{}")
    assert read_members(NETWORK + file.getvalue(), NAMES)[0] == len(NETWORK)


def test_a_file_without_a_zip_is_refused():
    refused(NETWORK, "no zip at its end")
    refused(b"", "no zip at its end")


@pytest.mark.parametrize("cut", [1, 20, 25, 60, 100])
def test_a_zip_that_is_cut_short_is_refused(cut):
    refused(archive(("manifest.json", b"{}"))[:-cut], "zip")


def test_bytes_after_the_zip_are_refused():
    refused(archive(("manifest.json", b"{}")) + b"x", "cut short")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression_methods_are_refused(method):
    refused(archive(("manifest.json", b"{}"), method=method), f"method {method}")
    refused(archive(("manifest.json", b"{}"), ("more", b"{}"), method=method), f"method {method}")


def test_an_encrypted_member_is_refused():
    data = archive(("manifest.json", b"{}"))
    at = data.index(b"PK\1\2") + 8
    refused(data[:at] + b"\1" + data[at + 1 :], "encrypted")


def test_a_member_that_states_too_large_a_size_is_refused():
    data = archive(("manifest.json", bytes(MAX_MEMBER_SIZE + 1)))
    refused(data, "unpacks to more than a manifest may have")


@pytest.mark.parametrize("stated", [0, 1, 1000, MAX_MEMBER_SIZE])
def test_a_wrong_size_is_refused_without_using_much_memory(stated):
    bomb = with_stated_size(archive(("manifest.json", bytes(64 << 20))), stated)
    assert len(bomb) < 70_000
    tracemalloc.start()
    refused(bomb, "does not match its size or checksum")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * MAX_MEMBER_SIZE


def test_other_members_are_not_decompressed():
    data = archive(("manifest.json", b"{}"), ("film.mp4", bytes(64 << 20)))
    tracemalloc.start()
    assert read_members(data, NAMES)[1] == {"manifest.json": b"{}"}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MAX_MEMBER_SIZE


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused():
    refused(archive(("manifest.json", b"{}"), ("manifest.json", b"[]")), "same name")


def test_too_many_members_are_refused():
    few = [(f"{number}.txt", b"") for number in range(MAX_MEMBERS)]
    assert read_members(archive(*few), NAMES)[1] == {}
    refused(archive(*few, ("manifest.json", b"{}")), "17 members, and a model has at most 16")


def overlapping(second_header: int) -> bytes:
    """A zip with two stored members; the directory states where the second one begins."""
    content = b"{}" * 20
    local = struct.pack(
        "<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(content), 40, 40, 1, 0
    )
    body = local + b"a" + content + local + b"b" + content
    entries = b"".join(
        struct.pack(
            *("<4sHHHHHHIIIHHHHHII", b"PK\1\2", 20, 20, 0, 0, 0, 0, zlib.crc32(content), 40, 40),
            *(1, 0, 0, 0, 0, 0, header),
        )
        + name
        for name, header in ((b"a", 0), (b"b", second_header))
    )
    end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2, 2, len(entries), len(body), 0)
    return NETWORK + body + entries + end


def test_overlapping_members_are_refused():
    second = struct.calcsize("<4sHHHHHIIIHH") + 1 + 40
    assert read_members(overlapping(second), ("a", "b"))[1] == {"a": b"{}" * 20, "b": b"{}" * 20}
    refused(overlapping(0), "overlap")


@pytest.mark.parametrize("position", [5, 500, 1 << 31])
def test_a_member_outside_of_the_zip_is_refused(position):
    refused(overlapping(position), "zip|unpack")

"""Files that are written whole or not at all, on every file system, and that survive power loss."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

import pytest

from edge.formats import atomic_write
from edge.formats.atomic_write import write_new_file

DATA = bytes(range(256)) * 40


def names(folder: Path):
    return (folder / f"take_{number}.csv" for number in count())


def not_supported(*paths: object) -> int:
    """renameat2 on a file system that does not have it."""
    atomic_write.ctypes.set_errno(atomic_write.errno.EINVAL)
    return -1


@pytest.fixture(params=["renameat2", "not supported", "not in libc"])
def rename(request, monkeypatch):
    """Each way to rename a file without replacing another one."""
    if request.param != "renameat2":
        value = not_supported if request.param == "not supported" else None
        monkeypatch.setattr(atomic_write, "_renameat2", value)
    elif atomic_write._renameat2 is None:
        pytest.fail("the libc of this machine has no renameat2")


@pytest.mark.usefixtures("rename")
def test_new_files_replace_no_file_and_leave_no_other_file(tmp_path):
    (tmp_path / "take_0.csv").write_bytes(b"of another program")
    written = [write_new_file(names(tmp_path), DATA) for _ in range(2)]
    assert [path.name for path in written] == ["take_1.csv", "take_2.csv"]
    assert all(path.read_bytes() == DATA for path in written)
    assert (tmp_path / "take_0.csv").read_bytes() == b"of another program"
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.usefixtures("rename")
def test_a_link_that_leads_nowhere_is_not_replaced(tmp_path):
    (tmp_path / "take_0.csv").symlink_to(tmp_path / "missing")
    assert write_new_file(names(tmp_path), DATA).name == "take_1.csv"
    assert (tmp_path / "take_0.csv").is_symlink()


@pytest.mark.usefixtures("rename")
def test_a_new_name_never_has_a_part_of_the_data(tmp_path, monkeypatch):
    sizes = set()

    def look(*arguments: object, **options: object) -> None:
        sizes.update(path.stat().st_size for path in tmp_path.glob("take_*"))

    for name in ("replace", "fsync", "close"):
        original = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *args, original=original: (look(), original(*args), look())[1]
        )
    write_new_file(names(tmp_path), DATA)
    assert sizes <= {0, len(DATA)}  # empty while the name is only reserved


@pytest.mark.usefixtures("rename")
def test_a_full_disk_leaves_no_file(tmp_path, monkeypatch):
    def fsync(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="No space"):
        write_new_file(names(tmp_path), DATA)
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_leaves_no_reserved_name(tmp_path, monkeypatch):
    def replace(*paths: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(atomic_write, "_renameat2", None)
    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write_new_file(names(tmp_path), DATA)
    assert list(tmp_path.iterdir()) == []


def synced(monkeypatch) -> list[tuple[str, list[str]]]:
    """What os.fsync has written to the disk: the path, and the files of its folder by then."""
    calls: list[tuple[str, list[str]]] = []

    def fsync(number: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{number}"))
        folder = path if path.is_dir() else path.parent
        calls.append((str(path), sorted(file.name for file in folder.glob("take*"))))

    monkeypatch.setattr(os, "fsync", fsync)
    return calls


@pytest.mark.usefixtures("rename")
def test_the_folder_is_synced_after_the_file_has_its_name(tmp_path, monkeypatch):
    calls = synced(monkeypatch)
    write_new_file(names(tmp_path), DATA)
    atomic_write.atomic_write(tmp_path / "take_0.csv", b"new")
    folder = (str(tmp_path), ["take_0.csv"])
    assert calls[0][0].endswith(".part") and calls[0][1] == []
    assert calls[1] == calls[3] == folder and len(calls) == 4


def test_a_file_system_that_cannot_sync_a_folder_keeps_the_file(tmp_path, monkeypatch):
    original = os.fsync

    def fsync(number: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{number}")).is_dir():
            raise OSError(22, "Invalid argument")
        original(number)

    monkeypatch.setattr(os, "fsync", fsync)
    assert write_new_file(names(tmp_path), DATA).read_bytes() == DATA

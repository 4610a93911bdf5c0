"""Fetch the whole of Speech Commands, go on where an earlier attempt stopped, and unpack it."""

from __future__ import annotations

import hashlib
import http.client
import logging
import shutil
import tarfile
import time
import urllib.error
import urllib.request
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.errors import EdgeError

log = logging.getLogger(__name__)

PIECE = 1 << 20  # bytes at a time
TOLD_S = 5.0  # from one word of progress to the next
PATIENCE_S = 30.0  # for a server that says nothing
BROKEN = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class DownloadError(EdgeError):
    """A corpus that cannot be fetched."""


@dataclass(frozen=True)
class Archive:
    url: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return PurePosixPath(self.url).name


# Size and checksum: tensorflow_datasets, speech_commands/checksums.tsv.
SPEECH_COMMANDS = Archive(
    "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
    2_428_923_189,
    "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
)


def fetched(into: Path, archive: Archive = SPEECH_COMMANDS) -> Path:
    """The folder of the unpacked archive; fetched only if it is not there yet."""
    folder = into / archive.name.removesuffix(".tar.gz")
    if folder.is_dir():
        return folder
    into.mkdir(parents=True, exist_ok=True)
    by_hand = into / archive.name
    file = by_hand if by_hand.is_file() else into / f"{archive.name}.part"
    if file != by_hand:
        _download(archive, file)
    _check(archive, file)
    _unpack(file, folder)
    if file != by_hand:
        file.unlink()
    return folder


def _download(archive: Archive, part: Path) -> None:
    while (have := part.stat().st_size if part.exists() else 0) < archive.size:
        try:
            _more(archive, part, have)
            reason = "it ends too soon"
        except BROKEN as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        if part.exists() and part.stat().st_size > have:
            continue  # a connection that broke, and was of use until then
        raise DownloadError(
            f"cannot fetch {archive.url} ({reason}): connect to the Internet and start again, or "
            f"put the file into {part.parent} yourself"
        )


def _more(archive: Archive, part: Path, have: int) -> None:
    """Append what the server gives from there; from the beginning if it cannot do otherwise."""
    request = urllib.request.Request(archive.url, headers={"Range": f"bytes={have}-"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        goes_on = answer.status == http.client.PARTIAL_CONTENT
        told, begun = 0.0, time.monotonic()
        with part.open("ab" if goes_on else "wb") as file:
            before = file.tell()
            while piece := answer.read(PIECE):
                file.write(piece)
                if time.monotonic() - told > TOLD_S:
                    told = time.monotonic()
                    rate = (file.tell() - before) / max(told - begun, 1e-3)
                    _tell(archive, file.tell(), rate)


def _tell(archive: Archive, have: int, rate: float) -> None:
    minutes = max(0, archive.size - have) / rate / 60
    log.info(
        "%s: %.0f of %.0f MB, %.1f MB/s, %.0f minutes to go",
        *(archive.name, have / 1e6, archive.size / 1e6, rate / 1e6, minutes),
    )


def _check(archive: Archive, file: Path) -> None:
    log.info("%s: checking", file)
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while piece := content.read(PIECE):
            digest.update(piece)
    if file.stat().st_size != archive.size or digest.hexdigest() != archive.sha256:
        raise DownloadError(f"{file} is not the {archive.name} it should be: remove it, try again")


def _unpack(file: Path, folder: Path) -> None:
    """Plain files, none of them outside of the folder; and all of them, or there is no folder."""
    half = folder.with_name(f"{folder.name}.unpacking")
    shutil.rmtree(half, ignore_errors=True)
    log.info("unpacking to %s", folder)
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                place = PurePosixPath(member.name)
                if place.is_absolute() or ".." in place.parts:
                    raise DownloadError(f"{file} would write outside of its folder: do not use it")
                content = archive.extractfile(member) if member.isfile() else None
                if content is None:  # a folder; or a link, which no recording is
                    continue
                path = half / place
                path.parent.mkdir(parents=True, exist_ok=True)
                with content, path.open("wb") as target:
                    shutil.copyfileobj(content, target)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DownloadError(f"{file} cannot be unpacked ({error}): remove it, try again") from None
    half.rename(folder)

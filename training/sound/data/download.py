"""Download Speech Commands, continue an interrupted download, and unpack the archive."""

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

BLOCK = 1 << 20  # bytes
REPORT_S = 5.0  # between two reports of the progress
TIMEOUT_S = 30.0  # for a server that sends nothing
NETWORK_ERRORS = (
    urllib.error.URLError,
    http.client.HTTPException,
    ConnectionError,
    TimeoutError,
)


class DownloadError(EdgeError):
    """A corpus cannot be downloaded or unpacked."""


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
    "https://storage.googleapis.com/download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
    2_428_923_189,
    "af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
)


def fetch(into: Path, archive: Archive = SPEECH_COMMANDS) -> Path:
    """Return the folder of the unpacked archive; download it if the folder does not exist.

    An archive that the user has put into the folder `into` is used, and not deleted afterwards.
    """
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
    """Download what `part` lacks; try again as long as each connection brings some bytes."""
    while (size := part.stat().st_size if part.exists() else 0) < archive.size:
        try:
            _download_rest(archive, part, size)
            reason = "the file ends too early"
        except NETWORK_ERRORS as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
        if part.exists() and part.stat().st_size > size:
            continue
        raise DownloadError(
            f"cannot fetch {archive.url} ({reason}): connect to the Internet and start again, or "
            f"put the file into {part.parent} yourself"
        )


def _download_rest(archive: Archive, part: Path, size: int) -> None:
    """Append what follows the first `size` bytes; start again if the server sends all of it."""
    request = urllib.request.Request(archive.url, headers={"Range": f"bytes={size}-"})
    with _https_opener().open(request, timeout=TIMEOUT_S) as response:
        append = response.status == http.client.PARTIAL_CONTENT
        reported, started = 0.0, time.monotonic()
        with part.open("ab" if append else "wb") as file:
            before = file.tell()
            while block := response.read(BLOCK):
                if file.tell() + len(block) > archive.size:
                    raise DownloadError(
                        f"{archive.url} sends more than the {archive.size} bytes of "
                        f"{archive.name}: put the file into {part.parent} yourself"
                    )
                file.write(block)
                if time.monotonic() - reported > REPORT_S:
                    reported = time.monotonic()
                    rate = (file.tell() - before) / max(reported - started, 1e-3)
                    _report(archive, file.tell(), rate)


def _https_opener() -> urllib.request.OpenerDirector:
    """Return an opener that knows no protocol but https, not even after a redirection."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    return opener


def _report(archive: Archive, size: int, rate: float) -> None:
    """Log the progress; `rate` is in bytes a second."""
    minutes = max(0, archive.size - size) / rate / 60
    log.info(
        "%s: %.0f of %.0f MB, %.1f MB/s, %.0f minutes left",
        *(archive.name, size / 1e6, archive.size / 1e6, rate / 1e6, minutes),
    )


def _check(archive: Archive, file: Path) -> None:
    log.info("%s: checking", file)
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            digest.update(block)
    if file.stat().st_size != archive.size or digest.hexdigest() != archive.sha256:
        raise DownloadError(f"{file} is not the {archive.name} it should be: remove it, try again")


def _unpack(file: Path, folder: Path) -> None:
    """Unpack the plain files of an archive; the folder appears when all of them are there.

    Raises DownloadError if a file would lie outside of the folder.
    """
    unfinished = folder.with_name(f"{folder.name}.unpacking")
    shutil.rmtree(unfinished, ignore_errors=True)
    log.info("unpacking to %s", folder)
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                place = PurePosixPath(member.name)
                if place.is_absolute() or ".." in place.parts:
                    raise DownloadError(f"{file} would write outside of its folder: do not use it")
                content = archive.extractfile(member) if member.isfile() else None
                if content is None:  # a folder, or a link, which is never a recording
                    continue
                path = unfinished / place
                path.parent.mkdir(parents=True, exist_ok=True)
                with content, path.open("wb") as target:
                    shutil.copyfileobj(content, target)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise DownloadError(f"{file} cannot be unpacked ({error}): remove it, try again") from None
    unfinished.rename(folder)

"""Download a file over HTTP; an interrupted download is continued where it ended."""

from __future__ import annotations

import errno
import http.client
import logging
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from edge.errors import EdgeError
from edge.text import one_line

log = logging.getLogger(__name__)

TIMEOUT = 30.0  # s without a byte
ATTEMPTS = 10  # without a new byte
FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # s between two attempts
BLOCK = 16384  # bytes
TEMPORARY = (408, 425, 429)  # statuses below 500 after which another attempt may succeed


class DownloadError(EdgeError):
    """The file cannot be downloaded."""


def download(
    url: str,
    path: Path,
    size: int,
    wait: Callable[[float], object],
    progress: Callable[[int], None] = lambda received: None,
) -> None:
    """Complete the file at `path` until it has `size` bytes.

    `wait` waits for some seconds, and raises an exception to end the attempts.
    """
    pause, attempt = FIRST_WAIT, 0
    while attempt < ATTEMPTS:
        attempt += 1
        before = _size(path)
        try:
            _continue(url, path, size, progress)
            if _size(path) == size:
                return
            problem = "the server ended the transfer"
        except urllib.error.HTTPError as error:
            error.close()
            problem = f"the server answers {error.code} {error.reason}"
            if error.code < 500 and error.code not in TEMPORARY:
                raise DownloadError(f"no download from {url}: {one_line(problem)}") from None
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                path.unlink(missing_ok=True)  # gives the space back
                raise DownloadError("the disk is full") from None
            problem = str(getattr(error, "reason", error)) or type(error).__name__
        if _size(path) > before:
            pause, attempt = FIRST_WAIT, 0
        log.info("download: %s; failed attempt %d of %d", one_line(problem), attempt, ATTEMPTS)
        if attempt < ATTEMPTS:
            wait(pause)
            pause = min(2 * pause, LONGEST_WAIT)
    raise DownloadError(f"no download from {url} after {ATTEMPTS} attempts: {one_line(problem)}")


def _continue(url: str, path: Path, size: int, progress: Callable[[int], None]) -> None:
    received = _size(path)
    if received > size:
        path.unlink()
        received = 0
    if received == size:
        return
    request = urllib.request.Request(url, headers={"Range": f"bytes={received}-"})
    with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
        continues = response.status == 206 and response.headers.get("Content-Range", "").startswith(
            f"bytes {received}-"
        )
        with open(path, "ab" if continues else "wb") as file:
            received = received if continues else 0
            while received < size and (block := response.read(min(BLOCK, size - received))):
                file.write(block)
                received += len(block)
                progress(received)
            file.flush()
            os.fsync(file.fileno())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0

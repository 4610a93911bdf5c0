"""SHA-256 without OpenSSL, because hashlib always loads OpenSSL, which takes 4 MB of memory."""

from __future__ import annotations

from pathlib import Path

try:
    from _sha2 import sha256  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:  # a Python that is built without its own implementation
        from hashlib import sha256

__all__ = ["file_sha256", "sha256"]

BLOCK = 1 << 20  # bytes


def file_sha256(path: Path) -> str:
    """Of the content of a file, as hexadecimal digits."""
    digest = sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()

"""SHA-256 without OpenSSL, because hashlib always loads OpenSSL, which takes 4 MB of memory."""

from __future__ import annotations

try:
    from _sha2 import sha256  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:  # a Python that is built without its own implementation
        from hashlib import sha256

__all__ = ["sha256"]

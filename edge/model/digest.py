"""SHA-256 without OpenSSL: hashlib loads it, and 4 MB, whether or not it is needed."""

from __future__ import annotations

try:
    from _sha2 import sha256  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256
    except ImportError:  # a Python without its own
        from hashlib import sha256

__all__ = ["sha256"]

"""Ed25519 signatures of offers, the key of an operator, and the keys that a device trusts.

A key file of a device has one key in each line: `BASE64 NAME`, or `revoked BASE64 NAME`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edge.errors import EdgeError, RuntimeMissing
from edge.formats.atomic_write import write_new_file
from edge.model.digest import sha256
from edge.text import quoted

KEY_BYTES, SIGNATURE_BYTES = 32, 64
REVOKED = "revoked"


class Refused(EdgeError, ValueError):
    """An offer that this device must not accept; the message is the reason."""


@dataclass(frozen=True)
class Keys:
    """The public keys in a key file, by their identifiers."""

    trusted: dict[str, bytes]
    revoked: frozenset[str]

    def verify(self, key: str, signature: str, signed: bytes) -> None:
        """Refused unless a trusted key signed these bytes."""
        if key in self.revoked:
            raise Refused(f"the key {quoted(key)} is revoked")
        if key not in self.trusted:
            raise Refused(f"the key {quoted(key)} is not in the key file of this device")
        ed25519, invalid_signature = _ed25519()
        public = ed25519.Ed25519PublicKey.from_public_bytes(self.trusted[key])
        try:
            public.verify(_decoded(signature, SIGNATURE_BYTES), signed)
        except (ValueError, invalid_signature):
            raise Refused("the signature is wrong: the offer was altered") from None


def read_keys(path: Path) -> Keys:
    """EdgeError if the file cannot be read, or has a line that is no key."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise EdgeError(f"{path} cannot be read ({reason}): check --fleet-keys") from None
    trusted, revoked = {}, set()
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        is_revoked = bool(words) and words[0] == REVOKED
        if not words:
            continue
        try:
            key = _decoded(words[1 if is_revoked else 0], KEY_BYTES)
        except (IndexError, ValueError):
            raise EdgeError(
                f"{path}, line {number} is no key: give the line that `edge-fleet key` prints"
            ) from None
        if is_revoked:
            revoked.add(key_identifier(key))
        else:
            trusted[key_identifier(key)] = key
    if not trusted:
        raise EdgeError(f"{path} has no key: add the line that `edge-fleet key` prints")
    return Keys(trusted, frozenset(revoked))


def key_identifier(public: bytes) -> str:
    return sha256(public).hexdigest()[:16]


class SigningKey:
    """The private key of an operator, in a file that only its owner may read."""

    def __init__(self, private: Any) -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        self.identifier = key_identifier(self.public)

    @classmethod
    def create(cls, path: Path) -> SigningKey:
        """Make a new key and write it to a new file."""
        ed25519, _ = _ed25519()
        from cryptography.hazmat.primitives import serialization

        private = ed25519.Ed25519PrivateKey.generate()
        text = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        if path.exists():
            raise EdgeError(f"{path} exists already: give another name for the new key")
        try:
            write_new_file([path], text, 0o600)
        except OSError as error:
            raise EdgeError(
                f"{path} cannot be written ({error.strerror}): give another name for the new key"
            ) from None
        return cls(private)

    @classmethod
    def read(cls, path: Path) -> SigningKey:
        ed25519, _ = _ed25519()
        from cryptography.hazmat.primitives import serialization

        try:
            private = serialization.load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            reason = getattr(error, "strerror", None) or "it is no private key without a password"
            raise EdgeError(f"{path} cannot be used ({reason}): make one with `edge-fleet key`") \
                from None  # fmt: skip
        if not isinstance(private, ed25519.Ed25519PrivateKey):
            raise EdgeError(f"{path} is no Ed25519 key: make one with `edge-fleet key`")
        return cls(private)

    def sign(self, content: bytes) -> str:
        return base64.b64encode(self._private.sign(content)).decode()

    def line(self, name: str) -> str:
        """Its line in the key file of a device."""
        return f"{base64.b64encode(self.public).decode()} {name}"


def _decoded(text: str, size: int) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("it is not base64") from None
    if len(content) != size:
        raise ValueError(f"it has {len(content)} bytes, not {size}")
    return content


def check_installed() -> None:
    """RuntimeMissing without the package for signatures, which is too large to load it early."""
    if find_spec("cryptography") is None:
        raise _missing()


def _ed25519() -> tuple[Any, Any]:
    """The module for Ed25519, and the class of the error for a wrong signature."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise _missing() from None
    return ed25519, InvalidSignature


def _missing() -> RuntimeMissing:
    return RuntimeMissing("signed models need cryptography: pip install 'edge-sense[fleet]'")

"""Files of other kinds, recognised by their first bytes, so that an error can name the kind."""

from __future__ import annotations

SIGNATURES = (  # (offset, bytes at that offset, kind of file)
    (4, b"TFL3", "a TFLite model"),
    (0, b"RIFF", "sound (WAV)"),
    (0, b"fLaC", "sound (FLAC)"),
    (0, b"OggS", "sound (Ogg)"),
    (0, b"ID3", "sound (MP3)"),
    (0, b"\x89PNG", "a picture"),
    (0, b"\xff\xd8\xff", "a picture"),
    (0, b"GIF8", "a picture"),
    (0, b"%PDF", "a PDF document"),
    (0, b"\x1f\x8b", "a gzip archive: unpack it first"),
    (0, b"PK\x03\x04", "a zip archive: unpack it first"),
)


def kind(data: bytes) -> str | None:
    """Return the kind of file that has these first bytes, None if it is not known."""
    for offset, signature, name in SIGNATURES:
        if data[offset : offset + len(signature)] == signature:
            return name
    return None

"""Open a sound file of any supported kind; its first bytes tell the kind, not its name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from edge.errors import RecordingError, RuntimeMissing
from edge.formats import files
from edge.formats.sound.coded_file import CodedFile
from edge.formats.sound.sound_file import SoundFile
from edge.formats.sound.wav_file import WavFile
from edge.formats.sound.wav_header import UnsupportedCoding

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")
# First bytes of the kinds that libsndfile reads, besides WAV. The last is MP3 without a tag.
CODED = re.compile(rb"fLaC|OggS|FORM|ID3|\.snd|caff|riff|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]")
MIN_RATE, MAX_RATE = 1000, 768_000  # Hz; another rate means that the header is broken


def open_sound(path: str | os.PathLike[str]) -> SoundFile:
    """Open a sound file, to be read block by block."""
    path = Path(path)
    start = _first_bytes(path)
    if not start:
        raise RecordingError("is empty: record it again")
    if start[:4] in (b"RIFF", b"RF64") and start[8:] == b"WAVE":
        file = _open_wav(path)
    elif CODED.match(start):
        file = CodedFile(path)
    else:
        raise RecordingError("is not a sound file: give WAV, FLAC, Ogg or MP3")
    if not MIN_RATE <= file.rate <= MAX_RATE:
        file.close()
        raise RecordingError(
            f"is broken: its header states {file.rate} samples a second: copy it again"
        )
    return file


def _open_wav(path: Path) -> SoundFile:
    """Open WAV without libsndfile if possible, as that package may not be installed."""
    try:
        return WavFile(path)
    except UnsupportedCoding as error:
        try:
            return CodedFile(path)
        except RuntimeMissing:
            raise error from None


def _first_bytes(path: Path) -> bytes:
    with files.readable(path), open(path, "rb") as file:
        return file.read(12)

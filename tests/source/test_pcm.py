"""Raw PCM sound through a real pipe."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.errors import SourceError
from edge.resample import resampled
from edge.source.files.pcm_pipe import PcmSource

REQUIREMENTS = {"channels": ["audio"], "rate_hz": 16000}


def tone(rate: int, seconds: float = 0.5) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)


def pcm(samples: np.ndarray) -> bytes:
    return np.rint(samples * 32768).astype("<i2").tobytes()


@contextmanager
def pipe(*pieces: bytes, pause: float = 0.0) -> Iterator[int]:
    """Yield the read end of a pipe; a thread writes the pieces to it and closes it."""
    read_end, write_end = os.pipe()

    def write() -> None:
        with open(write_end, "wb", buffering=0) as file:
            for piece in pieces:
                file.write(piece)
                time.sleep(pause)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield read_end
        writer.join()
    finally:
        os.close(read_end)


def read_pcm(data: bytes, pieces: int = 1, **options: int) -> tuple[PcmSource, np.ndarray]:
    cuts = [len(data) * i // pieces for i in range(pieces + 1)]
    parts = [data[a:b] for a, b in zip(cuts, cuts[1:], strict=False)]
    with pipe(*parts) as end, PcmSource(REQUIREMENTS, descriptor=end, **options) as source:
        chunks = list(source)
    t = np.concatenate([chunk.t for chunk in chunks])
    assert np.allclose(t, np.arange(len(t)) / 16000, rtol=0, atol=1e-9)
    return source, np.concatenate([chunk.values for chunk in chunks])[:, 0]


@pytest.mark.parametrize("pieces", [1, 7, 999])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [16000, 48000])
def test_samples_do_not_depend_on_how_the_bytes_are_split(
    rate: int, channels: int, pieces: int
) -> None:
    data = pcm(np.repeat(tone(rate), channels))
    source, values = read_pcm(data, pieces, rate=rate, channels=channels)
    expected = resampled(np.frombuffer(data, "<i2")[::channels] / 32768, rate, 16000)
    assert np.array_equal(values, expected)
    assert source.health.samples == len(values) == 8000


def test_incomplete_frame_is_counted_as_garbage() -> None:
    source, values = read_pcm(pcm(tone(16000)) + b"abc", channels=2)
    assert len(values) == 4000
    assert source.health.garbage == 3


def test_pipe_without_sound_is_an_error() -> None:
    """arecord ends at once if its device is busy; a service manager must restart the command."""
    with pytest.raises(SourceError, match="no sound came through the pipe"):
        read_pcm(b"")


def test_full_scale_samples_are_counted_as_clipped() -> None:
    square = np.where(np.arange(1600) % 2, 1.0, -1.0).clip(-1, 32767 / 32768)
    assert read_pcm(pcm(square))[0].health.clipped == 1600


@pytest.mark.parametrize("pieces", [1, 999])
def test_wav_header_is_skipped_and_sets_the_rate(tmp_path: Path, pieces: int) -> None:
    """arecord writes a header, unless it is run with -t raw."""
    soundfile.write(tmp_path / "a.wav", np.repeat(tone(44100)[:, None], 2, axis=1), 44100)
    _, values = read_pcm((tmp_path / "a.wav").read_bytes(), pieces)
    assert len(values) == 8000
    assert np.abs(values - tone(16000))[200:-200].max() < 1e-3


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


@pytest.mark.parametrize("pieces", [1, 7, 60, 999])
@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("form", [b"RIFF", b"RF64"])
@pytest.mark.parametrize(
    "before",
    [
        chunk(b"JUNK", bytes(28)),
        chunk(b"LIST", b"some data inside"),
        chunk(b"odd ", b"abc"),
        pytest.param(struct.pack("<4sI", b"odd ", 3) + b"abc", id="not padded"),
        b"",
    ],
)
def test_header_of_any_length_in_any_pieces_is_skipped(
    before: bytes, form: bytes, pieces: int, extensible: bool
) -> None:
    basic = struct.pack("<HHIIHH", 0xFFFE if extensible else 1, 2, 48000, 192000, 4, 16)
    extension = struct.pack("<HHIH14x", 22, 16, 3, 1) if extensible else b""
    fmt = chunk(b"fmt ", basic + extension)
    head = form + struct.pack("<I", 0xFFFFFFFF) + b"WAVE" + before + fmt + before
    data = head + b"data" + struct.pack("<I", 0xFFFFFFFF) + pcm(np.repeat(tone(48000), 2))
    source, values = read_pcm(data, pieces)
    assert len(values) == 8000 and source.health.garbage == 0
    assert np.abs(values - tone(16000))[200:-200].max() < 1e-3


def wav_of(samples: np.ndarray, rate: int, *after: bytes) -> bytes:
    fmt = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate, 2 * rate, 2, 16))
    body = b"WAVE" + fmt + chunk(b"data", pcm(samples)) + b"".join(after)
    return chunk(b"RIFF", body)


@pytest.mark.parametrize("pieces", [1, 7, 60, 999])
def test_chunks_after_the_sound_are_skipped(pieces: int) -> None:
    tags = chunk(b"LIST", b"INFOISFT" + bytes(27)), chunk(b"id3 ", bytes(range(256)) * 99)
    source, values = read_pcm(wav_of(tone(16000), 16000, *tags), pieces)
    assert len(values) == source.health.samples == 8000
    assert source.health.garbage == source.health.clipped == 0


@pytest.mark.parametrize("pieces", [1, 60, 999])
def test_sound_beyond_the_length_in_the_header_is_read(pieces: int) -> None:
    """Python's `wave` writes the length of its first block, then more blocks to the pipe."""
    sound = tone(16000, 5)
    first = wav_of(sound[:1600], 16000)
    source, values = read_pcm(first + pcm(sound[1600:]), pieces)
    assert len(values) == 80000 and source.health.garbage == 0
    assert np.abs(values - sound).max() < 1e-4


def test_file_with_an_incomplete_last_sample_does_not_shift_the_next() -> None:
    old, new = (b"data" + struct.pack("<I", size) for size in (16000, 16001))
    cut = wav_of(tone(16000), 16000).replace(old, new, 1)
    source, values = read_pcm(cut + b"\0\0" + wav_of(tone(16000), 16000))
    assert len(values) == 16000 and source.health.garbage == 1
    assert np.abs(values[8000:] - tone(16000)).max() < 1e-4


@pytest.mark.parametrize("pieces", [1, 60, 999])
def test_concatenated_files_are_all_read(pieces: int) -> None:
    """`cat *.wav | kws-listen --pcm`"""
    files = [wav_of(tone(rate), rate, chunk(b"note", b"abc")) for rate in (16000, 16000, 48000)]
    source, values = read_pcm(b"".join(files), pieces)
    assert len(values) == 3 * 8000 and source.health.garbage == 0
    for k in range(3):
        part = values[8000 * k : 8000 * (k + 1)]
        assert np.abs(part - tone(16000))[200:-200].max() < 1e-3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"fLaC" + bytes(90), "the input is FLAC: use --replay"),
        (b"OggS" + bytes(90), "the input is Ogg"),
        (b"RIFF\0\0\0\0WAVE", "no sound came"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "its sound before its format"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"fmt ", bytes(16)), "has an unsupported coding"),
        (b"RIFF\0\0\0\0WAVE" + chunk(b"JUNK", bytes(2**21)), "no sound follows"),
        (b"RIFF\0\0\0\0WAVE" + 10_000 * chunk(b"JUNK", b""), "no sound follows"),
        (b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\x7f" + bytes(2**16), "has an unsupported coding"),
        (
            b"RIFF\0\0\0\0WAVEfmt \xff\xff\xff\x7f"
            + struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
            + bytes(2**16),
            "no sound follows",
        ),
    ],
)
def test_input_that_is_not_pcm_is_a_one_line_error(data: bytes, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read_pcm(data)


def test_header_with_an_impossible_rate_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 999)
    with pytest.raises(SourceError, match="999 Hz"):
        read_pcm((tmp_path / "a.wav").read_bytes())


def test_header_with_another_depth_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16000), 16000, "PCM_24")
    with pytest.raises(SourceError, match="WAV of 24 bits: use arecord -f S16_LE"):
        read_pcm((tmp_path / "a.wav").read_bytes())


def test_silent_pipe_yields_empty_chunks() -> None:
    with (
        pipe(b"", pcm(tone(16000)), pause=0.7) as end,
        PcmSource(REQUIREMENTS, descriptor=end) as source,
    ):
        last, longest, counts = time.monotonic(), 0.0, []
        for chunk in source:
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            counts.append(len(chunk))
    assert longest < 1.0  # the contract is 0.25 s, but a busy machine is late
    assert counts.count(0) >= 4
    assert sum(counts) == 8000


def test_terminal_instead_of_a_pipe_is_refused() -> None:
    master, slave = os.openpty()
    try:
        with pytest.raises(SourceError, match="from a pipe: arecord"):
            PcmSource(REQUIREMENTS, descriptor=slave).__enter__()
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize("option", ["--pcm-rate=10", "--pcm-rate=x", "--pcm-channels=0"])
def test_impossible_options_are_usage_errors(option: str) -> None:
    program = "from edge.commands.start import kws_listen; raise SystemExit(kws_listen())"
    command = [sys.executable, "-c", program, "--pcm", option]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert option.split("=")[0] in result.stderr.splitlines()[-1]


def test_summary_before_an_error_does_not_say_no_errors() -> None:
    program = "from edge.commands.start import kws_listen; raise SystemExit(kws_listen())"
    command = [sys.executable, "-c", program, "--pcm"]
    result = subprocess.run(command, input=b"fLaC" + bytes(90), capture_output=True, timeout=60)
    assert result.returncode == 1
    assert b"0 samples" in result.stdout and b"no errors" not in result.stdout

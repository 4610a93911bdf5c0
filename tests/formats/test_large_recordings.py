"""Recordings of hours, and small files that decode to hours: little memory, and one clear line."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
import soundfile

from edge.api.classification import classify
from edge.errors import RecordingError
from edge.formats import motion, sound
from edge.formats.motion.table import MAX_LINES, MAX_ROWS
from edge.formats.sound.opener import open_sound
from edge.formats.sound.wav_header import MAX_CHUNKS
from edge.resample import resampled
from training.sound.data.log_mel import read_clip
from training.sound.data.recordings import load_samples

HEADER = "t_ms,ax,ay,az,gx,gy,gz\n"


def peak_megabytes(function: Callable[[], object], seconds: float) -> float:
    tracemalloc.start()
    started = monotonic()
    try:
        function()
        assert monotonic() - started < seconds
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def silent_hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour of silence, which FLAC stores in half a megabyte."""
    path = tmp_path_factory.mktemp("hour") / "hour.flac"
    with soundfile.SoundFile(path, "w", 48000, 1, "PCM_16") as file:
        for _ in range(60):
            file.write(np.zeros(60 * 48000, np.int16))
    assert path.stat().st_size < 2 << 20
    return path


def test_an_hour_is_refused_by_classify(silent_hour):
    def refused() -> None:
        with pytest.raises(RecordingError, match="longer than 10 minutes.*with --replay"):
            classify("kws", silent_hour)

    assert peak_megabytes(refused, 60) < 80


def test_an_hour_is_no_clip_of_a_word(silent_hour):
    def refused() -> None:
        with pytest.raises(RecordingError, match="longer than 60 s"):
            read_clip(silent_hour)

    assert peak_megabytes(refused, 20) < 20


def test_noise_takes_the_memory_of_its_samples(tmp_path):
    path = tmp_path / "noise.flac"
    soundfile.write(path, np.zeros(300 * 48000, np.int16), 48000)
    load = load_samples.__wrapped__  # without its cache
    assert peak_megabytes(lambda: load(path, 16000), 60) < 1.5 * 300 * 16000 * 4 / 2**20


def test_sound_that_is_converted_while_it_is_read_is_the_same(tmp_path):
    path = tmp_path / "sound.wav"
    samples = np.random.default_rng(1).uniform(-0.5, 0.5, 200_000).astype(np.float32)
    soundfile.write(path, samples, 44100, "FLOAT")
    converted = sound.read(path, 16000)
    assert converted.rate == 16000
    np.testing.assert_array_equal(converted.samples, resampled(samples, 44100, 16000))


def test_blocks_of_many_channels_are_small(tmp_path):
    path = tmp_path / "many.wav"
    soundfile.write(path, np.zeros((20_000, 256), np.int16), 16000)
    with open_sound(path) as file:
        assert peak_megabytes(lambda: sum(map(len, file.blocks())), 20) < 8


def test_millions_of_empty_chunks_are_refused_at_once(tmp_path):
    path = tmp_path / "chunks.wav"
    path.write_bytes(b"RIFF\xff\xff\xff\x7fWAVE" + b"junk\0\0\0\0" * 4_000_000)

    def refused() -> None:
        with pytest.raises(RecordingError, match=f"is broken: {MAX_CHUNKS} chunks come before"):
            sound.read(path)

    assert peak_megabytes(refused, 1) < 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER + "0,0,0,9,0,0,0\n" * (MAX_ROWS + 1), "more than 500000 samples"),
        ("1,2,3\n" * (MAX_ROWS + 1), "more than 500000 samples"),
        ("0,0,9,0,0,0\n" * (MAX_ROWS + 1), "more than 500000 samples"),
        (HEADER + "\n" * (MAX_LINES + 1), f"more than {MAX_LINES} lines"),
        (HEADER + "x" * (31 << 20), "line 2 has 32505856 characters"),
        ("1," * (15 << 20), "one line is too long"),
        (HEADER + "9" * (40 << 20), "has 40 MB, but a recording has 32 MB at most"),
        ('{"payload": [' + "[0,0,0]," * 300_000 + "0]}", "not an Edge Impulse recording"),
    ],
    ids=["own", "three", "six", "empty lines", "one row", "one line", "large", "json"],
)
def test_large_text_takes_little_memory_and_gives_one_line(tmp_path, text, message):
    path = tmp_path / "large.csv"
    path.write_text(text)

    def refused() -> None:
        with pytest.raises(RecordingError, match=message) as caught:
            motion.read(path)
        assert "\n" not in str(caught.value)

    assert peak_megabytes(refused, 60) < 200


def test_the_longest_recording_takes_little_memory(tmp_path):
    path = tmp_path / "long.csv"
    rows = "".join(f"{10 * k},0,0,9.81,0,0,0\n" for k in range(MAX_ROWS))
    path.write_text(HEADER + rows)
    assert peak_megabytes(lambda: motion.read(path), 60) < 200

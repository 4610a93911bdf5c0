"""Sound files of all kinds, intact and damaged: reading them, and playing them as a source."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.errors import RecordingError, RuntimeMissing, SourceError
from edge.formats.sound import find, open_sound, read, write_wav
from edge.formats.sound.sound_file import BLOCK
from edge.source.files.sound import SoundFiles

REQUIREMENTS = {"channels": ["audio"], "rate_hz": 16000}
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)).astype(np.float32)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack("<4sI", name, len(body)) + body + b"\0" * (len(body) % 2)


def format_chunk(code: int = 1, channels: int = 1, rate: int = 16000, bits: int = 16) -> bytes:
    frame = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", code, channels, rate, 0, frame % 65536, bits))


def wav(*chunks: bytes, riff: bytes = b"RIFF") -> bytes:
    body = b"".join(chunks)
    return riff + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def pcm(samples: np.ndarray = TONE) -> bytes:
    return np.rint(samples * 32768).astype("<i2").tobytes()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sound.wav"


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize(
    ("subtype", "worst"),
    [("PCM_U8", 1 / 100), ("PCM_16", 1e-4), ("PCM_24", 1e-6), ("PCM_32", 1e-6)]
    + [("FLOAT", 1e-7), ("DOUBLE", 1e-7)],
)
@pytest.mark.parametrize("kind", ["WAV", "WAVEX", "RF64"])
def test_wav_of_every_depth_rate_and_channel_count_is_read(
    file, rate, channels, subtype, worst, kind
):
    """The files are written by libsndfile; the code under test reads WAV without it."""
    several = TONE[:, None] * np.linspace(0.5, 1, channels)
    soundfile.write(file, several, rate, subtype, format=kind)
    sound = read(file)
    assert sound.rate == rate
    assert sound.samples.dtype == np.float32
    assert np.abs(sound.samples - several.mean(axis=1)).max() < worst


@pytest.mark.parametrize("kind", ["FLAC", "OGG"])
def test_compressed_sound_is_read(tmp_path, kind):
    file = tmp_path / f"tone.{kind.lower()}"
    soundfile.write(file, np.stack([TONE, TONE], 1), 16000, format=kind)
    sound = read(file)
    assert sound.rate == 16000
    assert np.abs(sound.samples - TONE)[100:-100].max() < 0.05
    assert len(sound.at(8000).samples) == 4000


def test_written_wav_is_read_back(file):
    levels = np.arange(-32768, 32768) / 32768
    write_wav(file, levels, 11025)
    assert np.array_equal(read(file).samples, levels.astype(np.float32))
    assert soundfile.info(file).samplerate == 11025
    assert soundfile.info(file).subtype == "PCM_16"
    write_wav(file, [2.0, -2.0], 8000)
    assert read(file).samples == pytest.approx([1, -1], abs=1e-4)
    assert [path.name for path in file.parent.iterdir()] == ["sound.wav"]


def test_failed_write_keeps_the_previous_file(file):
    write_wav(file, TONE, 16000)
    with pytest.raises(ValueError, match="could not convert"):
        write_wav(file, ["no sound"], 16000)
    assert len(read(file).samples) == len(TONE)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            wav(chunk(b"LIST", b"INFOISFT"), format_chunk(), chunk(b"data", pcm())), id="LIST"
        ),
        pytest.param(
            wav(chunk(b"odd ", b"abc"), format_chunk(), chunk(b"data", pcm())), id="padded"
        ),
        pytest.param(
            wav(struct.pack("<4sI", b"odd ", 3) + b"abc", format_chunk(), chunk(b"data", pcm())),
            id="not padded",
        ),
        pytest.param(
            wav(format_chunk(), chunk(b"data", pcm()), chunk(b"LIST", b"INFOISFT")),
            id="LIST behind",
        ),
        pytest.param(
            wav(format_chunk(), struct.pack("<4sI", b"data", 0) + pcm()), id="streamed, 0"
        ),
        pytest.param(
            wav(format_chunk(), struct.pack("<4sI", b"data", 2**32 - 1) + pcm()), id="streamed, -1"
        ),
        pytest.param(
            wav(format_chunk(), struct.pack("<4sI", b"data", 2**31 - 1) + pcm()),
            id="streamed, arecord",
        ),
        pytest.param(
            b"RIFF\0\0\0\0WAVE" + format_chunk() + chunk(b"data", pcm()), id="no size at all"
        ),
        pytest.param(
            wav(
                chunk(b"ds64", struct.pack("<QQQI", 99999, len(pcm()), len(TONE), 0)),
                format_chunk(),
                struct.pack("<4sI", b"data", 2**32 - 1) + pcm(),
                chunk(b"LIST", b"INFOISFT"),
                riff=b"RF64",
            ),
            id="RF64",
        ),
        pytest.param(wav(format_chunk(), chunk(b"data", pcm() + b"x")), id="half a sample more"),
    ],
)
def test_wav_headers_of_all_kinds_are_read(file, content, caplog):
    file.write_bytes(content)
    assert read(file).samples == pytest.approx(TONE, abs=1e-4)
    assert not caplog.records


def test_truncated_wav_is_read_up_to_its_end(file, caplog):
    file.write_bytes(wav(format_chunk(), chunk(b"data", pcm()))[:-5001])
    sound = read(file)
    assert len(sound.samples) == len(TONE) - 2501
    there, promised = len(TONE) - 2501, len(TONE)
    assert f"sound.wav is cut short: {there} of {promised} samples are there" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"RIFF", "is not a sound file"),
        (b"t_ms,ax,ay,az\n1,2,3,4", "is not a sound file"),
        (bytes(1000), "is not a sound file"),
        (b"\xff\xfe" * 99, "is not a sound file"),
        (b"RIFF\0\0\0\0AVI LIST", "is not a sound file"),
        (wav(), "contains no sound"),
        (wav(format_chunk()), "contains no sound"),
        (wav(format_chunk(), chunk(b"data", b"")), "contains no sound"),
        (wav(format_chunk(), chunk(b"data", b""), chunk(b"LIST", b"INFO")), "contains no sound"),
        (wav(format_chunk(channels=2), chunk(b"data", b"123")), "contains no sound"),
        (wav(chunk(b"data", pcm())), "before its format"),
        (wav(chunk(b"fmt ", b"\1\0\1\0"), chunk(b"data", pcm())), "cut short"),
        (wav(format_chunk(code=0x7777, bits=8), chunk(b"data", pcm())), "cannot be decoded"),
        (wav(format_chunk(channels=0), chunk(b"data", pcm())), "0 channels"),
        (wav(format_chunk(channels=60000), chunk(b"data", pcm())), "60000 channels"),
        (wav(format_chunk(bits=0), chunk(b"data", pcm())), "0 bits"),
        (wav(format_chunk(bits=64), chunk(b"data", pcm())), "64 bits"),
        (wav(format_chunk(code=3, bits=16), chunk(b"data", pcm())), "16 bits"),
        (wav(format_chunk(rate=0), chunk(b"data", pcm())), "0 samples a second"),
        (wav(format_chunk(rate=2**31), chunk(b"data", pcm())), "2147483648 samples a second"),
        (b"fLaC" + bytes(99), "cannot be decoded"),
        (b"OggS" + bytes(99), "cannot be decoded"),
    ],
)
def test_unreadable_file_error_names_the_reason(file, content, message):
    file.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as raised:
        read(file)
    assert "\n" not in str(raised.value)


def test_path_that_is_not_a_file_is_refused(tmp_path):
    for path, message in ((tmp_path / "no.wav", "does not exist"), (tmp_path, "is a folder")):
        with pytest.raises(RecordingError, match=message):
            read(path)
    with pytest.raises(RecordingError, match="not a regular file"):
        read("/dev/null")


def test_wav_truncated_anywhere_is_read_or_refused(file):
    """The cut may be in the header; no error but RecordingError is allowed."""
    whole = wav(chunk(b"LIST", b"INFO"), format_chunk(), chunk(b"data", pcm(TONE[:50])))
    for end in range(len(whole)):
        file.write_bytes(whole[:end])
        try:
            assert len(read(file).samples) <= 50
        except RecordingError:
            assert end < 60


def test_wav_with_any_damaged_header_byte_is_read_or_refused(file):
    whole = bytearray(wav(format_chunk(), chunk(b"data", pcm(TONE[:50]))))
    for position in range(44):
        for value in (0, 1, 0x7F, 0xFF):
            broken = whole.copy()
            broken[position] = value
            file.write_bytes(broken)
            try:
                assert len(read(file).samples)
            except RecordingError as error:
                assert str(error)


def test_floats_beyond_full_scale_or_nan_are_replaced_and_logged(file, caplog):
    floats = np.array([0.5, np.nan, np.inf, -np.inf, -0.5], "<f4")
    file.write_bytes(wav(format_chunk(3, bits=32), chunk(b"data", floats.tobytes())))
    assert read(file).samples.tolist() == [0.5, 0, 0, 0, -0.5]
    assert "3 samples are not numbers" in caplog.text
    caplog.clear()
    huge = np.array([0.5, 1e300, -32768], "<f8")
    file.write_bytes(wav(format_chunk(3, bits=64), chunk(b"data", huge.tobytes())))
    assert read(file).samples.tolist() == [0.5, 0, -1]
    assert "where 1 is full scale" in caplog.text
    caplog.clear()
    loud = np.full(3 * BLOCK, 2, "<f4")
    file.write_bytes(wav(format_chunk(3, bits=32), chunk(b"data", loud.tobytes())))
    assert read(file).samples.max() == 1
    assert len(caplog.records) == 1


def test_file_truncated_while_reading_is_read_up_to_its_end(file, caplog):
    file.write_bytes(wav(format_chunk(1, bits=16), chunk(b"data", bytes(2 * 3 * BLOCK))))
    with open_sound(file) as opened:
        blocks = opened.blocks()
        count = len(next(blocks))
        os.truncate(file, 44 + 2 * (2 * BLOCK + 10) + 1)
        count += sum(map(len, blocks))
    assert count == 2 * BLOCK + 10
    assert opened.missing == BLOCK - 10
    assert f"is cut short: {count} of {3 * BLOCK} samples are there" in caplog.text


def test_file_emptied_while_reading_is_refused(file):
    file.write_bytes(wav(format_chunk(1, bits=16), chunk(b"data", bytes(2 * BLOCK))))
    with open_sound(file) as opened:
        os.truncate(file, 44)
        opened._file.close()
        opened._file = open(file, "rb", buffering=0)  # noqa: SIM115, nothing is read ahead
        opened._file.seek(44)
        with pytest.raises(RecordingError, match="emptied while it was read"):
            list(opened.blocks())


def test_truncated_flac_is_read_up_to_its_end(tmp_path, caplog):
    file = tmp_path / "long.flac"
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 160000)
    soundfile.write(file, noise, 16000)
    file.write_bytes(file.read_bytes()[:150000])
    sound = read(file)
    assert 50000 < len(sound.samples) < 160000
    there = len(sound.samples)
    assert f"long.flac is damaged or cut short: {there} of 160000 samples are there" in caplog.text


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_all_complete_frames_of_a_truncated_flac_are_read(tmp_path, share):
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 200000)
    soundfile.write(tmp_path / "whole.flac", noise, 16000)
    data = (tmp_path / "whole.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(data[: int(len(data) * share)])
    found = read(tmp_path / "cut.flac").samples
    assert share * 200000 - 2 * 4608 < len(found) < share * 200000  # within one FLAC frame
    assert np.array_equal(found, read(tmp_path / "whole.flac").samples[: len(found)])


def test_wav_is_read_without_soundfile(file, tmp_path, monkeypatch):
    write_wav(file, TONE, 16000)
    soundfile.write(tmp_path / "a.flac", TONE, 16000)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    assert len(read(file).samples) == len(TONE)
    with pytest.raises(RuntimeMissing, match="pip install soundfile"):
        read(tmp_path / "a.flac")


def test_files_of_a_folder_are_found_in_order(tmp_path):
    for name in ("b/2.WAV", "b/1.flac", "a.ogg", "a.txt", "c.wav/d.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_bytes(b"")
    found = [str(path.relative_to(tmp_path)) for path in find([tmp_path / "b", tmp_path])]
    assert found == ["b/1.flac", "b/2.WAV", "a.ogg", "c.wav/d.wav"]


# --replay


def play(*paths: Path, **options: float) -> tuple[SoundFiles, np.ndarray, np.ndarray]:
    with SoundFiles(paths, REQUIREMENTS, speed=np.inf, **options) as source:
        chunks = list(source)
    return (
        source,
        np.concatenate([chunk.t for chunk in chunks]),
        np.concatenate([chunk.values for chunk in chunks])[:, 0],
    )


def test_replayed_samples_equal_the_read_samples(file):
    soundfile.write(file, np.stack([TONE, TONE], 1), 44100)
    source, t, values = play(file)
    assert np.array_equal(values, read(file).at(16000).samples)
    assert t == pytest.approx(np.arange(len(values)) / 16000, abs=1e-12)
    assert source.health.samples == len(values)


def test_files_are_played_with_a_pause_between(tmp_path):
    write_wav(tmp_path / "1.wav", TONE, 16000)
    soundfile.write(tmp_path / "2.flac", TONE, 8000)
    source, t, values = play(tmp_path)
    assert len(t) == 8000 + 16000
    assert t[8000] == 1.5  # the first is half a second long
    assert source.health.rate == pytest.approx(16000, rel=1e-3)
    assert source.health.lost == 0


def test_unreadable_file_is_skipped_unless_it_is_the_only_one(tmp_path, caplog):
    write_wav(tmp_path / "1.wav", TONE, 16000)
    (tmp_path / "2.wav").write_bytes(b"nothing")
    write_wav(tmp_path / "3.wav", TONE, 16000)
    source, t, _ = play(tmp_path)
    assert len(t) == 16000
    assert source.health.errors == 1
    assert "2.wav: is not a sound file" in caplog.text
    with pytest.raises(SourceError, match=r"2\.wav: is not a sound file"):
        play(tmp_path / "2.wav")


def test_truncated_file_counts_as_an_error(tmp_path, caplog):
    write_wav(tmp_path / "1.wav", TONE, 16000)
    data = (tmp_path / "1.wav").read_bytes()
    (tmp_path / "2.wav").write_bytes(data[:-200])
    source, t, _ = play(tmp_path)
    assert len(t) == 16000 - 100
    assert source.health.errors == 1
    assert "2.wav is cut short: 7900 of 8000 samples are there" in caplog.text


def test_wav_files_are_played_without_libsndfile(tmp_path, caplog, monkeypatch):
    soundfile.write(tmp_path / "1.flac", TONE, 16000)
    write_wav(tmp_path / "2.wav", TONE, 16000)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    source, t, _ = play(tmp_path)
    assert len(t) == 8000
    assert source.health.errors == 1
    assert "1.flac: only WAV can be read without the package soundfile" in caplog.text


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp3", {"format": "MP3"}),
        ("a.au", {"format": "AU"}),
        ("a.caf", {"format": "CAF", "subtype": "PCM_16"}),
        ("a.w64", {"format": "W64", "subtype": "PCM_16"}),
        ("a.aiff", {"format": "AIFF"}),
        ("a.wav", {"subtype": "ULAW"}),
        ("a.wav", {"subtype": "ALAW"}),
        ("a.wav", {"subtype": "IMA_ADPCM"}),
    ],
)
def test_other_formats_are_detected_by_content(tmp_path, name, options):
    soundfile.write(tmp_path / name, TONE, 16000, **options)
    sound = read((tmp_path / name).rename(tmp_path / "of any name"))
    assert sound.rate == 16000
    assert len(TONE) <= len(sound.samples) < 1.2 * len(TONE)
    spectrum = np.abs(np.fft.rfft(sound.samples[: len(TONE)]))
    assert spectrum.argmax() == np.abs(np.fft.rfft(TONE)).argmax()


def ogg(path, seconds=13.0):
    rng = np.random.default_rng(0)
    soundfile.write(path, rng.uniform(-0.5, 0.5, round(seconds * 16000)), 16000)
    return bytearray(path.read_bytes())


def test_damaged_ogg_is_logged_and_nothing_is_played_twice(tmp_path, caplog):
    file = tmp_path / "hole.ogg"
    data = ogg(file)
    whole = read(file).samples
    middle = len(data) // 2
    data[middle : middle + 100] = bytes(100)
    file.write_bytes(data)
    damaged = read(file).samples
    assert 0.5 * len(whole) < len(damaged) < len(whole)
    assert np.allclose(damaged[:50000], whole[:50000], atol=1e-3)
    assert np.allclose(damaged[-50000:], whole[-50000:], atol=1e-3)
    assert f"damaged or cut short: {len(damaged)} of {len(whole)} samples are there" in caplog.text


def test_truncated_ogg_is_logged(tmp_path, caplog):
    file = tmp_path / "half.ogg"
    data = ogg(file)
    read(file)
    assert not caplog.text
    file.write_bytes(data[: len(data) // 2])
    with open_sound(file) as opened:
        there = sum(map(len, opened.blocks()))
        assert opened.missing
    assert f"half.ogg is cut short: {there} samples are there" in caplog.text


def test_clipping_is_counted_at_every_depth(tmp_path):
    loud = np.clip(3 * np.sin(np.arange(16000) / 8), -1, 1)
    counts = []
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "FLOAT"):
        soundfile.write(tmp_path / "loud.wav", loud, 16000, subtype=subtype)
        with SoundFiles([tmp_path / "loud.wav"], {"rate_hz": 16000}, float("inf")) as source:
            list(source)
        counts.append(source.health.clipped)
    assert min(counts) > 10000
    assert max(counts) < 1.05 * min(counts)


@pytest.mark.parametrize("cut", [True, False])
def test_flac_without_a_length_in_its_header_is_read(tmp_path, caplog, cut):
    file = tmp_path / "streamed.flac"
    soundfile.write(file, np.random.default_rng(0).uniform(-0.5, 0.5, 160000), 16000)
    data = bytearray(file.read_bytes())
    data[21] &= 0xF0  # the total number of samples in the header, which `flac -` cannot know
    data[22:26] = bytes(4)
    file.write_bytes(data[:150000] if cut else data)
    sound = read(file)
    count = len(sound.samples)
    assert 50000 < count < 160000 if cut else count == 160000
    message = f"streamed.flac does not state its length; after {count} samples it cannot be decoded"
    assert (message in caplog.text) == cut


def test_undecodable_file_adds_no_time(tmp_path):
    soundfile.write(tmp_path / "1.flac", TONE, 16000)
    data = (tmp_path / "1.flac").read_bytes()
    (tmp_path / "1.flac").write_bytes(data[:200])
    for name in ("2.wav", "3.wav"):
        write_wav(tmp_path / name, TONE, 16000)
    source, t, _ = play(tmp_path)
    assert (len(t), source.health.errors) == (16000, 1)
    assert source.health.rate == pytest.approx(16000, rel=1e-3)


def test_folder_without_readable_files_is_an_error(tmp_path, caplog):
    with pytest.raises(SourceError, match="no .wav, .flac, .ogg, .mp3 in"):
        play(tmp_path)
    for name in ("1.wav", "2.wav"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(SourceError, match="none of 2 files"):
        play(tmp_path)


def test_full_scale_samples_are_counted_as_clipped(file):
    """Counted in delivered samples: here half of them, whatever the rate of the file."""
    square = np.where(np.arange(48000) % 480 < 240, 1.0, 0.0)
    write_wav(file, square, 48000)
    source, t, values = play(file)
    assert source.health.clipped == len(t) / 2
    assert np.abs(values).max() <= 1


def test_silent_file_is_played(file, caplog):
    write_wav(file, np.zeros(1600), 16000)
    source, t, values = play(file)
    assert len(t) == 1600
    assert not values.any()
    assert not caplog.records


def test_long_file_is_read_in_blocks(file):
    write_wav(file, np.zeros(16000 * 60), 16000)
    with open_sound(file) as opened:
        assert max(map(len, opened.blocks())) <= 1 << 16

"""The parsers of edge-sense: for each, how to make an input, and what must hold for every input."""

from __future__ import annotations

import io
import json
import random
import struct
import wave
from abc import ABC, abstractmethod
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError
from edge.formats import motion, sound
from edge.model.checks import check_input, check_task, decision_settings
from edge.model.manifest import Manifest
from edge.model.model_file import attach, network_of, parse_document, parse_model
from edge.model.shipped import find_model, shipped_models
from edge.samples import Health
from edge.source.files.wav_pipe import WavPipeParser
from edge.source.serial.framed import protocol
from edge.source.serial.framed.framing import frame
from edge.source.serial.framed.stream import FramedStream
from edge.source.serial.text.stream import TextStream
from edge.tflite.verify import verify
from tools.fuzz.damage import damaged, damaged_document

MAX_MESSAGE = 3000  # characters of an error
RECORDINGS = Path(__file__).parents[2] / "examples" / "recordings"


class Target(ABC):
    """One parser. Inputs that it cannot use must end with an EdgeError of one line."""

    def __init__(self, folder: Path) -> None:
        """`folder` is for the files of parsers that read files."""

    def check(self, data: bytes) -> bool:
        """Return whether the input was accepted; an AssertionError says what does not hold."""
        try:
            self.parse(data)
        except EdgeError as error:
            message = str(error)
            assert message and len(message) <= MAX_MESSAGE, f"{len(message)} characters"
            assert message.isprintable(), f"not one printable line: {message!r}"
            return False
        return True

    @abstractmethod
    def make(self, rng: random.Random) -> bytes:
        """Return a random input."""

    @abstractmethod
    def parse(self, data: bytes) -> None: ...


class FileTarget(Target):
    """A parser of files; damaged copies of some seeds are written to a file in memory."""

    suffixes: tuple[str, ...]

    @cached_property
    def seeds(self) -> list[bytes]:
        return self.make_seeds()

    @abstractmethod
    def make_seeds(self) -> list[bytes]: ...

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(self, rng: random.Random) -> bytes:
        return damaged(rng.choice(self.seeds), rng, self.seeds)

    def parse(self, data: bytes) -> None:
        path = self.folder / f"input{self.suffixes[len(data) % len(self.suffixes)]}"
        path.write_bytes(data)
        self.read(path)

    @abstractmethod
    def read(self, path: Path) -> None: ...


class Recordings(FileTarget):
    suffixes = (".csv", ".json")

    def make_seeds(self) -> list[bytes]:
        rows = [[k / 100, -0.5 * k, 9.81, 0.1, k % 7, -3] for k in range(40)]
        table = ["{},{},{},{},{},{}".format(*row) for row in rows]
        own = ["t_ms,ax,ay,az,gx,gy,gz", *(f"{10 * k},{row}" for k, row in enumerate(table))]
        header = {"alg": "none", "typ": "JWT", "ver": "v1"}
        sensors = [{"name": name, "units": "m/s2"} for name in ("accX", "accY", "accZ")]
        payload = {"device_type": "x", "interval_ms": 10, "sensors": sensors}
        values = {"values": [row[:3] for row in rows]}
        edge_impulse = {
            "protected": header,
            "signature": "0" * 64,
            "payload": {**payload, **values},
        }
        return [
            (RECORDINGS / "3.csv").read_bytes()[:4000],
            "\n".join(own).encode(),
            "\r\n".join(table).encode(),
            "\n".join(",".join(row.split(",")[:3]) for row in table).encode(),
            ("-,-,-\n" + ",".join(table)).encode(),
            json.dumps(edge_impulse).encode(),
        ]

    def read(self, path: Path) -> None:
        recording = motion.read(path)
        assert len(recording.t) == len(recording.values)
        assert np.isfinite(recording.values).all() and np.isfinite(recording.t).all()
        assert (np.diff(recording.t) > 0).all()


class WavFiles(FileTarget):
    suffixes = (".wav",)

    def make_seeds(self) -> list[bytes]:
        samples = (np.arange(600) % 200 * 150 - 15000).astype("<i2").tobytes()
        seeds = []
        for width, channels, rate in ((2, 1, 16000), (1, 2, 8000), (3, 1, 44100), (4, 2, 48000)):
            file = io.BytesIO()
            with wave.open(file, "wb") as out:
                out.setsampwidth(width)
                out.setnchannels(channels)
                out.setframerate(rate)
                out.writeframes(samples)
            seeds.append(file.getvalue())
        extensible = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 64000, 4, 32, 22, 32, 0)
        extensible += struct.pack("<H14s", 3, b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71")
        body = b"WAVE" + b"LIST" + struct.pack("<I", 4) + b"INFO"
        body += b"fmt " + struct.pack("<I", len(extensible)) + extensible
        body += b"data" + struct.pack("<I", 1200) + samples
        seeds.append(b"RIFF" + struct.pack("<I", len(body)) + body)
        seeds.append(b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 9, 1200, 600, 0))
        seeds[-1] += seeds[0][12:]
        return seeds

    def read(self, path: Path) -> None:
        samples = sound.read(path, 16000).samples
        assert samples.dtype == np.float32 and samples.ndim == 1
        assert np.isfinite(samples).all()


class CodedSound(WavFiles):
    def make_seeds(self) -> list[bytes]:
        import soundfile

        samples = 0.3 * np.sin(np.arange(4000) / 9)
        seeds = []
        for form, coding in (("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("MP3", "MPEG_LAYER_III")):
            file = io.BytesIO()
            soundfile.write(file, samples, 16000, coding, format=form)
            seeds.append(file.getvalue())
        return seeds

    def parse(self, data: bytes) -> None:
        suffix = {b"fLaC": ".flac", b"OggS": ".ogg"}.get(data[:4], ".mp3")
        path = self.folder / f"input{suffix}"
        path.write_bytes(data)
        self.read(path)


class PcmHeaders(WavFiles):
    """WAV headers within a pipe, which come in pieces of any size."""

    def make(self, rng: random.Random) -> bytes:
        return b"".join(super(PcmHeaders, self).make(rng) for _ in range(rng.choice((1, 1, 2, 3))))

    def parse(self, data: bytes) -> None:
        parser, rng = WavPipeParser(), random.Random(len(data))
        size = 0
        for piece in _pieces(data, rng):
            size += sum(len(found) for _, found in parser.feed(piece))
        assert size <= len(data)


class FramedSerial(Target):
    """Frames whose check sum is right and whose content is not, and damaged frames."""

    def make(self, rng: random.Random) -> bytes:
        payloads = [
            protocol.HELLO.pack(
                protocol=protocol.VERSION,
                schema=protocol.SCHEMA,
                booted=rng.randrange(2),
                who_am_i=0x68,
                firmware="edge-imu",
                version="0.1.0",
                rate_hz=rng.choice((0, 1, 100, 100, 65535)),
                accel_g=rng.choice((2, 4, 16, 0)),
                gyro_dps=rng.choice((250, 500, 2000, 0)),
            ),
            bytes([protocol.STATUS.number]) + rng.randbytes(protocol.STATUS.size - 1),
        ]
        seq, time_us = rng.randrange(1 << 16), rng.randrange(1 << 32)
        for _ in range(rng.randrange(1, 12)):
            step = rng.choice((1, 1, 1, 2, 100, rng.randrange(1 << 16)))
            seq = (seq + step) % (1 << 16)
            time_us = (time_us + 10_000 * step) % (1 << 32)
            axes = {name: rng.randrange(-32768, 32768) for name in ("ax", "ay", "az", "gx", "gy")}
            payloads.append(protocol.SAMPLE.pack(seq=seq, time_us=time_us, gz=0, **axes))
        stream = b""
        for payload in payloads:
            if payload and rng.random() < 0.2:
                payload = damaged(payload, rng)[:250] or b"\0"
            stream += frame(payload)
        return damaged(stream, rng) if rng.random() < 0.5 else stream

    def parse(self, data: bytes) -> None:
        stream = FramedStream({"rate_hz": 100, "accel_g": 4, "gyro_dps": 500})
        times, rng, now = [], random.Random(len(data)), 0.0
        for piece in _pieces(data, rng):
            now += rng.choice((0.0, 0.01, 1.0, 3600.0))
            times.append(stream.feed(piece, now).t)
            if stream.dialogue.hello and rng.random() < 0.1:
                stream.interrupted()
            stream.dialogue.outgoing(now)
        _check_stream(times, stream.health)


class TextSerial(Target):
    """Rows of a sketch with any number of columns, and lines that are none."""

    def make(self, rng: random.Random) -> bytes:
        columns = rng.choice((1, 3, 3, 4, 6, 6, 6, 7, 9))
        scale = rng.choice((1.0, 9.81, 1000.0, 1e30))
        rows = [
            b",".join(b"%.3f" % (scale * rng.gauss(k == 2, 0.1)) for k in range(columns))
            for _ in range(rng.randrange(1, 80))
        ]
        banner = rng.choice(
            (b"", b"Offset: 0.01 0.02 0.98\n", b"Initializing IMU...\r\n", b"a,b\n")
        )
        stream = banner + rng.choice((b"\n", b"\r\n", b"\r")).join(rows) + b"\n"
        return damaged(stream, rng) if rng.random() < 0.8 else stream

    def parse(self, data: bytes) -> None:
        stream, times, now = TextStream(), [], 0.0
        rng = random.Random(len(data))
        for piece in _pieces(data, rng):
            now += rng.choice((0.0, 0.02, 0.05, 30.0))
            times.append(stream.feed(piece, now).t)
            if rng.random() < 0.05:
                stream.interrupted()
        _check_stream(times, stream.health)


class Manifests(Target):
    """Manifests with other values: they are refused, or the model can be described by them."""

    @cached_property
    def documents(self) -> list[object]:
        files = [find_model(name) for name in shipped_models()]
        return [parse_document(file.read_bytes(), file.name)[1] for file in files]

    def make(self, rng: random.Random) -> bytes:
        return json.dumps(damaged_document(rng.choice(self.documents), rng)).encode()

    def parse(self, data: bytes) -> None:
        document = json.loads(data)
        path = Path("some.tflite")
        try:
            manifest = Manifest.from_document(document)
        except (ValueError, KeyError, TypeError, RecursionError):
            return  # parse_model makes a ModelError of it
        check_task(manifest, path, None)
        check_input(manifest, path)
        decision_settings(manifest, path)


class ModelFiles(Target):
    """A network with a damaged archive behind it, and damaged networks that are verified."""

    @cached_property
    def files(self) -> list[bytes]:
        return [find_model(name).read_bytes() for name in shipped_models()]

    def make(self, rng: random.Random) -> bytes:
        data = rng.choice(self.files)
        start = len(network_of(data))
        if rng.random() < 0.7:
            return data[:start] + damaged(data[start:], rng)
        if rng.random() < 0.5:
            return damaged(data, rng)
        manifest = parse_model(data, "a file")[1]
        return attach(damaged(data[:start], rng), manifest)

    def parse(self, data: bytes) -> None:
        network, _ = parse_model(data, "some.tflite")
        verify(network, "some.tflite")


TARGETS: dict[str, type[Target]] = {
    "framed": FramedSerial,
    "text": TextSerial,
    "recordings": Recordings,
    "wav": WavFiles,
    "pcm": PcmHeaders,
    "coded": CodedSound,
    "manifests": Manifests,
    "models": ModelFiles,
}


def _pieces(data: bytes, rng: random.Random) -> list[bytes]:
    """Cut the data as a slow line would."""
    pieces = []
    while data:
        size = rng.choice((1, 7, 64, 1000, len(data)))
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def _check_stream(times: list[NDArray[np.float64]], health: Health) -> None:
    t = np.concatenate([np.empty(0), *times])
    assert np.isfinite(t).all() and (np.diff(t) > 0).all(), "times do not increase"
    counts = (health.samples, health.lost, health.clipped, health.garbage, health.errors)
    assert min(counts) >= 0 and health.samples == len(t), f"counts {counts}"

"""The commands as they are used: words are played into a microphone, and kws-listen hears them."""

from __future__ import annotations

import json
import os
import queue
import signal
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

import tiny_sound
from edge.resample import resampled
from sound_server import MICROPHONES, SoundServer, running_server

ROOT = Path(__file__).parents[2]
LISTEN = "from edge.commands.start import kws_listen; raise SystemExit(kws_listen())"
PATIENCE = 20.0  # s


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "kws.tflite"
    return tiny_sound.write_model(path, "kws", ["yes", "no", "silence"])


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yes, then no, at 48 kHz in stereo."""
    path = tmp_path_factory.mktemp("words") / "words.wav"
    mono = resampled(tiny_sound.say("-----l-----h."), tiny_sound.RATE, 48000)
    soundfile.write(path, np.stack([mono, 0.5 * mono], axis=1), 48000)
    return path


class Listening:
    """A running kws-listen."""

    def __init__(self, environment: dict[str, str], *options: str | Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", LISTEN, *map(str, options), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**environment, "PYTHONPATH": str(ROOT)},
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.told = ""
        streams = (self.process.stdout, self.process.stderr)
        self.readers = [threading.Thread(target=self._read, args=[stream]) for stream in streams]
        for reader in self.readers:
            reader.start()

    def _read(self, stream) -> None:  # noqa: ANN001
        for line in stream:
            if stream is self.process.stdout:
                self.lines.put(line)
            else:
                self.told += line

    def event(self) -> dict:
        return json.loads(self.lines.get(timeout=PATIENCE))

    def says(self, text: str) -> None:
        until = time.monotonic() + PATIENCE
        while text not in self.told:
            assert time.monotonic() < until and self.process.poll() is None, self.told
            time.sleep(0.02)

    def end(self) -> dict:
        """Its summary, after a Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        while (last := self.event())["event"] != "summary":
            pass
        assert self.process.wait(PATIENCE) == 0
        return last


@contextmanager
def listening(environment: dict[str, str], *options: str | Path) -> Iterator[Listening]:
    command = Listening(environment, *options)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.wait()
        for reader in command.readers:
            reader.join()
        command.process.stdout.close()
        command.process.stderr.close()


def hear(command: Listening, server: SoundServer, name: str, file: Path) -> list[str]:
    """The words that it hears while they are played."""
    player = server.play(name, file)
    heard = [command.event()["label"], command.event()["label"]]
    player.wait()
    return heard


@pytest.mark.parametrize("name", MICROPHONES)
def test_words_are_heard_by_every_microphone(server, model, words, name):
    with listening(server.environment, "--model", model, "--device", name) as command:
        command.says(f"listening to {name}")
        assert hear(command, server, name, words) == ["yes", "no"]
        summary = command.end()
    assert summary["event"] == "summary"
    assert summary["detections"] == 2
    assert summary["rate"] == pytest.approx(16000, rel=0.05)


def test_words_are_heard_again_when_the_microphone_is_back(server, model, words):
    with listening(server.environment, "--model", model, "--device", "vmic48") as command:
        command.says("listening to vmic48")
        assert hear(command, server, "vmic48", words) == ["yes", "no"]
        server.stop()
        command.says("waiting for it")
        server.start()
        command.says("vmic48 is back")
        assert hear(command, server, "vmic48", words) == ["yes", "no"]
        summary = command.end()
    assert summary["detections"] == 4
    assert summary["reconnects"] == 1
    assert summary["lost"] > 16000


def test_a_file_and_a_pipe_give_the_same_events(model, words, tmp_path):
    """What is played, and what comes raw through a pipe in other pieces."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    samples, rate = soundfile.read(words, dtype="int16")
    start = [sys.executable, "-c", LISTEN, "--model", str(model), "--json"]
    replay = subprocess.run(
        [*start, "--replay", str(words), "--speed", "max"],
        env=environment,
        capture_output=True,
        check=True,
    )
    expected = without_times(replay.stdout)
    assert [event["label"] for event in expected if "label" in event] == ["yes", "no"]
    for data, options in (
        (samples.tobytes(), ["--pcm-rate", str(rate), "--pcm-channels", "2"]),
        (words.read_bytes(), []),  # with its header, as arecord writes it
    ):
        pipe = subprocess.run(
            [*start, "--pcm", *options],
            env=environment,
            input=data,
            capture_output=True,
            check=True,
        )
        assert without_times(pipe.stdout) == expected


def without_times(lines: bytes) -> list[dict]:
    """All but how long it took."""
    events = [json.loads(line) for line in lines.splitlines()]
    return [{k: v for k, v in event.items() if k != "latency_ms"} for event in events]

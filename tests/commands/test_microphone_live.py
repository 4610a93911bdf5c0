"""kws-listen with real audio software: words are played into a microphone and recognised."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

import tiny_sound
from command_process import TIMEOUT, start
from edge.resample import resampled
from sound_server import MICROPHONES, SoundServer, running_server


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
    """A stereo file at 48 kHz with the words "yes" and "no"."""
    path = tmp_path_factory.mktemp("words") / "words.wav"
    mono = resampled(tiny_sound.say("-----l-----h."), tiny_sound.RATE, 48000)
    soundfile.write(path, np.stack([mono, 0.5 * mono], axis=1), 48000)
    return path


class ListenProcess:
    """A running kws-listen, with its events and messages."""

    def __init__(self, *options: str | Path) -> None:
        self.process = start("kws-listen", *options, "--json")
        self.lines: queue.Queue[str] = queue.Queue()
        self.messages = ""
        streams = (self.process.stdout, self.process.stderr)
        self.readers = [threading.Thread(target=self._read, args=[stream]) for stream in streams]
        for reader in self.readers:
            reader.start()

    def _read(self, stream) -> None:  # noqa: ANN001
        for line in stream:
            if stream is self.process.stdout:
                self.lines.put(line)
            else:
                self.messages += line

    def next_event(self) -> dict:
        return json.loads(self.lines.get(timeout=TIMEOUT))

    def next_detection(self) -> dict:
        while (event := self.next_event())["event"] != "detection":
            pass
        return event

    def wait_for_message(self, text: str) -> None:
        until = time.monotonic() + TIMEOUT
        while text not in self.messages:
            assert time.monotonic() < until and self.process.poll() is None, self.messages
            time.sleep(0.02)

    def interrupt(self) -> dict:
        """Send Ctrl-C; return the summary."""
        self.process.send_signal(signal.SIGINT)
        while (last := self.next_event())["event"] != "summary":
            pass
        assert self.process.wait(TIMEOUT) == 0
        return last


@contextmanager
def listening(*options: str | Path) -> Iterator[ListenProcess]:
    command = ListenProcess(*options)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.wait()
        for reader in command.readers:
            reader.join()
        command.process.stdout.close()
        command.process.stderr.close()


def play_words(command: ListenProcess, server: SoundServer, name: str, file: Path) -> list[str]:
    """Play a file with two words into a microphone; return the words that are recognised."""
    player = server.play(name, file)
    labels = [command.next_detection()["label"] for _ in range(2)]
    player.wait()
    return labels


@pytest.mark.parametrize("name", MICROPHONES)
def test_words_are_recognised_with_every_microphone(server, model, words, name):
    with listening("--model", model, "--device", name) as command:
        command.wait_for_message(f"listening to {name}")
        assert play_words(command, server, name, words) == ["yes", "no"]
        summary = command.interrupt()
    assert summary["event"] == "summary"
    assert summary["detections"] == 2
    assert summary["rate"] == pytest.approx(16000, rel=0.05)


def test_words_are_recognised_after_the_microphone_was_unplugged(server, model, words):
    with listening("--model", model, "--device", "vmic48") as command:
        command.wait_for_message("listening to vmic48")
        assert play_words(command, server, "vmic48", words) == ["yes", "no"]
        server.stop()
        command.wait_for_message("waiting for it")
        server.start()
        command.wait_for_message("vmic48 is back")
        assert play_words(command, server, "vmic48", words) == ["yes", "no"]
        summary = command.interrupt()
    assert summary["detections"] == 4
    assert summary["reconnects"] == 1
    assert summary["lost"] > 16000


def test_a_command_waits_for_a_microphone_that_is_missing_at_the_start(server, model, words):
    server.stop()
    with listening("--model", model, "--device", "vmic48", "--wait") as command:
        command.wait_for_message("waiting for it")
        server.start()
        command.wait_for_message("listening to vmic48")
        assert play_words(command, server, "vmic48", words) == ["yes", "no"]
        summary = command.interrupt()
    assert summary["detections"] == 2 and summary["reconnects"] == 0


def test_a_file_and_a_pipe_give_the_same_events(model, words):
    """The same samples as a file, as raw bytes through a pipe, and as a WAV file through a pipe."""
    samples, rate = soundfile.read(words, dtype="int16")
    expected = events_without_latency(b"", model, "--replay", words, "--speed", "max")
    assert [event["label"] for event in expected if "label" in event] == ["yes", "no"]
    raw_format = ("--pcm-rate", str(rate), "--pcm-channels", "2")
    assert events_without_latency(samples.tobytes(), model, "--pcm", *raw_format) == expected
    # With its header, as arecord writes it:
    assert events_without_latency(words.read_bytes(), model, "--pcm") == expected


def events_without_latency(stdin: bytes, model: Path, *options: str | Path) -> list[dict]:
    """Run kws-listen; return its detections and summary without what differs between runs."""
    argv = ("--model", model, "--json", *options)
    with start("kws-listen", *argv, stdin=subprocess.PIPE, text=False) as process:
        out, err = process.communicate(stdin, timeout=TIMEOUT)
    assert process.returncode == 0, err
    events = [json.loads(line) for line in out.splitlines()]
    assert events[0]["event"] == "ready"
    differs = ("latency_ms", "time", "id")
    return [{k: v for k, v in event.items() if k not in differs} for event in events[1:]]

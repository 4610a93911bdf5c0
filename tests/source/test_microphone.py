"""Microphones through real PortAudio, ALSA and PulseAudio: what is played in must be heard."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import ceil
from pathlib import Path
from queue import Queue
from types import SimpleNamespace

import numpy as np
import pytest

from edge.errors import SourceError
from edge.formats.sound import write_wav
from edge.source.microphone import input_stream, portaudio
from edge.source.microphone import source as microphone
from edge.source.microphone.input_stream import Block
from edge.source.microphone.monitor import MUTED, Watch
from edge.source.microphone.portaudio import Input, choose
from edge.source.microphone.source import MicrophoneSource
from edge.source.sound_stream import SoundStream
from sound_server import MICROPHONES, SoundServer, running

NEEDS = {"channels": ["audio"], "rate_hz": 16000}
LISTEN = "from edge.commands.start import kws_listen; raise SystemExit(kws_listen())"


@pytest.fixture(scope="module")
def server() -> Iterator[SoundServer]:
    with running() as server:
        yield server


@pytest.fixture(scope="module")
def tone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of 1 kHz."""
    file = tmp_path_factory.mktemp("sound") / "tone.wav"
    write_wav(file, 0.5 * np.sin(2 * np.pi * 1000 * np.arange(48000 * 60) / 48000), 48000)
    return file


@pytest.fixture
def playing(server: SoundServer, tone: Path) -> Iterator[SoundServer]:
    """A server into whose microphones the tone is played."""
    players = [server.play(name, tone) for name in MICROPHONES]
    yield server
    for player in players:
        player.kill()
        player.wait()


def listen(source: MicrophoneSource, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """Times and samples of so much sound, from an opened source, after it was first loud."""
    t, values = [], []
    until = time.monotonic() + seconds + 10
    for chunk in source:
        if t or np.abs(chunk.values).max(initial=0) > 0.1:
            t.append(chunk.t)
            values.append(chunk.values[:, 0])
        if sum(map(len, t)) >= seconds * 16000:
            return np.concatenate(t), np.concatenate(values)
        assert time.monotonic() < until, "the microphone heard nothing"
    raise AssertionError("the microphone has ended")


def pitch(values: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(values * np.hanning(len(values))))
    return float(spectrum.argmax() * 16000 / len(values))


def native(monkeypatch: pytest.MonkeyPatch, rate: int) -> None:
    """PortAudio takes PulseAudio for 44.1 kHz whatever is behind it; other hardware has others."""
    found = portaudio.inputs
    monkeypatch.setattr(portaudio, "inputs", lambda: [replace(i, rate=rate) for i in found()])


@pytest.mark.parametrize(
    ("name", "rate"),
    [(name, rate) for name, (rate, _) in MICROPHONES.items()] + [("vmic48", 96000)],
)
def test_a_tone_has_its_pitch_at_every_rate(playing, monkeypatch, name, rate):
    native(monkeypatch, rate)
    with MicrophoneSource(NEEDS, name) as source:
        assert source.describe() == {"device": name, "rate_hz": rate}
        t, values = listen(source, 1)
    assert pitch(values) == pytest.approx(1000, abs=3)
    assert np.abs(values[-8000:]).max() == pytest.approx(0.5, rel=0.1)
    assert (np.diff(t) > 0).all()
    assert len(t) / (t[-1] - t[0]) == pytest.approx(16000, rel=0.05)


def test_a_rate_that_is_refused_is_followed_by_another(playing, monkeypatch):
    native(monkeypatch, 1)  # no hardware has it
    with MicrophoneSource(NEEDS, "vmic48") as source:
        assert source.describe()["rate_hz"] == portaudio.RATES[0]
        assert pitch(listen(source, 1)[1]) == pytest.approx(1000, abs=3)


def test_the_default_microphone(playing):
    with MicrophoneSource(NEEDS) as source:
        assert source.describe()["device"] == "default"
        assert pitch(listen(source, 1)[1]) == pytest.approx(1000, abs=3)


def test_full_scale_is_counted(server, tmp_path):
    file = tmp_path / "square.wav"
    write_wav(file, np.where(np.arange(48000 * 10) % 96 < 48, 1, -1), 48000)
    player = server.play("vmic48", file)
    try:
        with MicrophoneSource(NEEDS, "vmic48") as source:
            listen(source, 0.5)
    finally:
        player.kill()
        player.wait()
    assert source.health.clipped > 1000


def test_a_reader_who_sleeps_loses_sound_and_knows_how_much(playing, monkeypatch, caplog):
    monkeypatch.setattr(input_stream, "QUEUE", 0.4)
    with MicrophoneSource(NEEDS, "vmic48") as source:
        listen(source, 0.5)
        began, before = time.monotonic(), source.health.duration
        time.sleep(1.5)
        t, _ = listen(source, 1)
        elapsed, moved = time.monotonic() - began, source.health.duration - before
    assert source.health.lost == pytest.approx((1.5 - 0.4) * 16000, rel=0.25)
    assert np.diff(t).max() > 0.8
    assert moved == pytest.approx(elapsed, abs=0.3)
    assert "of sound were lost" in caplog.text


@pytest.mark.parametrize("wanted", ["vmic48", "number"])
def test_a_microphone_that_vanishes_and_comes_back(server, tone, caplog, wanted):
    """The server is killed, and PortAudio knows no device at all, until it looks again."""
    if wanted == "number":
        wanted = str(choose("vmic48", portaudio.inputs()).number)
    player = server.play("vmic48", tone)
    with MicrophoneSource(NEEDS, wanted) as source:
        listen(source, 0.5)
        heard = source.health.samples
        server.stop()
        player.wait()
        began = last = time.monotonic()
        slowest = 0.0
        for _ in source:
            now = time.monotonic()
            slowest, last = max(slowest, now - last), now
            if now - began > 3.5:
                break
        assert slowest < 1.0  # 0.25 promised, and a busy machine is late
        server.start()
        player = server.play("vmic48", tone)
        t, values = listen(source, 1)
        away = time.monotonic() - began - 1
    player.kill()
    player.wait()
    assert source.health.reconnects == 1
    assert source.health.lost == pytest.approx(away * 16000, rel=0.4)
    assert source.health.samples > heard
    assert t[0] > 3
    assert pitch(values) == pytest.approx(1000, abs=3)
    assert caplog.text.count("waiting for it") == 1
    assert caplog.text.count("is back") == 1


def test_a_microphone_that_vanishes_alone_is_not_mistaken_for_another(server, tone, caplog):
    """The server stays, and hands on to another microphone whoever listened; that one is silent."""
    player = server.play("vmic48", tone)
    with MicrophoneSource(NEEDS, "vmic48") as source:
        listen(source, 0.5)
        server.remove("vmic48")
        player.wait()
        began = time.monotonic()
        for _ in source:
            if time.monotonic() - began > MUTED + 2:
                break
        server.restore("vmic48")
        player = server.play("vmic48", tone)
        _, values = listen(source, 1)
    player.kill()
    player.wait()
    assert pitch(values) == pytest.approx(1000, abs=3)
    assert source.health.reconnects >= 1
    assert "is back" in caplog.text


def test_what_there_is(server):
    result = start(server, "--list-devices")
    assert result.returncode == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    for name in MICROPHONES:
        assert any(re.match(rf"  +\d+ {name} +\d+ +44100$", line) for line in lines)
    assert sum(line.startswith("*") for line in lines[:-1]) == 1


@pytest.mark.parametrize(
    ("device", "says"),
    [
        ("vmic", r"'vmic' fits \d 'vmic16', \d 'vmic44', \d 'vmic48': say more"),
        ("usb", "no microphone 'usb' among .* 'vmic48'.*: choose one"),
        ("99", "no microphone '99'"),
    ],
)
def test_a_device_that_cannot_be_chosen(server, device, says):
    with pytest.raises(SourceError, match=says):
        MicrophoneSource(NEEDS, device).__enter__()


def test_choosing():
    names = ("Built-in", "USB PnP", "USB PnP", "usb", "Mic 2")
    among = [Input(i + 3, name, 2, 48000, name == "usb") for i, name in enumerate(names)]
    assert choose("", among).number == 6
    assert choose("built", among).number == 3
    assert choose("USB", among).number == 6  # the whole name
    assert choose("usb pnp", among).number == 4
    assert choose("7", among).number == 7
    assert choose("mic 2", among).number == 7
    with pytest.raises(SourceError, match="no microphone is to be found"):
        choose("", [])


def start(server: SoundServer, *options: str, program: str = LISTEN) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", program, *options],
        env=server.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def one_line(result: subprocess.CompletedProcess, says: str) -> None:
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert says in line


def test_a_card_plugged_in_again_under_another_number_is_the_same():
    usb, other = (
        Input(3, "USB Audio: PCM (hw:2,0)", 1, 48000, False),
        Input(1, "HDA", 2, 48000, True),
    )
    assert choose("USB Audio: PCM (hw:1,0)", [other, usb]) == usb
    first = replace(usb, number=4, name="USB Audio: PCM (hw:1,0)")
    assert choose("USB Audio: PCM (hw:1,0)", [usb, first]) == first


def test_looking_for_microphones_leaves_no_file_open(server):
    portaudio.inputs()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        portaudio.library()
    assert len(os.listdir("/proc/self/fd")) == before


def test_no_microphone_at_all(server):
    nobody = replace_environment(server, XDG_RUNTIME_DIR="/nonexistent", HOME="/nonexistent")
    one_line(start(nobody, "--list-devices"), "no microphone is to be found")


def test_no_library_and_no_package(server):
    no_library = "import ctypes.util; ctypes.util.find_library = lambda name: None; " + LISTEN
    one_line(start(server, "--list-devices", program=no_library), "sudo apt install libportaudio2")
    no_package = "import sys; sys.modules['sounddevice'] = None; " + LISTEN
    one_line(start(server, "--list-devices", program=no_package), "pip install sounddevice")


def test_nothing_of_it_is_loaded_unless_it_is_asked_for(server):
    program = "import edge.commands.kws_listen, sys; from edge.source.microphone import source; "
    program += "assert not {'sounddevice', 'soundfile'} & set(sys.modules)"
    assert start(server, program=program).returncode == 0


def replace_environment(server: SoundServer, **changed: str) -> SoundServer:
    other = object.__new__(SoundServer)
    other.environment = {**server.environment, **changed}
    return other


# What may be wrong with one that delivers.


def watch(rate: float, said: int = 48000, seconds: float = 30, level: float = 0.1) -> None:
    """Blocks of 20 ms, by its own count, that come at another rate by the clock."""
    over = Watch("mic", said, 100.0)
    count = said // 50
    for number in range(int(seconds * rate / count)):
        jitter = 0.05 * (number % 3)
        frames = np.full((count, 1), level, np.float32)
        over.block(Block(frames, 0, 100 + (number + 1) * count / rate + jitter))


def test_the_rate_is_checked_against_the_clock(caplog):
    watch(48000)
    watch(48000 * 1.01)
    assert not caplog.records
    watch(16000)
    assert len(caplog.records) == 1
    assert re.search("mic says 48000 samples a second and delivers 1[56]...: what", caplog.text)
    caplog.clear()
    watch(48000 * 0.97)
    assert len(caplog.records) == 1


def test_nothing_but_zeros_is_said_once(caplog):
    watch(48000, level=0, seconds=4)
    assert not caplog.records
    watch(48000, level=0)
    assert caplog.text.count("nothing but silence from mic: is it muted?") == 1


def test_loss_is_said_once_in_a_while(caplog):
    over = Watch("mic", 48000, 0.0)
    for number in range(1500):  # half a minute
        over.block(Block(np.ones((910, 1), np.float32), 50, 0.02 * number))
    assert [r.getMessage().split()[0] for r in caplog.records] == ["1", "522", "522"]


# Hours of it: the clock and PortAudio are stood in for, and how the source takes turns is real.


class Hours:
    """A microphone of 1 kHz that says at each second what `level` has for it."""

    RATE = 1000

    def __init__(self, monkeypatch: pytest.MonkeyPatch, level: Callable[[float], float]) -> None:
        self.now, self.opened, self.level = 100.0, 0, level
        self.source = MicrophoneSource({"channels": ["audio"], "rate_hz": self.RATE}, "mic")
        device = Input(0, "mic", 1, self.RATE, True)
        monkeypatch.setattr(microphone, "time", self)
        monkeypatch.setattr(microphone, "Listener", self.open)
        monkeypatch.setattr(portaudio, "inputs", lambda: [device])
        monkeypatch.setattr(portaudio, "look_again", lambda: None)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def open(self, device: Input) -> Hours:
        self.opened, self.rate = self.opened + 1, self.RATE
        return self

    def take(self, patience: float) -> Block:
        self.now += 1
        frames = np.full((self.RATE, 1), self.level(self.now - 100), np.float32)
        return Block(frames, 0, self.now)

    def close(self) -> None:
        pass

    def hear(self, seconds: float) -> MicrophoneSource:
        with self.source as source:
            for _ in source:
                if self.now - 100 > seconds:
                    break
        return self.source


def test_a_muted_microphone_is_told_once_and_opened_ever_more_rarely(monkeypatch, caplog):
    hours = Hours(monkeypatch, lambda t: 0.0 if t < 7200 else 0.1)
    source = hours.hear(7300)
    assert caplog.text.count("is it muted?") == 1
    assert hours.opened < 7200 / microphone.LONGEST_DEAF + 10
    assert caplog.text.count("is back") == source.health.reconnects <= 1
    assert source.health.lost <= hours.opened * 1.0 * Hours.RATE


def test_a_microphone_that_sends_zeros_between_words_is_not_opened_again_for_each(
    monkeypatch, caplog
):
    hours = Hours(monkeypatch, lambda t: 0.1 if t % 30 < 1 else 0.0)
    source = hours.hear(3600)
    assert hours.opened <= 5
    assert source.health.reconnects <= 1
    assert source.health.lost <= 5 * Hours.RATE
    assert caplog.text.count("is it muted?") <= 3


def test_one_that_was_replaced_by_a_silent_one_is_back_when_it_sounds(monkeypatch, caplog):
    """A sound server hands listeners on to what is silent; only a new opening hears again."""
    hours = Hours(monkeypatch, lambda t: 0.1)
    hours.level = lambda t: 0.1 if t < 60 or hours.opened > 1 else 0.0
    source = hours.hear(120)
    assert hours.opened == 2
    assert source.health.reconnects == caplog.text.count("is back") == 1


def test_a_loss_too_small_for_a_sample_is_not_lost_on_the_way(monkeypatch, caplog):
    source = MicrophoneSource(NEEDS, "mic")
    source._device, source._rate = Input(0, "mic", 1, 48000, True), 48000
    source._stream = SoundStream(48000, 16000, source.health)
    source._interrupted, source._watch = False, Watch("mic", 48000, 0.0)
    for number in range(1000):
        block = Block(np.full((480, 1), 0.1, np.float32), 1, 0.01 * number)
        list(source._chunks(block))
    assert source.health.lost == ceil(1000 / 3)
    assert " 0 ms of sound" not in caplog.text and "ms of sound were lost" in caplog.text


@pytest.mark.parametrize(
    ("begun", "now", "lost"),
    [
        (0.10, 0.11, 3000),  # by PortAudio's clock
        (0.02, 0.11, 1),  # it was an overflow, though no time is missing
        (3600.0, 0.11, round(1.06 * 48000)),  # its clock jumped
    ],
)
def test_an_overflow_that_portaudio_tells_is_booked(begun, now, lost, monkeypatch):
    heard = object.__new__(input_stream.Listener)
    heard._queue, heard._lost, heard._due, heard._came, heard.rate = Queue(), 0, 0.0, 0.0, 48000
    silence = np.zeros((960, 1), np.float32)
    for at, adc, overflow in ((0.05, 0.0175, False), (now, begun, True)):
        monkeypatch.setattr(input_stream, "time", SimpleNamespace(monotonic=lambda at=at: at))
        times = SimpleNamespace(inputBufferAdcTime=adc)
        heard._heard(silence, 960, times, SimpleNamespace(input_overflow=overflow))
    first, second = heard._queue.get(), heard._queue.get()
    assert first.lost == 0
    assert second.lost == lost

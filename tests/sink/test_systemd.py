"""What systemd is told over its socket: ready, alive, and the state."""

from __future__ import annotations

import argparse
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.events import Summary
from edge.samples import AUDIO, MOTION, Health
from edge.sink import SINKS, StreamInfo
from edge.sink.systemd import SystemdSink, watchdog_interval
from sample_events import CHUNK, WORD, health

INFO = StreamInfo(16000, AUDIO, words=("yes",))


class Manager:
    """The side of systemd: a datagram socket."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)
        self.socket.setblocking(False)

    def messages(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return found


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "notify")


@pytest.fixture
def manager(path: str) -> Iterator[Manager]:
    manager = Manager(path)
    yield manager
    manager.socket.close()


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("edge.sink.systemd.monotonic", lambda: now[0])
    return now


@pytest.fixture
def sink(path, manager, clock) -> Iterator[SystemdSink]:
    sink = SystemdSink(INFO, path, watchdog=30.0)
    yield sink
    sink.close()


def test_it_is_ready_after_the_first_samples(sink, manager):
    sink.progress(Health(), CHUNK)
    assert manager.messages() == []
    sink.progress(health(), CHUNK)
    ready, alive, status = manager.messages()
    assert (ready, alive) == ("READY=1", "WATCHDOG=1")
    assert re.fullmatch(r"STATUS=\d+ samples a second, 0 detections", status)


def test_it_is_ready_while_it_waits_for_its_device(sink, manager):
    sink.progress(Health(away=True), CHUNK)
    assert manager.messages() == [
        "READY=1",
        "WATCHDOG=1",
        "STATUS=waiting for the device, 0 detections",
    ]


def test_a_server_is_ready_without_samples(path, manager, clock):
    sink = SystemdSink(replace(INFO, serves_clients=True), path)
    sink.progress(Health(), CHUNK)
    assert manager.messages() == ["READY=1", "STATUS=ready, 0 detections"]
    sink.close()


def test_the_watchdog_is_told_while_samples_flow(sink, manager, clock):
    flowing, found = health(), []
    for _ in range(60):
        flowing.samples += 100
        sink.progress(flowing, CHUNK)
        found += manager.messages()
        clock[0] += 1
    assert found.count("WATCHDOG=1") == 6  # three times within its 30 s


@pytest.mark.parametrize(("away", "pings"), [(False, 1), (True, 7)])
def test_the_watchdog_is_not_told_when_samples_stop_unless_the_device_is_away(
    sink, manager, clock, away, pings
):
    """As when the source hangs or the device is silent: systemd then restarts the command."""
    stopped = health()
    sink.progress(stopped, CHUNK)
    stopped.away = away
    found = manager.messages()
    for _ in range(60):
        clock[0] += 1
        sink.progress(stopped, CHUNK)
        found += manager.messages()
    assert found.count("WATCHDOG=1") == pings


def test_a_manager_that_does_not_read_delays_nothing(sink, manager, clock):
    flowing = health()
    for _ in range(1000):
        flowing.samples += 100
        sink.progress(flowing, CHUNK)
        clock[0] += 10


def test_the_status_has_the_last_word_and_is_not_sent_too_often(sink, manager, clock):
    flowing = health()
    for _ in range(10):
        sink.show(WORD)
        flowing.samples += 1
        sink.progress(flowing, CHUNK)
        clock[0] += 1
    found = [message for message in manager.messages() if message.startswith("STATUS")]
    assert len(found) == 2
    assert found[1].endswith(" samples a second, 6 detections, last yes")


def test_the_end_is_told(sink, manager):
    sink.show(Summary(health(), 0, 0))
    assert manager.messages() == ["STOPPING=1"]


def test_a_manager_that_went_away_does_no_harm(sink, manager, path):
    manager.socket.close()
    Path(path).unlink()
    sink.progress(health(), CHUNK)


def test_it_is_chosen_by_the_variables_of_systemd(path, manager, monkeypatch):
    def chosen() -> SystemdSink | None:
        return SINKS.load("systemd").from_options(argparse.Namespace(), StreamInfo(100, MOTION))

    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert chosen() is None
    monkeypatch.setenv("NOTIFY_SOCKET", path)
    sink = chosen()
    assert sink is not None
    sink.close()


def test_an_abstract_socket_is_possible(clock):
    manager = Manager("\0edge-test-notify")
    sink = SystemdSink(INFO, "@edge-test-notify")
    sink.progress(health(), CHUNK)
    assert manager.messages()[0] == "READY=1"
    sink.close()
    manager.socket.close()


@pytest.mark.parametrize(
    ("microseconds", "pid", "seconds"),
    [
        ("60000000", None, 60.0),
        ("60000000", "1", None),
        ("60000000", "own", 60.0),
        ("", None, None),
        ("0", None, None),
        ("soon", None, None),
    ],
)
def test_the_interval_of_the_watchdog(monkeypatch, microseconds, pid, seconds):
    monkeypatch.setenv("WATCHDOG_USEC", microseconds)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    if pid is not None:
        monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if pid == "own" else pid)
    assert watchdog_interval() == seconds

"""The wake-word service, with the client of the `wyoming` package."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zeroconf
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.wake import Detect, Detection, NotDetected
from zeroconf.asyncio import AsyncZeroconf

import tiny_sound
from edge.cli.live import LiveCommand, live
from edge.controls import Controls
from edge.errors import EdgeError
from edge.events import RunEvent
from edge.model import Model
from edge.samples import AUDIO
from edge.sink import Sink, StreamInfo
from edge.sink.output import Output
from edge.wyoming import announce
from edge.wyoming import server as server_module
from edge.wyoming import service as service_module
from edge.wyoming.server import Address, WyomingServer, parse_address
from edge.wyoming.service import WakeService

FORMAT = {"rate": 16000, "width": 2, "channels": 1}
STEP = 1024  # samples of a chunk, as Home Assistant sends them
TIMEOUT = 20.0


class ListSink(Sink):
    def __init__(self) -> None:
        super().__init__(StreamInfo(16000, AUDIO))
        self.events: list[RunEvent] = []

    def show(self, event: RunEvent) -> None:
        self.events.append(event)


class RunningServer:
    def __init__(self, model: Path) -> None:
        loaded = Model.load(model)
        self.controls = Controls(0.6)
        self.sink = ListSink()
        self.service = WakeService(loaded, loaded.settings, self.controls)
        self.server = WyomingServer(Address("127.0.0.1", 0), self.service, Output([self.sink]))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.server.run, args=("pi", self._stop.is_set))

    def __enter__(self) -> RunningServer:
        self._thread.start()
        until = time.monotonic() + TIMEOUT
        while not self.server.address.port:
            assert time.monotonic() < until and self._thread.is_alive()
            time.sleep(0.01)
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive()

    @property
    def port(self) -> int:
        return self.server.address.port

    def client(self) -> AsyncTcpClient:
        return AsyncTcpClient("127.0.0.1", self.port)


@pytest.fixture
def server(tiny_word_model: Path) -> Iterator[RunningServer]:
    with RunningServer(tiny_word_model) as running:
        yield running


def assert_all_streams_end(server: RunningServer) -> None:
    """The server notices a little later that a client has left."""
    deadline = time.monotonic() + 10
    while server.service.streams and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.service.streams == 0


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    async def limited() -> Any:
        return await asyncio.wait_for(coroutine, TIMEOUT)

    return asyncio.run(limited())


def chunks(text: str, step: int = STEP) -> Iterator[Event]:
    samples = np.rint(tiny_sound.say(text) * 32767).astype("<i2")
    for start in range(0, len(samples), step):
        part = samples[start : start + step].tobytes()
        yield AudioChunk(**FORMAT, audio=part, timestamp=start * 1000 // 16000).event()


async def answers(client: AsyncTcpClient, *events: Event) -> list[Event]:
    """Send events, then a ping; return what comes before the pong."""
    for event in (*events, Ping("end").event()):
        await client.write_event(event)
    found = []
    while (answer := await client.read_event()) is not None and not Pong.is_type(answer.type):
        found.append(answer)
    return found


def names(events: list[Event]) -> list[str]:
    return [event.data.get("name") or event.type for event in events]


def listen(server: RunningServer, text: str, words: list[str] | None = None) -> list[Event]:
    """The order of messages of Home Assistant: detect, start, chunks; then the end."""

    async def dialogue() -> list[Event]:
        async with server.client() as client:
            start = AudioStart(**FORMAT, timestamp=0).event()
            stop = AudioStop().event()
            return await answers(client, Detect(words).event(), start, *chunks(text), stop)

    found: list[Event] = run(dialogue())
    return found


def test_describe_lists_every_word_as_a_model(server):
    async def dialogue() -> Info:
        async with server.client() as client:
            (answer,) = await answers(client, Describe().event())
            return Info.from_event(answer)

    (program,) = run(dialogue()).wake
    assert [model.name for model in program.models] == ["yes", "no"]
    assert program.installed and program.attribution.name == "edge-sense"
    assert [model.phrase for model in program.models] == ["yes", "no"]


def test_words_are_detected_with_their_time_and_shown(server):
    found = listen(server, ".l----h.")
    assert names(found) == ["yes", "no"]
    first = Detection.from_event(found[0])
    assert first.timestamp is not None and first.timestamp == pytest.approx(2400, abs=400)
    assert [event.label for event in server.sink.events] == ["yes", "no"]


def test_only_the_words_that_the_client_waits_for_are_detected(server):
    assert names(listen(server, ".l----h.", ["no"])) == ["no"]


def test_a_stream_without_the_word_ends_with_not_detected(server):
    (answer,) = listen(server, "..", ["yes"])
    assert NotDetected.is_type(answer.type)
    assert NotDetected.is_type(listen(server, ".h.", ["yes"])[0].type)


def test_a_second_stream_of_the_same_client_starts_anew(server):
    async def dialogue() -> list[Event]:
        async with server.client() as client:
            both = []
            for text in (".l.", "..", ".l."):
                start = AudioStart(**FORMAT).event()
                both += await answers(client, start, *chunks(text), AudioStop().event())
            return both

    assert names(run(dialogue())) == ["yes", "not-detected", "yes"]
    assert_all_streams_end(server)


def test_chunks_without_a_start_are_a_stream(server):
    async def dialogue() -> list[Event]:
        async with server.client() as client:
            return await answers(client, *chunks(".l."))

    assert names(run(dialogue())) == ["yes"]


def test_unknown_messages_are_ignored(server):
    async def dialogue() -> list[Event]:
        async with server.client() as client:
            return await answers(client, Event("select-program", {"name": "x"}), Event("run"))

    assert run(dialogue()) == []


def test_clients_at_the_same_time_do_not_influence_each_other(server):
    texts = [".l.", "..", ".h.", ".l----h.", ".n.", ".h----l."]
    expected = [["yes"], ["not-detected"], ["no"], ["yes", "no"], ["not-detected"], ["no", "yes"]]

    async def one(text: str) -> list[str]:
        async with server.client() as client:
            start = AudioStart(**FORMAT).event()
            return names(await answers(client, start, *chunks(text, 160), AudioStop().event()))

    async def all_at_once() -> list[list[str]]:
        return await asyncio.gather(*map(one, texts))

    assert run(all_at_once()) == expected
    assert_all_streams_end(server)


def test_a_threshold_that_is_set_applies_to_new_and_running_streams(server):
    server.controls.request_threshold(1.0)
    until = time.monotonic() + TIMEOUT
    while server.controls.threshold != 1.0:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert names(listen(server, ".l.")) == ["not-detected"]


# Clients that do something wrong


def refusal(server: RunningServer, *events: Event) -> Error:
    async def dialogue() -> Error:
        async with server.client() as client:
            found = await answers(client, *events)
            assert await client.read_event() is None, "the connection is closed"
            return Error.from_event(found[-1])

    found: Error = run(dialogue())
    return found


@pytest.mark.parametrize("change", [{"rate": 48000}, {"width": 4}, {"channels": 2}])
def test_sound_of_another_format_is_refused_with_what_to_send(server, change, caplog):
    start = AudioStart(**{**FORMAT, **change}).event()
    error = refusal(server, start, *chunks(".l."))
    assert error.code == "audio-format"
    assert error.text.endswith("send 16000 samples of 2 bytes in 1 channel")
    assert "is refused: the sound has" in caplog.text
    assert names(listen(server, ".l.")) == ["yes"]


def test_an_unknown_word_is_refused_with_those_that_exist(server):
    error = refusal(server, Detect(["alexa"]).event())
    assert error.text == "there is no word 'alexa': choose from yes, no"


def test_a_chunk_with_half_a_sample_is_refused(server):
    assert "middle of a sample" in refusal(server, AudioChunk(**FORMAT, audio=b"abc").event()).text


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff\xfe\x00\n",
        b"[]\n",
        b"[" * 50_000 + b"\n",
        b'{"type": 5}\n',
        b'{"type": "audio-chunk", "payload_length": 1000000000}\n',
        b'{"type": "audio-chunk", "payload_length": "x"}\n',
        b'{"type": "audio-chunk", "data_length": 3}\n[1]',
        b"x" * 200_000 + b"\n",
    ],
)
def test_garbage_is_refused_with_a_message(server, garbage):
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT) as client:
        client.sendall(garbage)
        with client.makefile("rb") as reader:
            answer = json.loads(reader.readline())
            assert reader.read() == b""
    assert answer["type"] == "error" and "check the client" in answer["data"]["text"]
    assert names(listen(server, ".l.")) == ["yes"]


def test_a_client_that_goes_away_in_the_middle_frees_its_stream(server):
    async def dialogue() -> None:
        async with server.client() as client:
            for event in chunks("."):
                await client.write_event(event)

    for _ in range(3):
        run(dialogue())
    assert names(listen(server, ".l.")) == ["yes"]
    assert_all_streams_end(server)


def test_too_many_streams_are_refused_with_a_message(server, monkeypatch):
    monkeypatch.setattr(service_module, "MAX_STREAMS", 2)

    async def dialogue() -> list[list[Event]]:
        async with server.client() as one, server.client() as two, server.client() as three:
            start = AudioStart(**FORMAT).event()
            found = [await answers(client, start) for client in (one, two, three)]
            found.append(await answers(one, *chunks(".l.")))
            return found

    first, second, third, again = run(dialogue())
    assert first == second == [] and names(again) == ["yes"]
    assert "2 clients stream sound already" in Error.from_event(third[0]).text


def test_a_thousand_connections_are_served_or_refused_while_eight_clients_stream(
    server, monkeypatch
):
    monkeypatch.setattr(server_module, "MAX_CLIENTS", 50)

    async def visitor() -> str:
        async with server.client() as client:
            answer = (await answers(client, Describe().event()))[0]
            return answer.type

    async def stream() -> list[str]:
        async with server.client() as client:
            start = AudioStart(**FORMAT).event()
            await answers(client, start)
            begun.append(client)
            return names(await answers(client, *chunks(".l."), AudioStop().event()))

    async def flood() -> tuple[list[list[str]], list[str]]:
        streams = [asyncio.create_task(stream()) for _ in range(8)]
        while len(begun) < len(streams):
            await asyncio.sleep(0.01)
        kinds: list[str] = []
        for _ in range(10):
            kinds += await asyncio.gather(*(visitor() for _ in range(100)))
        return await asyncio.gather(*streams), kinds

    begun: list[AsyncTcpClient] = []
    heard, kinds = run(flood())
    assert heard == [["yes"]] * 8
    assert len(kinds) == 1000 and set(kinds) <= {"info", "error"} and "info" in kinds


def test_a_port_in_use_is_an_error_of_one_line(server):
    other = WyomingServer(Address("127.0.0.1", server.port), server.service, Output([]))
    with pytest.raises(EdgeError, match="in use.*choose another --wyoming"):
        other.run("pi", lambda: True)


# The option


def test_the_address_has_a_default_port():
    assert parse_address("tcp://0.0.0.0") == ("0.0.0.0", 10400)
    assert parse_address("tcp://[::1]:7") == ("::1", 7)


@pytest.mark.parametrize(
    "text", ["10400", "udp://pi:1", "tcp://", "tcp://pi:port", "tcp://pi:99999"]
)
def test_an_impossible_address_is_refused(text):
    with pytest.raises(ValueError, match="give tcp://HOST:PORT"):
        parse_address(text)


def test_the_service_and_a_source_exclude_each_other(tiny_word_model, capsys):
    command = LiveCommand(
        *("tiny-listen", "Tiny.", "kws", tiny_sound.SOURCES, ""),
        default_source="tiny",
        spots_words=True,
        serves_wyoming=True,
    )
    argv = ["--model", str(tiny_word_model), "--wyoming", "tcp://127.0.0.1:1", "--tiny", "l"]
    assert live(command, argv) == 1
    assert "leave the source out" in capsys.readouterr().err


def test_the_service_is_announced(server, monkeypatch, caplog):
    """With the zeroconf package itself, on the loopback interface."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(announce, "own_address", lambda: "127.0.0.1")

    async def announced() -> Any:
        async with announce.announced("0.0.0.0", server.port, "Küche 1"):
            if "not announced" in caplog.text:
                pytest.skip("this machine has no multicast")
            browser = AsyncZeroconf(interfaces=["127.0.0.1"])
            try:
                name = f"edge-sense-K-che-1.{announce.KIND}"
                return await browser.async_get_service_info(announce.KIND, name, 3000)
            finally:
                await browser.async_close()

    found = run(announced())
    assert isinstance(found, zeroconf.ServiceInfo) and found.port == server.port


def test_an_idle_client_is_disconnected(server, monkeypatch):
    monkeypatch.setattr(server_module, "IDLE_TIMEOUT", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), TIMEOUT) as client:
        assert client.recv(1) == b""

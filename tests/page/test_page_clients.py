"""The queues of browsers: bounded, and one that does not read disturbs no other."""

from __future__ import annotations

import asyncio

import pytest

from edge.page import clients as clients_module
from edge.page.address import Address
from edge.page.clients import MAX_WAITING, Client, Clients
from edge.page.server import MAX_PENDING, PageServer


def test_a_browser_that_does_not_read_is_dropped_and_the_others_get_everything():
    async def run() -> None:
        watching: list[int] = []
        left: list[str] = []
        clients = Clients(watching.append, left.append)
        stalled, reader = Client(wants_live=True), Client(wants_live=True)
        ended: list[bool] = []
        stalled.on_drop = lambda: ended.append(True)
        clients.add(stalled)
        clients.add(reader)
        received = []
        for number in range(MAX_WAITING + 50):
            clients.send(str(number), live=True)
            received += await reader.next_messages()
        assert received == [str(number) for number in range(MAX_WAITING + 50)]
        assert stalled.dropped and ended == [True] and clients.dropped == 1
        assert await stalled.next_messages() == []
        assert len(clients) == 1 and watching[-1] == 1

    asyncio.run(run())


def test_a_hidden_page_gets_events_but_no_live_view():
    async def run() -> None:
        watching: list[int] = []
        clients = Clients(watching.append, lambda name: None)
        hidden = Client(wants_live=False)
        clients.add(hidden)
        clients.send("live", live=True)
        clients.send("event")
        assert await hidden.next_messages() == ["event"] and watching == [0]
        assert await hidden.next_messages(timeout=0.01) == []

    asyncio.run(run())


def test_too_many_browsers_are_refused(monkeypatch):
    monkeypatch.setattr(clients_module, "MAX_CLIENTS", 2)

    async def run() -> list[bool]:
        clients = Clients(lambda count: None, lambda name: None)
        return [clients.add(Client(wants_live=False)) for _ in range(3)]

    assert asyncio.run(run()) == [True, True, False]


def test_a_server_that_hangs_does_not_stop_the_recognition():
    server = PageServer(Address("127.0.0.1", 0))  # never started: nothing takes the messages
    for number in range(MAX_PENDING + 10):
        server.call(print, number)
    assert server.lost == 10
    server.close()


@pytest.mark.parametrize("wants_live", [True, False])
def test_a_browser_that_leaves_is_told_to_the_recorder(wants_live):
    async def run() -> None:
        left: list[str] = []
        clients = Clients(lambda count: None, left.append)
        client = Client(wants_live)
        clients.add(client)
        assert clients.has(client.name)
        clients.remove(client)
        assert left == [client.name] and not clients.has(client.name)

    asyncio.run(run())

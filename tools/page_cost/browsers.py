"""Ten readers of the live view, one of which stalls again and again."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edge.usage import resident_mb
from tests.support.mqtt_broker import free_port
from tools.commands import edge_command
from tools.page_cost.options import page_options

READERS = 9
REPORT_EVERY_S = 10.0
STALL_S = 75.0  # in which the buffers of the system and of the command become full
RECEIVE_BUFFER = 4096  # bytes of the socket of the reader that stalls


@dataclass
class Counts:
    messages: int = 0
    reconnections: int = 0


async def watch(checkout: Path, minutes: float) -> None:
    """Print what was lost, and the memory over time."""
    import aiohttp

    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        options = ("--mock", "--json", *page_options(port, folder))
        process = await asyncio.create_subprocess_exec(
            *edge_command("kws_listen", *options),
            cwd=checkout,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            await asyncio.sleep(4)
            readers, stalled = [Counts() for _ in range(READERS)], Counts()
            async with aiohttp.ClientSession() as session:
                tasks = [asyncio.create_task(_read(session, port, counts)) for counts in readers]
                tasks.append(asyncio.create_task(_stall(port, stalled)))
                memory = []
                for _ in range(max(2, round(minutes * 60 / REPORT_EVERY_S))):
                    await asyncio.sleep(REPORT_EVERY_S)
                    memory.append(resident_mb(process.pid))
                async with session.get(f"http://127.0.0.1:{port}/api/health") as answer:
                    health = await answer.json()
                for task in tasks:
                    task.cancel()
        finally:
            process.terminate()
            await process.wait()
    half = len(memory) // 2
    fewest = min(counts.messages for counts in readers)
    again = sum(counts.reconnections for counts in readers)
    print(
        f"{READERS} readers got {fewest} messages or more in {minutes:g} min; {again} reconnected."
    )
    print(
        f"The reader that does not read was disconnected {stalled.reconnections} times, and came "
        "back each time."
    )
    print(
        f"Samples lost: {health['lost']}; messages lost: {health['messages_lost']}; rate "
        f"{health['rate']:.0f} Hz."
    )
    print(
        f"Memory: {memory[0]:.1f} MB at first, {max(memory[:half]):.1f} MB at most in the first "
        f"half, {max(memory[half:]):.1f} MB in the second."
    )


async def _read(session: object, port: int, counts: Counts) -> None:
    import aiohttp

    assert isinstance(session, aiohttp.ClientSession)
    while True:
        try:
            async with session.ws_connect(f"http://127.0.0.1:{port}/ws", max_msg_size=0) as socket:
                async for _ in socket:
                    counts.messages += 1
        except aiohttp.ClientError:
            pass
        counts.reconnections += 1
        await asyncio.sleep(0.5)


async def _stall(port: int, counts: Counts) -> None:
    """Stop to read for some time, read up to the end of the connection, and connect again."""
    request = (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    loop = asyncio.get_running_loop()
    while True:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        connection.setblocking(False)
        try:
            await loop.sock_connect(connection, ("127.0.0.1", port))
            await loop.sock_sendall(connection, request.encode())
            await asyncio.sleep(STALL_S)
            while await loop.sock_recv(connection, 1 << 16):
                pass  # what was sent before the end
            counts.reconnections += 1
        except OSError:  # the server is gone, or has reset the connection
            counts.reconnections += 1
        finally:
            connection.close()
        await asyncio.sleep(1)

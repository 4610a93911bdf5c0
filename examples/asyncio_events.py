"""Digits drawn in the air and spoken words in one asyncio program, both simulated here.

python examples/asyncio_events.py
"""

from __future__ import annotations

import asyncio

import edge


async def motion() -> None:
    async for event in edge.listen_async("airdigit", mock=True, digits="12", speed=4.0):
        print("drawn:", event.label)


async def sound() -> None:
    async for event in edge.listen_async("kws", mock=True, words="yes no", speed=4.0):
        print("said:", event.label)


async def main() -> None:
    await asyncio.gather(motion(), sound())


asyncio.run(main())

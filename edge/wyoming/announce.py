"""Announce the service in the local network, so that Home Assistant finds it (zeroconf)."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

log = logging.getLogger(__name__)

KIND = "_wyoming._tcp.local."
MULTICAST = ("224.0.0.251", 1)  # of zeroconf: its route leads to the local network


@asynccontextmanager
async def announced(host: str, port: int, name: str) -> AsyncIterator[None]:
    """Inside this context the service is announced, unless only this computer can reach it."""
    if _is_local(host):
        yield
        return
    try:
        from zeroconf import ServiceInfo
        from zeroconf.asyncio import AsyncZeroconf
    except ImportError:
        log.info("not announced in the network: pip install 'edge-sense[wyoming]'")
        yield
        return
    label = re.sub("[^A-Za-z0-9-]+", "-", name).strip("-")[:40] or "device"
    zeroconf = None
    try:
        address = own_address() if host in ("0.0.0.0", "::") else socket.gethostbyname(host)
        info = ServiceInfo(
            KIND, f"edge-sense-{label}.{KIND}", addresses=[socket.inet_aton(address)], port=port
        )
        zeroconf = AsyncZeroconf(interfaces=[address])
        await zeroconf.async_register_service(info, allow_name_change=True)
        log.info("announced in the network as %s at %s", info.name.partition(".")[0], address)
    except Exception as error:  # zeroconf has no common base class for its errors
        log.warning("not announced in the network (%s): add it by its address", error)
    try:
        yield
    finally:
        if zeroconf is not None:
            with contextlib.suppress(Exception):
                await zeroconf.async_close()


def own_address() -> str:
    """The address of this computer in the local network; OSError if there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(MULTICAST)  # sends nothing
        address: str = probe.getsockname()[0]
        return address


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The address of the page, and the names by which a browser may call it."""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple

HOST, PORT = "127.0.0.1", 8765
LOCAL_SUFFIXES = ("", ".local", ".lan", ".home", ".fritz.box")  # names that home networks give


class Address(NamedTuple):
    host: str
    port: int

    @property
    def is_local(self) -> bool:
        """Whether only programs on this computer can connect to it."""
        return self.host == "localhost" or (is_ip(self.host) and _ip(self.host).is_loopback)

    @property
    def url(self) -> str:
        """The link for a person; an address of all networks becomes the name of this computer."""
        host = socket.gethostname() if is_ip(self.host) and _ip(self.host).is_unspecified else ""
        host = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"http://{host}:{self.port}/"


def parse_address(text: str) -> Address:
    """The address in HOST:PORT, HOST or PORT; ValueError with a message for the user."""
    host, colon, port = text.rpartition(":")
    if text.isdecimal():
        host, port = "", text
    elif not colon or text.endswith("]"):
        host, port = text, str(PORT)
    host = host.strip("[]") or HOST
    if not port.isdecimal() or not 0 <= int(port) < 65536 or "/" in host or " " in host:
        raise ValueError(f"{text} is not an address: give HOST:PORT, such as {HOST}:{PORT}")
    return Address(host, int(port))


def is_known_host(header: str, address: Address) -> bool:
    """Whether the Host header of a request names this computer.

    A page of another site can have its own name resolved to this computer (DNS rebinding), and then
    its requests have that name in this header. Numeric addresses cannot be used for that.
    """
    host = _without_port(header).lower().rstrip(".")
    if is_ip(host):
        return True
    name = socket.gethostname().lower().partition(".")[0]
    names = {"localhost", address.host.lower(), socket.gethostname().lower()}
    return host in names | {name + suffix for suffix in LOCAL_SUFFIXES if name}


def is_ip(host: str) -> bool:
    try:
        _ip(host)
    except ValueError:
        return False
    return True


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(host.partition("%")[0])


def _without_port(header: str) -> str:
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]

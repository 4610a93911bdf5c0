"""The address of a broker, as `--mqtt` has it, and the topics below it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from edge.model.digest import sha256

PORTS = {"mqtt": 1883, "mqtts": 8883}
PREFIX = "edge-sense"
MAX_PREFIX = 200  # characters
FORM = "mqtt://USER@HOST:PORT/PREFIX, or mqtts:// with TLS"


@dataclass(frozen=True)
class Broker:
    host: str
    port: int
    tls: bool
    user: str
    prefix: str

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_address(text: str) -> Broker:
    """ValueError with a message for the user if it is not the address of a broker."""
    parts = urlsplit(text if "://" in text else f"mqtt://{text}")
    if parts.scheme not in PORTS:
        raise ValueError(f"{parts.scheme}:// is not MQTT: give {FORM}")
    if parts.password is not None:
        raise ValueError(
            "leave the password out, because every user of this computer can see it: set "
            "EDGE_MQTT_PASSWORD, or give --mqtt-password-file"
        )
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        port = 0
    if not parts.hostname or not port or parts.query or parts.fragment:
        raise ValueError(f"{text} is not the address of a broker: give {FORM}")
    prefix = unquote(parts.path).strip("/") or PREFIX
    check_topic(prefix)
    return Broker(
        parts.hostname, port, parts.scheme == "mqtts", unquote(parts.username or ""), prefix
    )


def check_topic(topic: str) -> None:
    """ValueError if it cannot be the beginning of the topics of one device."""
    if set(topic) & set("+#") or topic.startswith("$") or not topic.isprintable():
        raise ValueError(
            f"{topic!r} cannot be the beginning of a topic: + and # are wildcards, $ is the "
            "broker's own, and control characters are forbidden"
        )
    if len(topic) > MAX_PREFIX:
        raise ValueError(f"a topic may begin with {MAX_PREFIX} characters, not {len(topic)}")


def identifier(device: str, task: str) -> str:
    """The name of a device in topics and in Home Assistant: its name and its task, a-z and _."""
    slug = re.sub("[^a-z0-9]+", "_", device.lower()).strip("_")
    return f"{slug or sha256(device.encode()).hexdigest()[:8]}_{task or 'device'}"

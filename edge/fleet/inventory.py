"""What the broker retains about each device, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.errors import EdgeError
from edge.text import printable, shortened

PARTS = ("about", "state", "available", "update")  # retained topics of a device
MAX_CELL = 40  # characters
HEADINGS = (
    "id",
    "status",
    "tags",
    "model",
    "sha256",
    "version",
    "rate",
    "lost",
    "°C",
    "last event",
)
# Keys of the inventory that come from `about` and `state` unchanged.
ABOUT = ("name", "task", "tags", "model", "model_sha256", "version")
STATE = ("threshold", "listening", "device_present", "rate", "lost", "temperature", "label")
STATE_END = ("score", "last_time")


@dataclass
class Device:
    """Each part is a JSON object that the device published; empty until it has arrived."""

    identifier: str
    about: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    update: Mapping[str, Any] = field(default_factory=dict)
    online: bool = False

    def accept(self, part: str, payload: bytes) -> None:
        """Take a message of the topic `part` of this device."""
        if part == "available":
            self.online = payload == b"online"
        elif part in PARTS:
            try:
                found = json.loads(payload) if payload else {}
            except (ValueError, RecursionError):
                return  # another program writes to this topic
            if isinstance(found, dict):
                setattr(self, part, found)

    @property
    def tags(self) -> list[str]:
        tags = self.about.get("tags")
        return [str(tag) for tag in tags] if isinstance(tags, list) else []

    def inventory(self) -> dict[str, Any]:
        """The values for `--json`."""
        return {
            "id": self.identifier,
            "online": self.online,
            **{key: self.about.get(key) for key in ABOUT},
            **{key: self.state.get(key) for key in STATE + STATE_END},
            "update": dict(self.update) or None,
        }

    def row(self) -> tuple[str, ...]:
        """The cells of its line in the table, by HEADINGS."""
        about, state = self.about, self.state
        last = f"{state['label']} {state.get('score')}" if state.get("label") else ""
        cells = (
            self.identifier,
            self._status(),
            ",".join(self.tags),
            about.get("model"),
            str(about.get("model_sha256") or "")[:8],
            about.get("version"),
            state.get("rate"),
            state.get("lost"),
            state.get("temperature"),
            f"{last} {state.get('last_time') or ''}".strip(),
        )
        return tuple(_cell(cell) for cell in cells)

    def _status(self) -> str:
        if not self.online:
            return "offline"
        if self.state.get("device_present") is False:
            return "no sensor"
        if self.state.get("listening") == "OFF":
            return "paused"
        phase = self.update.get("phase")
        return "online" if phase in (None, "done") else str(phase).replace("_", " ")


def selected(
    devices: Mapping[str, Device], identifiers: Sequence[str], tags: Sequence[str]
) -> list[Device]:
    """The devices with one of these identifiers and one of these tags, sorted by identifier.

    Without identifiers, all fit; so they do without tags. EdgeError if none fits both.
    """
    for identifier in identifiers:
        if identifier not in devices:
            raise EdgeError(f"no device {identifier!r}: `edge-fleet list` shows them")
    found = [
        device
        for identifier, device in sorted(devices.items())
        if (not identifiers or identifier in identifiers)
        and (not tags or set(tags) & set(device.tags))
    ]
    if not found:
        which = f" with the tag {' or '.join(tags)}" if tags else ""
        raise EdgeError(
            f"the broker knows no device{which}: start the devices with --mqtt, and give "
            "their tags with --mqtt-tags"
        )
    return found


def table(devices: Iterable[Device]) -> Iterator[str]:
    """The lines of the table, with its headings."""
    rows = [HEADINGS, *(device.row() for device in devices)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _cell(value: object) -> str:
    return "-" if value in (None, "") else printable(shortened(str(value), MAX_CELL))

"""What a board and this host say to each other: one definition, from which both sides are made.

A frame on the wire is COBS(type, fields, CRC) and a zero byte. Numbers are little-endian and packed
(an AVR and an ESP32 send their structs as they are); the CRC covers type and fields, polynomial
0x1021 starting from 0xFFFF (`_crc_xmodem_update` of avr-libc), high byte first, so that the CRC of
everything in the frame is zero.

What the board promises:
- It is quiet until START, and sends HELLO when it has booted (with `booted` 1, after a zero byte
  that ends what the boot ROM printed), in answer to each ASK_HELLO, SET_RATE and SET_RANGE, and
  when the sensor turns out to be another while streaming.
- A HELLO holds for every SAMPLE after it. What cannot be set is answered with what is set instead.
- `seq` counts the samples that were due since boot. One that could not be read or sent leaves out
  its number: on the wire and on the board, what is missing shows in the same way.
- `time_us` is when the sample was taken, since boot, and wraps.
- STATUS comes once a second while streaming; its counters run since boot and wrap.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from struct import Struct
from typing import Any

VERSION = 1
BAUD = 115200

_STRUCT = {"u8": "B", "u16": "H", "u32": "I", "i16": "h", "text12": "12s", "text8": "8s"}


@dataclass(frozen=True)
class Message:
    """One layout: its number on the wire and its fields, each a name and a type of _STRUCT."""

    name: str
    number: int
    fields: tuple[tuple[str, str], ...] = ()

    @cached_property
    def structure(self) -> Struct:
        """Type and fields as they are packed."""
        return Struct("<B" + "".join(_STRUCT[kind] for _, kind in self.fields))

    @property
    def size(self) -> int:
        return self.structure.size

    def pack(self, **values: Any) -> bytes:
        """The payload: type and fields."""
        ordered = (
            value.encode("ascii") if isinstance(value, str) else value
            for value in (values.pop(name) for name, _ in self.fields)
        )
        packed = self.structure.pack(self.number, *ordered)
        if values:
            raise TypeError(f"{self.name} has no {', '.join(values)}")
        return packed

    def unpack(self, payload: bytes) -> dict[str, Any]:
        """Values by name, of a payload of the right type and size."""
        values = self.structure.unpack(payload)[1:]
        return {
            name: value.rstrip(b"\0").decode("ascii", "replace")
            if isinstance(value, bytes)
            else value
            for (name, _), value in zip(self.fields, values, strict=True)
        }


HELLO = Message(
    "hello",
    0x01,
    (
        ("protocol", "u8"),  # these two stay in front for ever, so that any version can read them
        ("schema", "u32"),
        ("booted", "u8"),  # 1: the first since boot, so seq and time start anew
        ("who_am_i", "u8"),
        ("rate_hz", "u16"),
        ("accel_g", "u8"),  # +- full scale: 2, 4, 8, 16
        ("gyro_dps", "u16"),  # +- full scale: 250, 500, 1000, 2000
        ("firmware", "text12"),
        ("version", "text8"),
    ),
)
SAMPLE = Message(
    "sample",
    0x02,
    (
        ("seq", "u16"),
        ("time_us", "u32"),
        *((axis, "i16") for axis in ("ax", "ay", "az", "gx", "gy", "gz")),  # as the sensor gave it
    ),
)
STATUS = Message(
    "status",
    0x03,
    (
        ("nacks", "u16"),
        ("fifo_overflows", "u16"),
        ("sensor_resets", "u16"),
        ("dropped", "u16"),  # samples that were due and not sent; their numbers are left out
    ),
)

ASK_HELLO = Message("ask_hello", 0x81)
SET_RATE = Message("set_rate", 0x82, (("rate_hz", "u16"),))
SET_RANGE = Message("set_range", 0x83, (("accel_g", "u8"), ("gyro_dps", "u16")))
START = Message("start", 0x84)
STOP = Message("stop", 0x85)
IDENTIFY = Message("identify", 0x86)  # blink: which of several boards is this?

HELLO_HEAD = Message("hello", HELLO.number, HELLO.fields[:2])

FROM_BOARD = (HELLO, SAMPLE, STATUS)
TO_BOARD = (ASK_HELLO, SET_RATE, SET_RANGE, START, STOP, IDENTIFY)

SCHEMA = zlib.crc32(repr([(m.name, m.number, m.fields) for m in FROM_BOARD + TO_BOARD]).encode())
"""Changes with every name, number, type and order above: differing ends notice in the hello."""

"""The messages between board and host. The firmware's header is generated from this module.

A frame on the wire is COBS(type, fields, CRC) and a zero byte. Numbers are little-endian and packed
(an AVR and an ESP32 send their structs as they are). The CRC covers type and fields, polynomial
0x1021 starting from 0xFFFF (`_crc_xmodem_update` of avr-libc), high byte first, so that the CRC of
everything in the frame is zero.

What the board guarantees:
- It sends nothing until START, except HELLO: when it has booted (with `booted` 1, after a zero byte
  that ends the output of the boot ROM), in answer to each ASK_HELLO, SET_RATE and SET_RANGE, and
  when another sensor is found while streaming.
- A HELLO is valid for every SAMPLE after it. If the board cannot set what was requested, the HELLO
  says what it has set instead.
- `seq` counts the samples that were due since boot. A sample that could not be read or sent still
  takes a number: a loss on the wire and a loss on the board both show as a gap.
- `time_us` is the time since boot at which the sample was taken; it wraps.
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
    """A message layout: its number on the wire and its fields (name, key of _STRUCT)."""

    name: str
    number: int
    fields: tuple[tuple[str, str], ...] = ()

    @cached_property
    def structure(self) -> Struct:
        """The packed layout of type and fields."""
        return Struct("<B" + "".join(_STRUCT[kind] for _, kind in self.fields))

    @property
    def size(self) -> int:
        return self.structure.size

    def pack(self, **values: Any) -> bytes:
        """Return the payload: type and fields."""
        ordered = (
            value.encode("ascii") if isinstance(value, str) else value
            for value in (values.pop(name) for name, _ in self.fields)
        )
        packed = self.structure.pack(self.number, *ordered)
        if values:
            raise TypeError(f"{self.name} has no {', '.join(values)}")
        return packed

    def unpack(self, payload: bytes) -> dict[str, Any]:
        """Return the values by name; the payload must have the right type and size."""
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
        ("protocol", "u8"),  # these two always come first, so that any version can read them
        ("schema", "u32"),
        ("booted", "u8"),  # 1: the first since boot: seq and time start again
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
        *((axis, "i16") for axis in ("ax", "ay", "az", "gx", "gy", "gz")),  # raw sensor values
    ),
)
STATUS = Message(
    "status",
    0x03,
    (
        ("nacks", "u16"),
        ("fifo_overflows", "u16"),
        ("sensor_resets", "u16"),
        ("dropped", "u16"),  # samples that were due but not sent; their numbers are skipped
    ),
)

ASK_HELLO = Message("ask_hello", 0x81)
SET_RATE = Message("set_rate", 0x82, (("rate_hz", "u16"),))
SET_RANGE = Message("set_range", 0x83, (("accel_g", "u8"), ("gyro_dps", "u16")))
START = Message("start", 0x84)
STOP = Message("stop", 0x85)
IDENTIFY = Message("identify", 0x86)  # blink, to tell several boards apart

HELLO_HEAD = Message("hello", HELLO.number, HELLO.fields[:2])

FROM_BOARD = (HELLO, SAMPLE, STATUS)
TO_BOARD = (ASK_HELLO, SET_RATE, SET_RANGE, START, STOP, IDENTIFY)

SCHEMA = zlib.crc32(repr([(m.name, m.number, m.fields) for m in FROM_BOARD + TO_BOARD]).encode())
"""Depends on every name, number, type and order above: the HELLO shows if both sides differ."""

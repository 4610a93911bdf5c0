"""Generates the protocol header in C++: `python -m firmware_bridge.protocol_header`."""

from __future__ import annotations

from pathlib import Path

import edge
from edge.source.serial.framed import framing, protocol
from edge.source.serial.framed.protocol import FROM_BOARD, TO_BOARD, Message

HEADER = Path(__file__).parent / "EdgeSense" / "src" / "edge_protocol.h"
C_TYPES = {"u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "i16": "int16_t"}

PREAMBLE = """\
// Generated from edge/source/serial/framed/protocol.py by
// `python -m firmware_bridge.protocol_header`: do not edit.
#pragma once
#include <stdint.h>

namespace edge {{

const uint8_t PROTOCOL = {version};
const uint32_t SCHEMA = 0x{schema:08x};
const uint32_t BAUD = {baud};
const uint16_t CRC_START = 0x{crc_start:04X};
const uint8_t FRAMING = 4;  // bytes that a frame adds to its message: CRC, COBS and the final zero
const uint8_t LONGEST_COMMAND = {longest_command};
#define EDGE_VERSION "{edge_version}"
"""


def header() -> str:
    """Return the text of the header."""
    preamble = PREAMBLE.format(
        version=protocol.VERSION,
        schema=protocol.SCHEMA,
        baud=protocol.BAUD,
        crc_start=framing.CRC_START,
        longest_command=max(message.size for message in TO_BOARD),
        edge_version=edge.__version__,
    )
    return "\n".join([preamble, *map(_struct, FROM_BOARD + TO_BOARD), "}  // namespace edge", ""])


def _struct(message: Message) -> str:
    name = "".join(part.capitalize() for part in message.name.split("_"))
    lines = [
        f"struct __attribute__((packed)) {name} {{",
        f"  enum {{ NUMBER = 0x{message.number:02X} }};",
        "  uint8_t type = NUMBER;",
        *(f"  {_member(field, kind)}" for field, kind in message.fields),
        "};",
        f'static_assert(sizeof({name}) == {message.size}, "size in Python");',
    ]
    return "\n".join(lines) + "\n"


def _member(name: str, kind: str) -> str:
    if kind.startswith("text"):
        return f"char {name}[{int(kind[4:])}] = {{}};"
    return f"{C_TYPES[kind]} {name} = 0;"


if __name__ == "__main__":
    HEADER.write_text(header())

"""The protocol of the firmware equals that of Python: messages, frames, commands."""

import ctypes
import random
import subprocess
import sys

import pytest

import edge
from edge.source.serial.framed.framing import cobs_encode, frame
from edge.source.serial.framed.protocol import FROM_BOARD, TO_BOARD
from firmware_bridge import build, protocol_header

PROBE = """
#include "edge_framing.h"
#include <string.h>
using namespace edge;

template <class Message, class Fill> static int packed(uint8_t *out, Fill fill) {
  Message message;
  fill(message);
  memcpy(out, &message, sizeof(message));
  return sizeof(message);
}
%s
extern "C" int frame(const uint8_t *message, int size, uint8_t *wire) {
  return encode(message, size, wire);
}
static CommandReader reader;
extern "C" int take(uint8_t byte, uint8_t *message) {
  const CommandReader::Found found = reader.take(byte);
  if (found == CommandReader::NOTHING) return 0;
  memcpy(message, reader.bytes, reader.size);
  return found == CommandReader::COMMAND ? reader.size : -reader.size;
}
"""


def values(message):
    """Return values in which every field and every byte is different."""
    sizes = {"u8": 1, "u16": 2, "u32": 4, "i16": 2}
    count = iter(range(1, 100))
    filled = {}
    for name, kind in message.fields:
        if kind.startswith("text"):
            filled[name] = "x" + name[: int(kind[4:]) - 1]
        else:
            filled[name] = int.from_bytes(bytes(next(count) for _ in range(sizes[kind])), "big")
    return filled


def fill_function(message):
    struct = "".join(part.capitalize() for part in message.name.split("_"))
    lines = [
        f'memcpy(m.{name}, "{value}", {len(value)});'
        if isinstance(value, str)
        else f"m.{name} = {value};"
        for name, value in values(message).items()
    ]
    return (
        f'extern "C" int {message.name}(uint8_t *out) {{'
        f"return packed<{struct}>(out, []({struct} &m) {{ (void)m; {' '.join(lines)} }}); }}"
    )


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    folder = tmp_path_factory.mktemp("probe")
    source = folder / "probe.cpp"
    source.write_text(PROBE % "\n".join(map(fill_function, FROM_BOARD + TO_BOARD)))
    library = folder / "probe.so"
    build._run(
        *("g++", "-std=c++11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"),
        *("-fsanitize=undefined", "-o", library, "-I", build.LIBRARY / "src", source),
    )
    return ctypes.CDLL(str(library))


def test_protocol_header_is_up_to_date():
    assert protocol_header.HEADER.read_text() == protocol_header.header(), (
        "the protocol has changed: run python -m firmware_bridge.protocol_header"
    )


def test_library_version_equals_package_version():
    properties = (build.LIBRARY / "library.properties").read_text()
    assert f"\nversion={edge.__version__}\n" in properties


@pytest.mark.parametrize("message", FROM_BOARD + TO_BOARD, ids=lambda message: message.name)
def test_struct_equals_the_packed_message(probe, message):
    out = (ctypes.c_uint8 * 64)()
    size = probe[message.name](out)
    assert bytes(out[:size]) == message.pack(**values(message))


def test_changed_layout_changes_the_header(monkeypatch):
    changed = (*FROM_BOARD[:-1], protocol_header.Message("status", 3, (("nacks", "u32"),)))
    before = protocol_header.header()
    monkeypatch.setattr(protocol_header, "FROM_BOARD", changed)
    assert protocol_header.header() != before


def test_frames_of_both_sides_are_equal(probe):
    rng = random.Random(3)
    wire = (ctypes.c_uint8 * 300)()
    for size in [*range(1, 60)] * 20:
        payload = bytes(rng.choice((0, 0, 7, rng.randrange(256))) for _ in range(size))
        assert bytes(wire[: probe.frame(payload, size, wire)]) == frame(payload)


class FirmwareReader:
    """The firmware's command reader; `feed` returns (is command, content) of what it finds."""

    def __init__(self, probe):
        self.probe = probe
        self.message = (ctypes.c_uint8 * 64)()
        self.feed(b"\0")

    def feed(self, data):
        found = []
        for byte in data:
            size = self.probe.take(byte, self.message)
            if size:
                found.append((size > 0, bytes(self.message[: abs(size)])))
        return found


def random_commands(rng, count):
    for _ in range(count):
        message = rng.choice(TO_BOARD)
        yield message.pack(**{name: rng.randrange(256) for name, _ in message.fields})


def test_firmware_reads_commands_and_lines(probe):
    reader = FirmwareReader(probe)
    sent = list(random_commands(random.Random(1), 2000))
    assert reader.feed(b"".join(map(frame, sent))) == [(True, payload) for payload in sent]
    assert reader.feed(b"c\nc\r\n\n\r\nlonger than a command\nc\n") == [(False, b"c")] * 3
    assert reader.feed(b"c\0" + frame(sent[0])) == [(True, sent[0])]


def test_firmware_rejects_damaged_commands(probe):
    reader = FirmwareReader(probe)
    rng = random.Random(2)
    sent = list(random_commands(rng, 100_000))
    wire = bytearray()
    for byte in b"".join(map(frame, sent)):
        fate = rng.random()
        if fate < 0.01:
            wire += bytes([byte ^ rng.randrange(1, 256)])
        elif fate < 0.02:
            wire += bytes([byte, byte])
        elif fate < 0.99:
            wire += bytes([byte])
    sizes = {message.number: message.size for message in TO_BOARD}
    # The sketch checks the size too: a CRC does not detect an added zero at the end.
    found = [
        got for is_command, got in reader.feed(wire) if is_command and sizes.get(got[0]) == len(got)
    ]
    assert not set(found) - set(sent)
    assert len(found) >= 80_000


def test_firmware_finds_no_commands_in_noise(probe):
    reader = FirmwareReader(probe)
    assert not [found for found in reader.feed(random.Random(4).randbytes(1_000_000)) if found[0]]


def test_frame_shorter_than_a_crc_is_rejected(probe):
    reader = FirmwareReader(probe)
    for content in (b"", b"\x81", b"\xff\xff", b"\x00" * 5):
        assert reader.feed(cobs_encode(content) + b"\0") == []


def test_missing_tool_error_names_the_install_command(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(build.BuildError, match=r"g\+\+ is missing.*make tools.*apt-get install"):
        build._run("g++", "--version")


def test_packages_option_prints_the_package_list():
    line = subprocess.run(
        [sys.executable, "-m", "firmware_bridge.build", "--packages"],
        capture_output=True,
        text=True,
        cwd=build.HERE.parent,
    ).stdout
    assert line.split() == list(build.PACKAGES)

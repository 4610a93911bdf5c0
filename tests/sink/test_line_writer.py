"""Writing to a reader that is slow, stops reading, or ends."""

from __future__ import annotations

import io
import os
import threading
import time

import pytest

from edge.sink import line_writer
from edge.sink.line_writer import LineWriter

LINE = "x" * 999 + "\n"


@pytest.fixture
def pipe():
    """The reading descriptor of a pipe, and a text stream that writes to it."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as stream, os.fdopen(reading, "rb", buffering=0) as reader:
        yield reader, stream


def test_a_stream_in_memory_gets_the_text_at_once():
    stream = io.StringIO()
    LineWriter(stream, may_drop=True).write("a\n")
    assert stream.getvalue() == "a\n"


def test_a_reader_that_does_not_read_does_not_block_and_the_oldest_lines_are_counted(pipe, caplog):
    reader, stream = pipe
    writer = LineWriter(stream, may_drop=True)
    writer.max_waiting = 10
    began = time.monotonic()
    for number in range(200):
        writer.write(f"{number:03}{LINE[3:]}")
    assert time.monotonic() - began < 1 and writer.dropped > 50 and writer.is_behind
    assert caplog.text.count("too slow") == 1
    got = b""
    while writer.is_behind:
        got += reader.read(1 << 20)
        writer.drain()
    got += reader.read(1 << 20)
    numbers = [int(line[:3]) for line in got.decode().splitlines()]
    assert len(numbers) == 200 - writer.dropped
    assert numbers == sorted(numbers) and numbers[-1] == 199
    assert all(len(line) == 999 for line in got.decode().splitlines()), "no line is torn"


def test_a_recording_waits_for_its_reader(pipe):
    reader, stream = pipe
    writer = LineWriter(stream, may_drop=False)
    writer.max_waiting = 10
    got: list[bytes] = []

    def read_slowly() -> None:
        while sum(map(len, got)) < 200 * len(LINE):
            time.sleep(0.005)
            got.append(reader.read(10_000))

    thread = threading.Thread(target=read_slowly)
    thread.start()
    for _ in range(200):
        writer.write(LINE)
    writer.close()
    thread.join(10)
    assert writer.dropped == 0 and b"".join(got) == LINE.encode() * 200


def test_closing_waits_for_the_reader_for_a_limited_time_and_counts_the_rest(pipe, monkeypatch):
    _, stream = pipe
    monkeypatch.setattr(line_writer, "CLOSE_TIMEOUT", 0.1)
    writer = LineWriter(stream, may_drop=True)
    for _ in range(100):
        writer.write(LINE)
    waiting = len(writer._waiting)
    began = time.monotonic()
    writer.close()
    assert time.monotonic() - began < 1 and writer.dropped >= waiting > 0


def test_a_reader_that_ends_is_an_error(pipe):
    reader, stream = pipe
    writer = LineWriter(stream, may_drop=True)
    writer.write(LINE)
    reader.close()
    with pytest.raises(BrokenPipeError):
        writer.write(LINE)


def test_a_line_longer_than_the_pipe_arrives_in_pieces(pipe):
    reader, stream = pipe
    writer = LineWriter(stream, may_drop=True)
    line = "y" * 200_000 + "\n"
    writer.write(line)
    got = b""
    while len(got) < len(line):
        got += reader.read(1 << 20)
        writer.drain()
    assert got == line.encode() and not writer.is_behind

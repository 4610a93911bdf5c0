"""A pipe is read when enough has come, and neither earlier nor much later."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from edge.source.files.pipe_reader import PipeReader
from edge.source.files.threaded_pipe_reader import MAX_WAITING, ThreadedPipeReader

RATE = 32000  # bytes a second
WANTED = 6400  # 0.2 s
MOST = 12800


@contextmanager
def paced_pipe(block: int, pause_s: float, seconds: float) -> Iterator[int]:
    """Yield the read end of a pipe; a thread writes a block after each pause, then closes it."""
    read_end, write_end = os.pipe()

    def write() -> None:
        start = time.monotonic()
        with open(write_end, "wb", buffering=0) as file:
            for number in range(round(seconds * RATE / block)):
                due = start + (number + 1) * pause_s
                time.sleep(max(0.0, due - time.monotonic()))
                file.write(bytes(block))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield read_end
        writer.join()
    finally:
        os.close(read_end)


def read_all(end: int, wanted: int = WANTED) -> list[int]:
    """The sizes of everything that is read until the end of the pipe; 0 if nothing came."""
    reader, sizes = PipeReader(end), []
    while (data := reader.read(wanted, MOST, RATE)) != b"":
        sizes.append(len(data or b""))
    return sizes


@pytest.mark.parametrize("block_ms", [1, 10, 64])
def test_reader_wakes_up_for_what_is_wanted_not_for_each_block(block_ms: int) -> None:
    """Without sleeping it would wake up for each block: 1000 times a second for 1 ms."""
    block = RATE * block_ms // 1000
    with paced_pipe(block, block_ms / 1000, 2.0) as end:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
        sizes = read_all(end)
        wakeups = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before
    assert sum(sizes) == round(2.0 * RATE / block) * block
    first = WANTED // block + 1  # until the pace is known, each block wakes it up
    assert wakeups <= first + 2.0 / 0.2 * 4


def test_reader_does_not_sleep_while_a_program_writes_faster() -> None:
    """60 s of sound, as from a file; 0.2 s of sleep for each 0.2 s of sound would take a minute."""
    with paced_pipe(6400, 0.0, 60.0) as end:
        start = time.monotonic()
        sizes = read_all(end)
        assert time.monotonic() - start < 10
    assert sum(sizes) == 60 * RATE


def test_reader_reports_in_time_that_nothing_has_come() -> None:
    with paced_pipe(RATE // 2, 0.5, 1.0) as end:
        sizes = read_all(end)
    assert sizes.count(0) >= 2
    assert sum(sizes) == RATE


def test_reader_takes_a_long_block_at_once() -> None:
    """A program that delivers one block a second: its sound does not wait in the pipe."""
    reading_times = []
    with paced_pipe(RATE, 1.0, 2.0) as end:
        reader, begin = PipeReader(end), time.monotonic()
        while (data := reader.read(WANTED, MOST, RATE)) != b"":
            if data:
                reading_times.append(time.monotonic() - begin)
    assert len(reading_times) == 6  # 12800, 12800 and 6400 bytes, twice
    assert reading_times[2] - reading_times[0] < 0.2
    assert reading_times[5] - reading_times[3] < 0.2


def test_threaded_reader_gives_what_is_there_in_time_and_then_the_end() -> None:
    """For systems that cannot tell whether data is waiting."""
    read_end, write_end = os.pipe()
    reader = ThreadedPipeReader(read_end)
    begin = time.monotonic()
    assert reader.read(10, 20, RATE) is None
    assert time.monotonic() - begin < 0.25 + 2
    os.write(write_end, bytes(range(30)))
    assert reader.read(10, 20, RATE) == bytes(range(20))
    assert reader.read(20, 40, RATE) == bytes(range(20, 30))
    os.write(write_end, b"end")
    os.close(write_end)
    assert reader.read(10, 20, RATE) == b"end"
    assert reader.read(10, 20, RATE) == b""
    os.close(read_end)


def test_threaded_reader_does_not_read_more_than_it_may_keep() -> None:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    reader = ThreadedPipeReader(read_end)
    written = 0
    until = time.monotonic() + 1
    while time.monotonic() < until and written < 4 * MAX_WAITING:
        try:
            written += os.write(write_end, bytes(1 << 15))
        except BlockingIOError:
            time.sleep(0.01)
    assert written < MAX_WAITING + (1 << 18)
    os.close(write_end)
    total = 0
    while data := reader.read(MOST, MOST, RATE):
        total += len(data)
    assert total == written
    os.close(read_end)

"""One number a line from a board: an ECG amplifier on an analog input."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import SourceError
from edge.source.serial.text.one_column import OneColumnStream

READ_TIME = 0.05  # s between two reads


def stream_of(lines: list[bytes], rate: float = 200.0):
    """Feed the lines as they arrive; return the stream, and the times and values of its samples."""
    stream, t, values, sent = OneColumnStream(), [], [], 0
    while sent < len(lines):
        now = 100 + sent / rate
        count = round(READ_TIME * rate)
        chunk = stream.feed(b"".join(lines[sent : sent + count]), now)
        t += chunk.t.tolist()
        values += chunk.values[:, 0].tolist()
        sent += count
    return stream, np.array(t), np.array(values)


def counts(number: int) -> list[bytes]:
    return [b"%d\r\n" % (300 + k % 400) for k in range(number)]


def test_each_number_is_one_sample_at_the_measured_rate():
    stream, t, values = stream_of(counts(2000))
    assert stream.rate == pytest.approx(200, rel=0.03)
    assert len(values) == 1999  # the first line may be cut, so it is dropped
    assert np.diff(t).mean() == pytest.approx(1 / 200, rel=0.03)
    assert (np.diff(t) > 0).all()
    assert stream.health.samples == len(t)


@pytest.mark.parametrize(
    ("lines", "millivolts", "unit"),
    [
        ([b"512\n", b"0\n", b"1023\n"], [1.5, 0, 2.997], "10 bits"),
        ([b"2048\n", b"0\n", b"4095\n"], [1.5, 0, 2.999], "12 bits"),
        ([b"0.5\n", b"-0.25\n", b"1.5\n"], [0.5, -0.25, 1.5], "mV"),
    ],
)
def test_whole_numbers_are_steps_of_a_converter_and_others_are_mv(lines, millivolts, unit):
    stream, _, values = stream_of([b"0\n", *(lines * 300)])
    assert unit in stream.format
    assert values[:3] == pytest.approx(millivolts, abs=0.001)


def test_exclamation_marks_of_loose_electrodes_are_no_samples():
    lines = counts(1000)
    lines[700:720] = [b"!\r\n"] * 20
    stream, _, values = stream_of(lines)
    assert len(values) == 979
    assert stream.health.garbage == 20 * 3


def test_several_columns_are_refused():
    with pytest.raises(SourceError, match="several columns: an ECG is one number a line"):
        stream_of([b"1,2,3\n"] * 1000)


@pytest.mark.parametrize("rate", [20.0, 4000.0])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(SourceError, match="numbers come at .* Hz: this must be between 80"):
        stream_of(counts(16000), rate)

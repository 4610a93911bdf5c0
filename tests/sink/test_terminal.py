"""The terminal sink: events, the status line, drawings, and plain lines in a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edge.events import Detection, Number, Summary
from edge.samples import AUDIO, MOTION, Chunk
from edge.sink import StreamInfo
from edge.sink.status import meter
from edge.sink.terminal import HINT_AFTER, STATUS_EVERY, TerminalSink
from sample_events import (
    CHUNK,
    DETECTION,
    NUMBER,
    READING,
    REJECTION,
    RETRACTION,
    SEQUENCE,
    WORD,
    Screen,
    health,
)


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Screen]:
    """Makes a terminal of a given width, with these environment variables."""

    def make(encoding: str = "utf-8", columns: int = 80, **environment: str) -> Screen:
        for name, value in {"TERM": "xterm", "NO_COLOR": "", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COLUMNS", str(columns))
        return Screen(encoding)

    return make


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of the terminal sink, in seconds; a test changes clock[0]."""
    time = [100.0]
    monkeypatch.setattr("edge.sink.terminal.monotonic", lambda: time[0])
    return time


def test_a_detection_has_a_title_a_drawing_and_bars(screen):
    stream = screen()
    TerminalSink(StreamInfo(100, MOTION), stream).show(DETECTION)
    lines = stream.lines()
    assert lines[1] == " 3  score 0.91  at 12.35 s, latency 41 ms"
    assert any("██████" in line and "⡇" in line for line in lines)
    assert "3 " + "█" * 20 in "\n".join(lines)


def test_the_status_line_is_rewritten_in_place_four_times_a_second(screen, clock):
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    for _ in range(20):
        sink.progress(health(lost=7), CHUNK)
        clock[0] += STATUS_EVERY / 5
    assert stream.getvalue().count("samples") == 4
    assert stream.lines() == ["7 lost · 0 clipped · 0 errors · 107.0/100 Hz · 101 samples"]
    sink.show(REJECTION)
    assert stream.lines() == ["    13.20 s  -  unsure: 3 at 0.41", ""]


def test_a_hint_is_shown_while_there_are_no_events(screen, clock):
    stream = screen(columns=200)
    sink = TerminalSink(StreamInfo(100, MOTION, "Draw a digit."), stream)
    clock[0] += HINT_AFTER + 1
    sink.progress(health(), CHUNK)
    assert "Draw a digit." in stream.lines()[-1]
    sink.show(REJECTION)
    sink.progress(health(), CHUNK)
    assert "Draw a digit." not in stream.lines()[-1]


def test_a_number_is_written_large(screen):
    stream = screen()
    TerminalSink(StreamInfo(16000, AUDIO), stream).show(NUMBER)
    lines = stream.lines()
    assert lines[1] == " number 007  at 12.35 s"
    assert lines[2] == " ██████  ██████  ██████"


def test_the_meter_shows_the_peak_since_its_last_update(screen, clock):
    stream = screen("ascii", columns=120)
    sink = TerminalSink(StreamInfo(16000, AUDIO), stream)
    meters = []
    for peak in (0.001, 0.1, -1.0, 0.0):
        values = np.zeros((160, 1), np.float32)
        values[7] = peak
        empty = Chunk(np.empty(0), np.empty((0, 1), np.float32))
        clock[0] += STATUS_EVERY / 2
        sink.progress(health(), Chunk(np.arange(160) / 16000, values))
        clock[0] += STATUS_EVERY / 2
        sink.progress(health(), empty)
        meters.append(stream.lines()[-1].split("]")[0])
    sink.progress(health(), empty)
    # The first meter is shown at once, the others when STATUS_EVERY has passed.
    assert [line.count("#") for line in meters] == [0, 8, 12, 0]
    assert meter(0.1, False) == "[########    ] -20 dB" and meter(1, False).endswith("]   0 dB")


@pytest.mark.parametrize("columns", [20, 40])
def test_no_line_is_wider_than_a_narrow_terminal(screen, columns):
    stream = screen(columns=columns)
    sink = TerminalSink(
        StreamInfo(100, MOTION, "Hold still, draw a digit in the air, hold still."), stream
    )
    of_stroke = replace(DETECTION, stroke=READING)
    numbers = (NUMBER, Number("7" * 30, 0.9, 1, 1))
    for event in (DETECTION, of_stroke, RETRACTION, WORD, REJECTION, *numbers):
        sink.progress(health(), CHUNK)
        sink.show(event)
    assert max(map(len, stream.lines())) <= columns


def test_a_terminal_without_unicode_gets_ascii(screen):
    stream = screen("ascii")
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.progress(health(), CHUNK)
    sink.show(DETECTION)
    sink.show(Detection("größer", 0.9, 1.0, 1.0, {"größer": 0.9}))
    assert stream.getvalue().isascii() and "######" in stream.getvalue()


def test_no_color_removes_colours_only(screen):
    screens = []
    for no_color in ("", "1"):
        stream = screen(NO_COLOR=no_color)
        sink = TerminalSink(StreamInfo(100, MOTION), stream)
        sink.show(DETECTION)
        sink.progress(health(), CHUNK)
        screens.append(stream)
    with_colours, without_colours = screens
    assert with_colours.lines() == without_colours.lines()
    assert "\x1b[1m" in with_colours.getvalue()
    assert not re.search(r"\x1b\[\d*m", without_colours.getvalue())


def test_a_dumb_terminal_gets_plain_lines(screen):
    stream = screen(TERM="dumb")
    sink = TerminalSink(StreamInfo(100, MOTION, "hint"), stream)
    sink.progress(health(), CHUNK)
    sink.show(DETECTION)
    assert stream.getvalue() == "    12.35 s  3  0.91  41 ms\n"


def test_a_file_gets_plain_lines_and_a_summary():
    stream = io.StringIO()
    sink = TerminalSink(StreamInfo(100, MOTION, "hint"), stream)
    for event in (DETECTION, REJECTION, Summary(health(clipped=3), 1, 1)):
        sink.progress(health(), CHUNK)
        sink.show(event)
    assert stream.getvalue().splitlines() == [
        "    12.35 s  3  0.91  41 ms",
        "    13.20 s  -  unsure: 3 at 0.41",
        "",
        "2 strokes: 1 recognised, 1 rejected",
        "101 samples in 1.0 s at 100.0 Hz (nominal 100)",
        "3 clipped",
    ]


def test_a_file_gets_words_and_numbers_as_lines():
    stream = io.StringIO()
    sink = TerminalSink(StreamInfo(16000, AUDIO, "hint"), stream)
    for event in (WORD, NUMBER, Summary(health(), 1, 0)):
        sink.show(event)
    assert stream.getvalue().splitlines() == [
        "     1.00 s  yes  0.90  180 ms",
        "    12.35 s  number 007",
        "",
        "1 recognised",
        "101 samples in 1.0 s",
        "nothing lost, nothing clipped, no errors",
    ]


def test_a_panel_says_how_the_stroke_was_interpreted(screen):
    stream = screen(columns=120)
    TerminalSink(StreamInfo(100, MOTION), stream).show(replace(DETECTION, stroke=READING))
    assert (
        " read from the gyroscope alone, joined from 2 movements, "
        "a 9 if up and down are reversed" in stream.lines()
    )


def test_a_retraction_is_one_line(screen):
    stream = screen()
    TerminalSink(StreamInfo(100, MOTION), stream).show(RETRACTION)
    assert stream.lines()[0] == " 3 at 12.35 s retracted: the stroke went on"
    file = io.StringIO()
    TerminalSink(StreamInfo(100, MOTION), file).show(RETRACTION)
    assert file.getvalue() == "    13.10 s  3 at 12.35 s retracted: the stroke went on\n"


def test_the_summary_says_what_was_computed_in_place_of_labels():
    stream = io.StringIO()
    sink = TerminalSink(StreamInfo(100, ("ppg",), features="window", waveforms=("abp",)), stream)
    for event in (SEQUENCE, SEQUENCE, Summary(health(), 0, 0)):
        sink.show(event)
    assert stream.getvalue().splitlines()[2:] == [
        "",
        "abp computed for 2 windows",
        "101 samples in 1.0 s at 100.0 Hz (nominal 100)",
        "nothing lost, nothing clipped, no errors",
    ]


# The comparison with the truth of a simulated source


def test_a_retracted_detection_does_not_count_as_wrong():
    stream = io.StringIO()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.show(replace(DETECTION, truth="4"))
    sink.show(RETRACTION)
    sink.show(replace(DETECTION, label="4", t=13.1, truth="4"))
    sink.show(Summary(health(), 1, 0))
    assert stream.getvalue().endswith("compared with the simulation: 1 of 1 right\n")


def test_events_of_simulated_sources_are_marked_as_right_or_wrong(screen):
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.show(replace(DETECTION, truth="3"))
    sink.show(replace(DETECTION, truth="8"))
    sink.show(replace(DETECTION, truth=""))
    sink.show(replace(REJECTION, truth="5"))
    text = "\n".join(stream.lines())
    assert "latency 41 ms  ✓" in text
    assert "✗ 8 was drawn" in text and "✗ nothing was drawn" in text and "✗ 5 was drawn" in text


def test_a_correct_rejection_of_a_simulated_source_is_not_shown(screen):
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.show(replace(REJECTION, truth=""))
    assert stream.lines() == [""]
    sink.show(replace(DETECTION, truth="3"))
    sink.show(Summary(health(), 1, 1))
    lines = stream.lines()
    assert "1 strokes: 1 recognised, 0 rejected" in lines
    assert "compared with the simulation: 1 of 1 right" in lines


def test_the_marks_are_words_where_unicode_is_not_supported():
    stream = io.StringIO()
    sink = TerminalSink(StreamInfo(16000, AUDIO), stream)
    sink.show(replace(WORD, truth=WORD.label))
    sink.show(replace(WORD, truth="no"))
    first, second = stream.getvalue().splitlines()
    assert first.endswith("right")
    assert second.endswith("wrong: no was said")


# The preview of a stroke


def test_a_stroke_is_shown_while_it_is_drawn_and_then_erased(screen, clock, monkeypatch):
    monkeypatch.setenv("LINES", "30")
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    line = np.stack([np.linspace(0, 1, 20)] * 2, axis=1).astype(np.float32)
    sink.progress(health(), CHUNK, lambda: line)
    assert sum(any(ord(c) > 0x2800 for c in row) for row in stream.lines()) >= 8
    clock[0] += STATUS_EVERY
    sink.progress(health(), CHUNK, lambda: None)
    (status,) = stream.lines()
    assert status.startswith("0 lost")


def test_a_terminal_with_few_lines_shows_no_preview(screen, monkeypatch):
    monkeypatch.setenv("LINES", "8")
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.progress(health(), CHUNK, lambda: np.zeros((9, 2), np.float32))
    assert len(stream.lines()) == 1


def test_a_waveform_is_drawn_with_its_range(screen):
    stream = screen()
    TerminalSink(StreamInfo(100, ("ppg",)), stream).show(SEQUENCE)
    lines = stream.lines()
    assert lines[0] == "     1.02 s  abp  80 to 81.5, mean 80.75 mmHg"
    assert len(lines) == 8
    file = io.StringIO()
    TerminalSink(StreamInfo(100, ("ppg",)), file).show(SEQUENCE)
    assert file.getvalue() == lines[0] + "\n"

"""What programs and people get to read."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from edge.cli.live import open_sinks
from edge.errors import EdgeError
from edge.events import Detection, Number, Rejection, Summary
from edge.samples import AUDIO, MOTION, Chunk, Health
from edge.sink import SINKS, StreamInfo
from edge.sink.braille import draw
from edge.sink.json_lines import JsonLinesSink
from edge.sink.panel import GLYPHS, bar, large_text, large_width, panel
from edge.sink.status import meter
from edge.sink.terminal import HINT_AFTER, STATUS_EVERY, TerminalSink

ANGLE = np.linspace(0, 2 * np.pi, 40)
CIRCLE = np.stack([np.cos(ANGLE), np.sin(ANGLE)], axis=1).astype(np.float32)
SCORES = {**{str(digit): 0.01 for digit in range(10)}, "none": 0.0, "3": 0.912345}
DETECTION = Detection("3", 0.912345, 12.3456, 41.4, SCORES, CIRCLE)
WORD = Detection("yes", 0.9, 1.0, 180.0, {"yes": 0.9, "no": 0.1, "silence": 0.0})
NUMBER = Number("007", 0.9, 12.3456, 1234.5)
CHUNK = Chunk(np.arange(3) / 100, np.zeros((3, 6), np.float32))
REJECTION = Rejection("unsure: 3 at 0.41", 13.2, SCORES)


def health(**counts: int) -> Health:
    result = Health(**counts)
    result.count(Chunk(np.arange(101) / 100, np.zeros((101, 6), np.float32)))
    return result


class Screen(io.StringIO):
    """A terminal that remembers what was written to it."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True

    def lines(self) -> list[str]:
        """The final content of the screen, without colours."""
        rows, row, column = [""], 0, 0
        for part in re.findall(r"\x1b\[\d*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", self.getvalue()):
            if part == "\r":
                column = 0
            elif part == "\n":
                row, column = row + 1, 0
                rows += [""] * (row + 1 - len(rows))
            elif part.endswith("m") and part.startswith("\x1b"):
                pass
            elif part == "\x1b[K":
                rows[row] = rows[row][:column]
            elif part == "\x1b[J":
                rows[row] = rows[row][:column]
                del rows[row + 1 :]
            elif part.startswith("\x1b") and part.endswith("A"):
                row -= int(part[2:-1])
            else:
                text = rows[row].ljust(column)
                rows[row] = text[:column] + part + text[column + len(part) :]
                column += len(part)
        return rows


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Screen]:
    def make(encoding: str = "utf-8", columns: int = 80, **environment: str) -> Screen:
        for name, value in {"TERM": "xterm", "NO_COLOR": "", **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("COLUMNS", str(columns))
        return Screen(encoding)

    return make


# JSON lines


def test_a_detection_is_one_line_of_rounded_numbers():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(DETECTION)
    assert stream.getvalue().startswith(
        '{"event": "detection", "label": "3", "score": 0.9123, "t": 12.346, "latency_ms": 41, '
        '"scores": {"0": 0.01, '
    )
    assert stream.getvalue().count("\n") == 1


def test_a_rejection_says_why():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(REJECTION)
    answer = json.loads(stream.getvalue())
    assert (answer["event"], answer["reason"], answer["t"]) == (
        "rejection",
        "unsure: 3 at 0.41",
        13.2,
    )


def test_the_summary_has_the_health_of_the_stream():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(100, MOTION), stream).show(
        Summary(health(lost=2, clipped=3, errors=4), 5, 6)
    )
    assert json.loads(stream.getvalue()) == {
        "event": "summary",
        "samples": 101,
        "lost": 2,
        "clipped": 3,
        "rate": 102.0,
        "strokes": 11,
        "detections": 5,
        "rejected": 6,
        "garbage": 0,
        "errors": 4,
        "reconnects": 0,
        "duration": 1.0,
    }


def test_of_sound_there_are_no_strokes():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(16000, AUDIO), stream).show(Summary(health(), 5, 0))
    answer = json.loads(stream.getvalue())
    assert answer["detections"] == 5 and not {"strokes", "rejected"} & set(answer)


def test_a_number_keeps_its_leading_zeros():
    stream = io.StringIO()
    JsonLinesSink(StreamInfo(16000, AUDIO), stream).show(NUMBER)
    assert stream.getvalue() == (
        '{"event": "number", "digits": "007", "t": 12.346, "latency_ms": 1234}\n'
    )


def test_what_is_no_number_is_null():
    stream = io.StringIO()
    sink = JsonLinesSink(StreamInfo(100, MOTION), stream)
    sink.show(Detection("3", float("nan"), 1.0, float("inf"), {"3": float("nan")}))
    sink.show(Summary(Health(), 0, 0))
    detection, summary = map(json.loads, stream.getvalue().splitlines())
    assert detection["score"] is detection["latency_ms"] is detection["scores"]["3"] is None
    assert summary["rate"] is None and summary["duration"] == 0


def test_every_line_is_flushed():
    with os.fdopen(os.memfd_create("lines"), "w") as stream:
        JsonLinesSink(StreamInfo(100, MOTION), stream).show(DETECTION)
        assert os.pread(stream.fileno(), 10, 0) == b'{"event": '


# The drawing


def test_a_circle_stays_round():
    for braille, columns, rows in ((True, 24, 12), (False, 24, 12), (True, 40, 8)):
        lines = draw(CIRCLE, columns, rows, braille)
        assert [len(line) for line in lines] == [columns] * rows
        filled = np.array([[c != " " for c in line] for line in lines])
        high, wide = filled.any(axis=1).sum(), filled.any(axis=0).sum()
        assert high == rows and abs(wide - 2 * high) <= 2


def test_up_is_up_and_right_is_right():
    corner = np.array([[0, 1], [0, 0], [1, 0]], np.float32)  # an L
    assert draw(corner, 4, 2, braille=False) == ["|   ", "|..."]


def test_a_path_has_no_gaps_however_far_its_points_are_apart():
    lines = draw(np.array([[0, 0], [1, 1]], np.float32), 24, 12, braille=False)
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("points", [[], [[3, 3]], [[1, 1], [1, 1]], [[np.nan, 0], [np.inf, 1]]])
@pytest.mark.parametrize("braille", [True, False])
def test_a_picture_of_nothing_is_still_a_picture(points, braille):
    lines = draw(np.array(points, np.float32).reshape(-1, 2), braille=braille)
    dots = sum(c != " " for line in lines for c in line)
    assert len(lines) == 12 and dots == bool(len(points) and np.isfinite(points).all())


# The panel


@pytest.mark.parametrize("width", range(16, 120))
@pytest.mark.parametrize("unicode", [True, False])
def test_the_panel_fits_any_width_with_a_bar_for_every_class(width, unicode):
    lines = panel(DETECTION, width, unicode)
    assert max(map(len, lines)) <= width
    labels = [re.search(r"(\w+)\s[^.]*\s0\.\d\d$", line) for line in lines]
    assert [found[1] for found in labels if found] == [*map(str, range(10)), "none"]
    assert unicode or "".join(lines).isascii()


def test_a_narrow_panel_still_has_the_picture():
    drawn = [c for line in panel(DETECTION, 39, True) for c in line if "\u2800" < c <= "\u28ff"]
    assert len(drawn) > 20


def test_a_bar_is_as_long_as_its_score():
    assert bar(2.5, True) == "██▌" and bar(2.6, False) == "###"


def test_a_word_is_large_where_there_is_room():
    wide, narrow = panel(WORD, 80, False), panel(WORD, 40, False)
    drawing = [line[:23].rstrip() for line in wide]
    assert drawing == [
        " ##  ##  ######    ####",
        " ##  ##  ##      ##",
        "   ##    ####      ##",
        "   ##    ##          ##",
        "   ##    ######  ####",
    ]
    assert [line.split()[0] for line in narrow] == ["no", "silence", "yes"]


def test_a_word_of_other_letters_needs_no_large_form():
    word = Detection("größer", 0.9, 1.0, 1.0, {"größer": 0.9, "no": 0.1})
    assert [line.split()[0] for line in panel(word, 80, True)] == ["größer", "no"]
    assert large_width("größer") == 0 and large_width("Go") == 14


def test_characters_can_be_told_apart():
    assert len(GLYPHS) == 36
    assert all(len(rows) == 5 and {len(row) for row in rows} == {3} for rows in GLYPHS.values())
    alike = {"o": "0", "s": "5", "z": "2", "i": "1"}  # a label has letters or is a digit
    drawn = [tuple(rows) for name, rows in GLYPHS.items() if name not in alike]
    assert len(set(drawn)) == len(drawn)
    assert len(large_text("42", True)) == 5 and {len(line) for line in large_text("42", True)} == {
        14
    }


# The terminal


def test_a_detection_on_a_terminal(screen):
    stream = screen()
    TerminalSink(StreamInfo(100, MOTION), stream).show(DETECTION)
    lines = stream.lines()
    assert lines[1] == " 3  score 0.91  at 12.35 s, known 41 ms later"
    assert any("██████" in line and "⡇" in line for line in lines)
    assert "3 " + "█" * 20 in "\n".join(lines)


def test_the_footer_stays_on_its_line_and_is_drawn_four_times_a_second(screen, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("edge.sink.terminal.monotonic", lambda: clock[0])
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    for _ in range(20):
        sink.progress(health(lost=7), CHUNK)
        clock[0] += STATUS_EVERY / 5
    assert stream.getvalue().count("samples") == 4
    assert stream.lines() == ["7 lost · 0 clipped · 0 errors · 107.0/100 Hz · 101 samples"]
    sink.show(REJECTION)
    assert stream.lines() == ["    13.20 s  -  unsure: 3 at 0.41", ""]


def test_a_hint_comes_when_nothing_happens_and_goes_when_something_does(screen, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("edge.sink.terminal.monotonic", lambda: clock[0])
    stream = screen(columns=200)
    sink = TerminalSink(StreamInfo(100, MOTION, "Draw a digit."), stream)
    clock[0] += HINT_AFTER + 1
    sink.progress(health(), CHUNK)
    assert "Draw a digit." in stream.lines()[-1]
    sink.show(REJECTION)
    sink.progress(health(), CHUNK)
    assert "Draw a digit." not in stream.lines()[-1]


def test_a_number_on_a_terminal(screen):
    stream = screen()
    TerminalSink(StreamInfo(16000, AUDIO), stream).show(NUMBER)
    lines = stream.lines()
    assert lines[1] == " number 007  at 12.35 s"
    assert lines[2] == " ██████  ██████  ██████"


def test_a_meter_shows_how_loud_it_has_been_since_it_was_drawn(screen, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("edge.sink.terminal.monotonic", lambda: clock[0])
    stream = screen("ascii", columns=120)
    sink = TerminalSink(StreamInfo(16000, AUDIO), stream)
    shown = []
    for peak in (0.001, 0.1, -1.0, 0.0):
        values = np.zeros((160, 1), np.float32)
        values[7] = peak
        empty = Chunk(np.empty(0), np.empty((0, 1), np.float32))
        clock[0] += STATUS_EVERY / 2
        sink.progress(health(), Chunk(np.arange(160) / 16000, values))
        clock[0] += STATUS_EVERY / 2
        sink.progress(health(), empty)
        shown.append(stream.lines()[-1].split("]")[0])
    sink.progress(health(), empty)
    # The first is drawn at once, and then what came since.
    assert [line.count("#") for line in shown] == [0, 8, 12, 0]
    assert meter(0.1, False) == "[########    ] -20 dB" and meter(1, False).endswith("]   0 dB")


@pytest.mark.parametrize("columns", [20, 40])
def test_nothing_wraps_in_a_narrow_window(screen, columns):
    stream = screen(columns=columns)
    sink = TerminalSink(
        StreamInfo(100, MOTION, "Hold still, draw a digit in the air, hold still."), stream
    )
    for event in (DETECTION, WORD, REJECTION, NUMBER, Number("7" * 30, 0.9, 1, 1)):
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
    with_colours = screen()
    shown = [with_colours]
    for stream in (with_colours, None):
        if stream is None:
            shown.append(stream := screen(NO_COLOR="1"))
        sink = TerminalSink(StreamInfo(100, MOTION), stream)
        sink.show(DETECTION)
        sink.progress(health(), CHUNK)
    without = shown[1]
    assert with_colours.lines() == without.lines()
    assert "\x1b[1m" in with_colours.getvalue()
    assert not re.search(r"\x1b\[\d*m", without.getvalue())


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
        "1 heard",
        "101 samples in 1.0 s",
        "nothing lost, nothing clipped, no errors",
    ]


def test_every_sink_of_the_table_can_be_loaded():
    from edge.sink import Sink

    assert all(issubclass(SINKS.load(name), Sink) for name in SINKS)


# Compared with the simulation


def test_a_verdict_stands_beside_events_of_simulated_sources(screen):
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.show(replace(DETECTION, truth="3"))
    sink.show(replace(DETECTION, truth="8"))
    sink.show(replace(DETECTION, truth=""))
    sink.show(replace(REJECTION, truth="5"))
    text = "\n".join(stream.lines())
    assert "known 41 ms later  ✓" in text
    assert "✗ 8 was drawn" in text and "✗ nothing was drawn" in text and "✗ 5 was drawn" in text


def test_a_true_rejection_of_a_simulated_source_is_not_shown(screen):
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.show(replace(REJECTION, truth=""))
    assert stream.lines() == [""]
    sink.show(replace(DETECTION, truth="3"))
    sink.show(Summary(health(), 1, 1))
    lines = stream.lines()
    assert "1 strokes: 1 recognised, 0 rejected" in lines
    assert "compared with the simulation: 1 of 1 right" in lines


def test_verdicts_in_a_file_and_without_unicode():
    stream = io.StringIO()
    sink = TerminalSink(StreamInfo(16000, AUDIO), stream)
    sink.show(replace(WORD, truth=WORD.label))
    sink.show(replace(WORD, truth="no"))
    first, second = stream.getvalue().splitlines()
    assert first.endswith("right") or first.endswith("✓")
    assert second.endswith("no was said")


def test_json_has_the_truth_of_simulated_sources_only():
    stream = io.StringIO()
    sink = JsonLinesSink(StreamInfo(100, MOTION), stream)
    for truth in (None, "3", ""):
        sink.show(replace(DETECTION, truth=truth))
    plain, right, nothing = (json.loads(line) for line in stream.getvalue().splitlines())
    assert "truth" not in plain
    assert (right["truth"], nothing["truth"]) == ("3", None)


# The stroke that is being drawn


def test_the_stroke_is_shown_while_it_is_drawn_and_erased_after_it(screen, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("edge.sink.terminal.monotonic", lambda: clock[0])
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


def test_a_low_terminal_shows_no_drawing(screen, monkeypatch):
    monkeypatch.setenv("LINES", "8")
    stream = screen()
    sink = TerminalSink(StreamInfo(100, MOTION), stream)
    sink.progress(health(), CHUNK, lambda: np.zeros((9, 2), np.float32))
    assert len(stream.lines()) == 1


def test_events_are_appended_to_a_file_beside_the_terminal(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("{}\n")
    args = argparse.Namespace(json=False, json_file=path)
    sinks = open_sinks(args, SINKS, StreamInfo(100, MOTION))
    assert [type(sink).__name__ for sink in sinks] == ["TerminalSink", "JsonFileSink"]
    for sink in sinks:
        sink.show(DETECTION)
        sink.close()
    assert [json.loads(line).get("label") for line in path.read_text().splitlines()] == [None, "3"]


def test_json_on_stdout_replaces_the_terminal():
    args = argparse.Namespace(json=True, json_file=None)
    sinks = open_sinks(args, SINKS, StreamInfo(100, MOTION))
    assert [type(sink).__name__ for sink in sinks] == ["JsonLinesSink"]


def test_a_file_that_cannot_be_written_is_one_line(tmp_path):
    args = argparse.Namespace(json=False, json_file=tmp_path / "missing" / "e.jsonl")
    with pytest.raises(EdgeError, match="choose another --json-file"):
        open_sinks(args, SINKS, StreamInfo(100, MOTION))

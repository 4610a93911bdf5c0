"""Drawings of characters: the path of a stroke, large letters, and bars of scores."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edge.events import Detection
from edge.sink.braille import draw
from edge.sink.panel import GLYPHS, bar, large_text, large_width, panel
from sample_events import CIRCLE, DETECTION, WORD

# The path


def test_a_circle_stays_round():
    for braille, columns, rows in ((True, 24, 12), (False, 24, 12), (True, 40, 8)):
        lines = draw(CIRCLE, columns, rows, braille)
        assert [len(line) for line in lines] == [columns] * rows
        filled = np.array([[c != " " for c in line] for line in lines])
        height, width = filled.any(axis=1).sum(), filled.any(axis=0).sum()
        assert height == rows and abs(width - 2 * height) <= 2


def test_a_drawing_is_neither_mirrored_nor_upside_down():
    l_shape = np.array([[0, 1], [0, 0], [1, 0]], np.float32)
    assert draw(l_shape, 4, 2, braille=False) == ["|   ", "|..."]


def test_distant_points_are_connected_without_gaps():
    lines = draw(np.array([[0, 0], [1, 1]], np.float32), 24, 12, braille=False)
    assert all(line.strip() for line in lines)


@pytest.mark.parametrize("points", [[], [[3, 3]], [[1, 1], [1, 1]], [[np.nan, 0], [np.inf, 1]]])
@pytest.mark.parametrize("braille", [True, False])
def test_a_path_without_length_is_one_dot_or_none(points, braille):
    lines = draw(np.array(points, np.float32).reshape(-1, 2), braille=braille)
    dots = sum(c != " " for line in lines for c in line)
    assert len(lines) == 12 and dots == bool(len(points) and np.isfinite(points).all())


# The panel


@pytest.mark.parametrize("width", range(16, 120))
@pytest.mark.parametrize("unicode", [True, False])
def test_the_panel_has_a_bar_for_every_label_at_any_width(width, unicode):
    lines = panel(DETECTION, width, unicode)
    assert max(map(len, lines)) <= width
    labels = [re.search(r"(\w+)\s[^.]*\s0\.\d\d$", line) for line in lines]
    assert [found[1] for found in labels if found] == [*map(str, range(10)), "none"]
    assert unicode or "".join(lines).isascii()


def test_a_narrow_panel_has_the_drawing_of_the_stroke():
    dots = [c for line in panel(DETECTION, 39, True) for c in line if "\u2800" < c <= "\u28ff"]
    assert len(dots) > 20


def test_the_length_of_a_bar_is_rounded_to_its_characters():
    assert bar(2.5, True) == "██▌" and bar(2.6, False) == "###"


def test_a_word_is_written_large_if_the_panel_is_wide_enough():
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


def test_a_word_with_letters_that_have_no_large_form_has_only_bars():
    word = Detection("größer", 0.9, 1.0, 1.0, {"größer": 0.9, "no": 0.1})
    assert [line.split()[0] for line in panel(word, 80, True)] == ["größer", "no"]
    assert large_width("größer") == 0 and large_width("Go") == 14


def test_large_characters_have_equal_sizes_and_differ_from_each_other():
    assert len(GLYPHS) == 36
    assert all(len(rows) == 5 and {len(row) for row in rows} == {3} for rows in GLYPHS.values())
    # Letters that look like a digit; no label has both letters and digits.
    like_a_digit = {"o": "0", "s": "5", "z": "2", "i": "1"}
    glyphs = [tuple(rows) for name, rows in GLYPHS.items() if name not in like_a_digit]
    assert len(set(glyphs)) == len(glyphs)
    lines = large_text("42", True)
    assert len(lines) == 5 and {len(line) for line in lines} == {14}

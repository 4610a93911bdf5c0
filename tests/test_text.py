"""Text from outside, as it is printed."""

from __future__ import annotations

import pytest

from edge.text import MAX_LINE, MAX_VALUE, one_line, printable, quoted, shortened


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("plain – текст, 数字, نمی\u200cخواهم", "plain – текст, 数字, نمی\u200cخواهم"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("two\nlines\r\ttab", r"two\nlines\r\ttab"),
        ("\x9b2J\x7f\0", r"\x9b2J\x7f\x00"),
        ("\u202egpj.exe\u2028", r"\u202egpj.exe\u2028"),
        ("not UTF-8: \udcff", r"not UTF-8: \udcff"),
    ],
)
def test_control_characters_are_printed_as_escapes(text, printed):
    assert printable(text) == printed
    assert one_line(text) == printed


def test_a_long_text_loses_its_middle():
    assert shortened("short", 5) == "short"
    text = shortened("a" * 50 + "b" * 50, 20)
    assert len(text) == 20 and text.startswith("aaaa") and text.endswith("bbbb") and " ... " in text
    assert len(one_line("x" * 10**7)) == MAX_LINE


@pytest.mark.parametrize(
    "value", ["x" * 10**7, b"\0" * 10**6, list(range(10**5)), {"a": "b" * 999}]
)
def test_a_quoted_value_is_short(value):
    assert len(quoted(value)) <= MAX_VALUE


def test_a_quoted_value_is_its_repr():
    assert quoted("it's") == '"it\'s"' and quoted([1, None]) == "[1, None]"

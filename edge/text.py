"""Make untrusted text, such as a file name or a label, safe to print: in one line, without
control characters, and of limited length."""

from __future__ import annotations

import re

MAX_LINE = 2000  # characters of a message; the names of files in it may be long
MAX_VALUE = 60  # characters of a value that is quoted in a message
CUT = " ... "

# Control characters move the cursor, clear the screen or start an escape sequence; separators end
# the line; bidirectional controls reorder what follows; half a surrogate pair is an undecoded byte.
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return the text with each control character replaced by its escape, such as \\x1b."""
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def shortened(text: str, longest: int) -> str:
    """Return the text, without its middle if it is longer than `longest`.

    Both ends stay: a message begins with the cause and ends with the remedy.
    """
    if len(text) <= longest:
        return text
    end = (longest - len(CUT)) // 3
    return text[: longest - len(CUT) - end] + CUT + text[len(text) - end :]


def one_line(text: str) -> str:
    """Return a message as it can be printed on a terminal."""
    return shortened(printable(shortened(text, MAX_LINE)), MAX_LINE)


def printable_lines(text: str) -> str:
    """Return a text of several lines with the control characters in its lines replaced."""
    return "\n".join(map(printable, text.split("\n")))


def quoted(value: object) -> str:
    """Return a value of a document for a message: its `repr`, shortened."""
    text = value[: MAX_VALUE + 1] if isinstance(value, (str, bytes)) else value
    return printable(shortened(repr(text), MAX_VALUE))

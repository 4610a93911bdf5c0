"""What one detection looks like: the stroke, the digit large, and a bar for each class."""

from __future__ import annotations

from collections.abc import Callable

from edge.events import Detection
from edge.sink.braille import draw

PICTURES = ((24, 12), (16, 8))  # characters wide and high: the first that fits
LARGE = 6  # characters wide
GAP = 3
SMALLEST_BAR = 6

# 3 x 5 dots a digit
DIGITS = """
###  #  ### ### # # ### ### ### ### ###
# # ##    #   # # # #   #     # # # # #
# #  #  ### ### ### ### ###  #  ### ###
# #  #  #     #   #   # # #  #  # #   #
### ### ### ###   # ### ###  #  ### ###
""".strip("\n").split("\n")


def panel(
    event: Detection, width: int, unicode: bool, mark: Callable[[str], str] = str
) -> list[str]:
    """Lines of at most `width` characters; what does not fit is left out, but the bars never.

    `mark` makes the line of the detected label stand out.
    """
    bars_want = max(map(len, event.scores)) + SMALLEST_BAR + len(" 0.97")
    columns: list[list[str]] = []
    room = width - 1 - bars_want
    fitting = [size for size in PICTURES if room >= size[0] + GAP]
    if event.picture is not None and fitting:
        columns.append(draw(event.picture, *fitting[0], braille=unicode))
        room -= fitting[0][0] + GAP
    if event.label in "0123456789" and room >= LARGE + GAP:
        columns.append(large(event.label, unicode))
        room -= LARGE + GAP
    rows = bars(event.scores, bars_want + max(0, min(room, 24)), unicode)
    columns.append([mark(rows[label]) if label == event.label else rows[label] for label in rows])
    return beside(columns)


def large(digit: str, unicode: bool) -> list[str]:
    """The digit as 6 x 5 characters."""
    at = 4 * int(digit)
    dot = "█" if unicode else "#"
    return ["".join(2 * (dot if c == "#" else " ") for c in row[at : at + 3]) for row in DIGITS]


def bars(scores: dict[str, float], width: int, unicode: bool) -> dict[str, str]:
    """`label bar score` for each label, in the order of the labels."""
    name = max(map(len, scores))
    room = width - name - len("  0.97")
    rows = {}
    for label, score in sorted(scores.items()):
        bar = bar_of(score * room, unicode)
        rows[label] = f"{label:>{name}} {bar:<{room}} {score:.2f}"
    return rows


def bar_of(length: float, unicode: bool) -> str:
    if not unicode:
        return "#" * round(length)
    eighths = round(length * 8)
    return "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]


def beside(columns: list[list[str]]) -> list[str]:
    """Blocks of lines put side by side, each in the middle of the height."""
    height = max(map(len, columns))
    padded = []
    for block in columns:
        width = max(map(len, block))
        above = (height - len(block)) // 2
        lines = [""] * above + block + [""] * (height - len(block) - above)
        padded.append([line.ljust(width) for line in lines])
    return [" " + (" " * GAP).join(parts).rstrip() for parts in zip(*padded, strict=True)]

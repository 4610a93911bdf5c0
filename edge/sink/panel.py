"""What one detection looks like: the stroke, its label large, and a bar for each class."""

from __future__ import annotations

from collections.abc import Callable

from edge.events import Detection
from edge.sink.braille import draw

PICTURES = ((24, 12), (16, 8))  # characters wide and high: the first that fits
GAP = 3
SMALLEST_BAR = 6

# 3 x 5 dots a character
FONT = {
    "0123456789": """
###..#..###.###.#.#.###.###.###.###.###
#.#.##....#...#.#.#.#...#.....#.#.#.#.#
#.#..#..###.###.###.###.###..#..###.###
#.#..#..#.....#...#...#.#.#..#..#.#...#
###.###.###.###...#.###.###..#..###.###
""",
    "abcdefghijklm": """
.#..##...##.##..###.###..##.#.#.###...#.#.#.#...#.#
#.#.#.#.#...#.#.#...#...#...#.#..#....#.#.#.#...###
###.##..#...#.#.##..##..#.#.###..#....#.##..#...###
#.#.#.#.#...#.#.#...#...#.#.#.#..#..#.#.#.#.#...#.#
#.#.##...##.##..###.#....##.#.#.###..#..#.#.###.#.#
""",
    "nopqrstuvwxyz": """
##...#..##...#..##...##.###.#.#.#.#.#.#.#.#.#.#.###
#.#.#.#.#.#.#.#.#.#.#....#..#.#.#.#.#.#.#.#.#.#...#
#.#.#.#.##..#.#.##...#...#..#.#.#.#.###..#...#...#.
#.#.#.#.#....##.#.#...#..#..#.#.#.#.###.#.#..#..#..
#.#..#..#.....#.#.#.##...#..###..#..#.#.#.#..#..###
""",
}


def _dots() -> dict[str, list[str]]:
    dots = {}
    for characters, drawn in FONT.items():
        for at, character in enumerate(characters):
            dots[character] = [row[4 * at : 4 * at + 3] for row in drawn.split()]
    return dots


DOTS = _dots()


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
    if event.trajectory is not None and fitting:
        columns.append(draw(event.trajectory, *fitting[0], braille=unicode))
        room -= fitting[0][0] + GAP
    if 0 < width_of(event.label) <= room - GAP:
        columns.append(large(event.label, unicode))
        room -= width_of(event.label) + GAP
    rows = bars(event.scores, bars_want + max(0, min(room, 24)), unicode)
    columns.append([mark(rows[label]) if label == event.label else rows[label] for label in rows])
    return beside(columns)


def large(text: str, unicode: bool) -> list[str]:
    """Digits and letters, each 6 x 5 characters."""
    on, off = ("██" if unicode else "##"), "  "
    rows = zip(*(DOTS[character] for character in text.lower()), strict=True)
    return [
        off.join("".join(on if dot == "#" else off for dot in part) for part in row) for row in rows
    ]


def width_of(text: str) -> int:
    """How wide `text` is when it is large; 0 if it has characters that are not drawn."""
    if not set(text.lower()) <= DOTS.keys():
        return 0
    return 8 * len(text) - 2


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

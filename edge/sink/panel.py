"""The lines that show a detection: the drawn path, the label in large letters, a bar per score."""

from __future__ import annotations

from collections.abc import Callable

from edge.events import Detection
from edge.sink.braille import draw

PATH_SIZES = ((24, 12), (16, 8))  # columns and rows of characters; the first size that fits is used
GAP = 3  # spaces between the parts
MIN_BAR = 6  # characters
MAX_EXTRA_BAR = 24  # characters: a longer bar is no easier to read
GLYPH_WIDTH = 6  # characters; each dot is two characters wide, so that it is about square
GLYPH_GAP = 2

# Each character has 3 x 5 dots.
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


def _glyphs() -> dict[str, list[str]]:
    """The five rows of dots of each character."""
    glyphs = {}
    for characters, drawing in FONT.items():
        rows = drawing.split()
        for number, character in enumerate(characters):
            glyphs[character] = [row[4 * number : 4 * number + 3] for row in rows]
    return glyphs


GLYPHS = _glyphs()


def panel(
    event: Detection, width: int, unicode: bool, highlight: Callable[[str], str] = str
) -> list[str]:
    """Lines of at most `width` characters. Parts that do not fit are left out, except the bars.

    `highlight` styles the line of the detected label.
    """
    bars_width = max(map(len, event.scores)) + MIN_BAR + len(" 0.97")
    parts: list[list[str]] = []
    free = width - 1 - bars_width
    fitting = [size for size in PATH_SIZES if free >= size[0] + GAP]
    if event.trajectory is not None and fitting:
        parts.append(draw(event.trajectory, *fitting[0], braille=unicode))
        free -= fitting[0][0] + GAP
    if 0 < large_width(event.label) <= free - GAP:
        parts.append(large_text(event.label, unicode))
        free -= large_width(event.label) + GAP
    bars_width += max(0, min(free, MAX_EXTRA_BAR))
    lines = score_bars(event.scores, bars_width, unicode)
    if event.label in lines:
        lines[event.label] = highlight(lines[event.label])
    return side_by_side([*parts, list(lines.values())])


def large_text(text: str, unicode: bool) -> list[str]:
    """Five lines that show digits and letters, each 6 characters wide."""
    dot, empty = ("██" if unicode else "##"), "  "
    rows = zip(*(GLYPHS[character] for character in text.lower()), strict=True)
    return [
        empty.join("".join(dot if mark == "#" else empty for mark in glyph) for glyph in row)
        for row in rows
    ]


def large_width(text: str) -> int:
    """The width of `large_text`; 0 if it has characters without a large form."""
    if not set(text.lower()) <= GLYPHS.keys():
        return 0
    return (GLYPH_WIDTH + GLYPH_GAP) * len(text) - GLYPH_GAP


def score_bars(scores: dict[str, float], width: int, unicode: bool) -> dict[str, str]:
    """By label, in alphabetical order: a line with the label, a bar and the score."""
    label_width = max(map(len, scores))
    bar_width = width - label_width - len("  0.97")
    lines = {}
    for label, score in sorted(scores.items()):
        drawn = bar(score * bar_width, unicode)
        lines[label] = f"{label:>{label_width}} {drawn:<{bar_width}} {score:.2f}"
    return lines


def bar(length: float, unicode: bool) -> str:
    """A bar of so many characters; in Unicode it is exact to an eighth of a character."""
    if not unicode:
        return "#" * round(length)
    eighths = round(length * 8)
    return "█" * (eighths // 8) + ("", *"▏▎▍▌▋▊▉")[eighths % 8]


def side_by_side(parts: list[list[str]]) -> list[str]:
    """Join the lines of several parts; each part is centred vertically."""
    height = max(map(len, parts))
    padded = []
    for part in parts:
        width = max(map(len, part))
        above = (height - len(part)) // 2
        lines = [""] * above + part + [""] * (height - len(part) - above)
        padded.append([line.ljust(width) for line in lines])
    return [" " + (" " * GAP).join(line).rstrip() for line in zip(*padded, strict=True)]

"""Characters of the pen corpora that are drawn by the simulated hands of `--mock`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from training.motion.people.pen_corpora import LETTER_CORPORA, LOOKALIKES, read_corpus
from training.motion.strokes import DIGITS, NONE
from training.motion.takes import DrawnLine


def letter_lines(pen: Path, part: str, count: int, seed: int) -> list[DrawnLine]:
    """Letters that do not look like a digit, of the writers of one part; about `count` in all."""
    return _lines(pen, LETTER_CORPORA, part, count, seed)


def digit_lines(pen: Path, corpus: str, part: str, count: int, seed: int) -> list[DrawnLine]:
    """Digits of the writers of one part of a corpus; about `count` in all."""
    return _lines(pen, (corpus,), part, count, seed)


def _lines(
    pen: Path, corpora: tuple[str, ...], part: str, count: int, seed: int
) -> list[DrawnLine]:
    """The same number of random characters of each writer."""
    rng = np.random.default_rng(seed)
    by_writer: dict[str, list[DrawnLine]] = {}
    for name in corpora:
        for one in read_corpus(pen, name):
            if one.part == part and one.label not in LOOKALIKES:
                label = one.label if one.label in DIGITS else NONE
                drawn = DrawnLine(one.pen.line.astype(float), label, one.label, one.writer)
                by_writer.setdefault(one.writer, []).append(drawn)
    share = max(1, count // max(1, len(by_writer)))
    return [
        by_writer[writer][k]
        for writer in sorted(by_writer)
        for k in rng.permutation(len(by_writer[writer]))[:share]
    ]

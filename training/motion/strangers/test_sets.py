"""The sets of takes on which the shipped model is tested, none of which it was trained on."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.common.jobs import LOCAL, JobOptions
from training.motion.people.pen_corpora import (
    EVALUATION_CORPUS,
    TEST,
    pen_folder,
)
from training.motion.strangers import watch_letters
from training.motion.strangers.air_paths import leap_lines, wand_lines
from training.motion.strangers.backwards import are_backwards
from training.motion.strokes import NONE
from training.motion.takes import Take, draw_takes
from training.motion.writers import digit_lines, letter_lines

log = logging.getLogger(__name__)

ARMS = 2  # that draw the strokes of each person of wand_strokes
# Each person's simulated arms have their own seeds.
WAND_PEOPLE = ("nhl01", "Thomas427788", "bane765", "jzhengnb")
WAND_SEED, LEAP_SEED, DIGILETS_SEED = 5_000_000, 5_100_000, 5_200_000
LETTER_SEED, DIGIT_SEED = 5_300_000, 5_400_000
DIGILETS, LETTERS, DIGITS = 1110, 1500, 600  # takes, about


@dataclass(frozen=True)
class TestSet:
    """Takes of one kind."""

    __test__ = False  # for pytest: no class of tests

    name: str
    takes: list[Take]

    @property
    def of_digits(self) -> bool:
        """Whether all takes are digits; in other sets none is."""
        return all(take.label != NONE for take in self.takes)


def test_sets(folders: Sequence[str], cache: Path, jobs: JobOptions = LOCAL) -> Iterator[TestSet]:
    """The sets of those corpora that are among the folders."""
    by_name = {Path(folder).resolve().name: Path(folder) for folder in folders}
    pen = pen_folder(folders)
    if "watch_letters" in by_name:
        yield from _watch_sets(by_name["watch_letters"])
    if "wand_strokes" in by_name:
        yield from _wand_sets(by_name["wand_strokes"], pen, cache, jobs)
    if "leap3d" in by_name:
        takes = draw_takes(leap_lines(by_name["leap3d"]), LEAP_SEED, cache, "leap3d", jobs)
        yield TestSet("leap3d: a finger before a camera", takes)
    if pen is not None:
        yield from _pen_sets(pen, cache, jobs)


test_sets.__test__ = False  # type: ignore[attr-defined]


def _watch_sets(folder: Path) -> Iterator[TestSet]:
    takes = watch_letters.read_watch_letters(folder)
    letters = [take for take in takes if take.group.startswith("train")]
    drawn = [take for take in letters if take.label != NONE]
    readable = [take for take in drawn if take.group in watch_letters.READABLE]
    rejected = [take for take in letters if take.figure in watch_letters.REJECTED]
    yield TestSet("watch_letters: O Z S as 0 2 5", drawn)
    yield TestSet("watch_letters: the same, people whose letters can be read by eye", readable)
    yield TestSet(f"watch_letters: {' '.join(sorted(watch_letters.REJECTED))}", rejected)
    symbols = [take for take in takes if take.group.startswith("test")]
    yield TestSet("watch_letters: symbols", symbols)


def _wand_sets(folder: Path, pen: Path | None, cache: Path, jobs: JobOptions) -> Iterator[TestSet]:
    for k, person in enumerate(WAND_PEOPLE):
        file = folder / f"{person}.json"
        if not file.exists():
            log.warning("%s is missing", file)
            continue
        lines = wand_lines(file)
        takes = []
        for arm in range(ARMS):
            seed = WAND_SEED + 10_000 * k + 5_000 * arm
            takes += draw_takes(lines, seed, cache, f"wand-{person}-{arm}", jobs)
        yield TestSet(f"wand_strokes: {person}", takes)
        if pen is not None:
            forwards = np.flatnonzero(np.tile(~are_backwards(lines, pen), ARMS))
            name = f"wand_strokes: {person}, not recorded backwards"
            yield TestSet(name, [takes[row] for row in forwards])


def _pen_sets(pen: Path, cache: Path, jobs: JobOptions) -> Iterator[TestSet]:
    for name, lines, seed in (
        (
            "digilets: digits of 111 people",
            digit_lines(pen, EVALUATION_CORPUS, TEST, DIGILETS, DIGILETS_SEED),
            DIGILETS_SEED,
        ),
        (
            "unipen: digits of new writers",
            digit_lines(pen, "unipen_digits", TEST, DIGITS, DIGIT_SEED),
            DIGIT_SEED,
        ),
        (
            "unipen: letters of new writers",
            letter_lines(pen, TEST, LETTERS, LETTER_SEED),
            LETTER_SEED,
        ),
    ):
        if lines:
            takes = draw_takes(lines, seed, cache, name.split(":")[0] + f"-{seed}", jobs)
            yield TestSet(name, takes)

"""Sets of strokes of simulated people, computed by several processes, and cached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features.motion.span import Span
from training.common.cache import cache_key, cached_arrays
from training.common.jobs import LOCAL, JobOptions, run_jobs
from training.motion.people.counts import FigureCounts
from training.motion.people.drawing import draw
from training.motion.people.figures import Figure, figures
from training.motion.people.hands import FIGURES_PER_HAND, hand_strokes
from training.motion.people.idling import idle_strokes
from training.motion.people.pen_corpora import SUFFIX
from training.motion.people.turns import turn_strokes
from training.motion.strokes import IDLE, NONE, TURNS, Stroke, Strokes

Array = NDArray[np.float64]
Part = tuple[Callable[[Any], Strokes], Any]
"""What simulates a part of a set of strokes, and its argument."""

BLOCK = 128  # figures that are simulated together
CODE = (
    "edge/samples.py",
    "edge/simulation/motion/*.py",
    *(f"edge/features/motion/{name}.py" for name in ("activity", "binning", "declip", "gate")),
    *(f"edge/features/motion/{name}.py" for name in ("pieces", "row_buffer", "span")),
    "training/motion/people/*.py",
    "training/motion/strokes.py",
)


@dataclass(frozen=True)
class Shapes:
    """What simulated people draw besides the forms and shapes that this project describes."""

    pen: Path | None = None
    """Folder of pen corpora."""
    paths: Mapping[str, Sequence[Array]] = field(default_factory=dict)
    """Recorded paths (n, 2) of digits, one high."""

    def key(self) -> list[object]:
        """What the cache keys of simulated strokes depend on."""
        files = sorted(self.pen.glob(f"*{SUFFIX}")) if self.pen else []
        return [
            *((file.name, file.stat().st_size) for file in files),
            *(line for digit in sorted(self.paths) for line in self.paths[digit]),
        ]


def simulate(
    counts: FigureCounts,
    part: str,
    seed: int,
    shapes: Shapes,
    cache: Path,
    name: str,
    jobs: JobOptions = LOCAL,
) -> Strokes:
    """Strokes of simulated people who draw figures, turn their wrists, and do other things.

    The characters are those of the writers of one part of the pen corpora. From the cache if the
    same people were simulated before. `name` is that of the set, in the log and of its file.
    """
    key = cache_key(counts, part, seed, *shapes.key(), code=CODE)

    def compute() -> dict[str, NDArray]:  # type: ignore[type-arg]
        some = list(figures(counts, part, seed, shapes.pen, shapes.paths))
        parts: list[Part] = [
            *((_draw_block, block) for block in _blocks(some, seed)),
            *((_turns, number) for number in range(seed, seed + counts.turns)),
            *((_idle, number) for number in range(seed, seed + counts.idle)),
        ]
        made = run_jobs(_simulate_part, parts, jobs, f"{name} people: part")
        return Strokes.concatenate(list(made)).arrays()

    return Strokes(**cached_arrays(cache / f"{name}-{key}.npz", compute))


def simulate_hands(
    counts: FigureCounts,
    part: str,
    seed: int,
    shapes: Shapes,
    cache: Path,
    name: str,
    jobs: JobOptions = LOCAL,
) -> Strokes:
    """Strokes of the hands of `--mock`, with the options of `simulate`."""
    key = cache_key(counts, part, seed, *shapes.key(), code=CODE)

    def compute() -> dict[str, NDArray]:  # type: ignore[type-arg]
        made = run_jobs(_hand, _hands(counts, part, seed, shapes), jobs, f"{name} hands: hand")
        return Strokes.concatenate(list(made)).arrays()

    return Strokes(**cached_arrays(cache / f"{name}-hands-{key}.npz", compute))


def _simulate_part(part: Part) -> Strokes:
    function, argument = part
    return function(argument)


def _blocks(some: Sequence[Figure], seed: int) -> list[tuple[int, list[Figure]]]:
    """Figures of like length together, because a block takes as long as its longest figure."""
    rng = np.random.default_rng(seed + 1)
    lengths = [np.linalg.norm(np.diff(f.line, axis=0), axis=1).sum() for f in some]
    order = np.argsort(np.array(lengths) + rng.normal(0, 0.5, len(some)))
    return [
        (seed + 7 * k, [some[i] for i in order[k : k + BLOCK]]) for k in range(0, len(order), BLOCK)
    ]


def _draw_block(block: tuple[int, list[Figure]]) -> Strokes:
    seed, some = block
    return Strokes.from_spans(
        Stroke(one.span, one.figure.label, one.figure.source, one.figure.name, drawn=one.drawn)
        for one in draw(np.random.default_rng(seed), some)
    )


def _turns(seed: int) -> Strokes:
    return _none(turn_strokes(seed), TURNS)


def _idle(number: int) -> Strokes:
    return _none(idle_strokes(number), IDLE)


def _hands(
    counts: FigureCounts, part: str, seed: int, shapes: Shapes
) -> list[tuple[int, list[Figure]]]:
    """The number of each hand, and the figures that it draws beside its own digits."""
    wanted = counts.scaled(counts.hands * FIGURES_PER_HAND)
    some = list(figures(wanted, part, seed + 1, shapes.pen, shapes.paths))
    order = np.random.default_rng(seed + 2).permutation(len(some))
    mine = np.array_split(order, counts.hands)
    return [(seed + k, [some[i] for i in rows]) for k, rows in enumerate(mine)]


def _hand(task: tuple[int, list[Figure]]) -> Strokes:
    return Strokes.from_spans(hand_strokes(*task))


def _none(spans: Iterable[Span], corpus: str) -> Strokes:
    return Strokes.from_spans(Stroke(span, NONE, corpus, corpus) for span in spans)

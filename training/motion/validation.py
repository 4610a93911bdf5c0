"""The validation set: people and writers that no network is trained on, to choose thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from edge.model.model import Model
from training.common.int8_model import device_scores
from training.motion.config import TrainingConfig
from training.motion.people.figures import SHAPE
from training.motion.people.pen_corpora import VALIDATION
from training.motion.people.world import Shapes, simulate, simulate_hands
from training.motion.playback import recording_scores, stream_scores, stream_windows
from training.motion.scoring import stroke_scores
from training.motion.strokes import IDLE, LABELS, NONE, TURNS, Strokes
from training.motion.takes import Take, draw_takes, idle_takes
from training.motion.thresholds import (
    LETTERS,
    SHAPES,
    WRITERS,
    ScoredMovements,
    Thresholds,
    choose_thresholds,
)
from training.motion.writers import digit_lines, letter_lines

SEED = 2_000_003
LETTER_SEED, DIGIT_SEED, IDLE_SEED = 5_500_000, 5_600_000, 6_000_000
# How much it counts that a digit of these takes is accepted, compared with simulated strokes.
WRITER_WEIGHT = 4.0
SIMULATED = "simulated"


@dataclass(frozen=True)
class ValidationSet:
    """Simulated strokes, and takes of the simulated hands of `--mock`."""

    strokes: Strokes
    takes: list[Take]
    """Digits and letters of writers."""
    idle: list[Take]
    """Streams of people who do not draw."""

    @property
    def idle_hours(self) -> float:
        return sum(float(take.chunk.t[-1] - take.chunk.t[0]) for take in self.idle) / 3600

    def thresholds(self, model: Model, config: TrainingConfig) -> tuple[Thresholds, Thresholds]:
        """The thresholds of an int8 model: live, and for recordings."""
        movements = self._scored(model)
        live = choose_thresholds(movements, config.budgets, self.idle_hours)
        return live, choose_thresholds(movements, config.budgets)

    def _scored(self, model: Model) -> ScoredMovements:
        kinds = {SHAPE: SHAPES, TURNS: TURNS}
        strokes = stroke_scores(partial(device_scores, model), self.strokes)
        takes = [recording_scores(model, take.chunk) for take in self.takes]
        idle = [stream_scores(model, stream_windows(model, take.chunk)) for take in self.idle]
        idle_scores = np.concatenate([np.zeros((0, len(LABELS))), *idle])
        kind = np.array(
            [
                *(kinds.get(corpus, SIMULATED) for corpus in self.strokes.corpus),
                *(LETTERS if take.label == NONE else WRITERS for take in self.takes),
                *[IDLE] * len(idle_scores),
            ]
        )
        return ScoredMovements(
            np.concatenate([strokes, np.reshape(takes, (-1, len(LABELS))), idle_scores]),
            np.array(
                [
                    *self.strokes.label,
                    *(take.label for take in self.takes),
                    *[NONE] * len(idle_scores),
                ]
            ),
            kind,
            np.where(kind == WRITERS, WRITER_WEIGHT, 1.0),
        )


def validation_set(config: TrainingConfig, shapes: Shapes) -> ValidationSet:
    """Simulate the people of the validation set; from the cache if that was done before."""
    sizes = config.validation_takes
    takes: list[Take] = []
    if shapes.pen is not None:
        digits = digit_lines(shapes.pen, "unipen_digits", VALIDATION, sizes.digits, DIGIT_SEED)
        letters = letter_lines(shapes.pen, VALIDATION, sizes.letters, LETTER_SEED)
        takes += draw_takes(digits, DIGIT_SEED, config.cache, "validation-digits", config.jobs)
        takes += draw_takes(letters, LETTER_SEED, config.cache, "validation-letters", config.jobs)
    people = (
        *(config.validation_people, VALIDATION, SEED, shapes),
        *(config.cache, "validation", config.jobs),
    )
    return ValidationSet(
        Strokes.concatenate([simulate(*people), simulate_hands(*people)]),
        takes,
        list(idle_takes(sizes.idle_people, sizes.idle_seconds, IDLE_SEED)),
    )

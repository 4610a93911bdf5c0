"""What simulated people say, one utterance after another, and the truth about it."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.simulation.ground_truth import Mark
from edge.simulation.sound.vocoder import RATE
from edge.simulation.sound.voice import COMMANDS, DIGITS, OTHERS, WORDS, Person, say

Utterance = tuple[str, ...]  # words said in one breath: the digits of a number, or one word


def script(text: str) -> tuple[Utterance, ...]:
    """What to say, as an option gives it."""
    said: list[Utterance] = []
    for word in text.lower().replace(",", " ").split():
        if set(word) <= set("0123456789"):
            said.append(tuple(DIGITS[int(digit)] for digit in word))
        elif word in WORDS:
            said.append((word,))
        else:
            raise argparse.ArgumentTypeError(
                f"nobody here can say {word!r}: choose from digits as in 42, {', '.join(WORDS)}"
            )
    if not said:
        raise argparse.ArgumentTypeError('no word in it: give some, as in "yes no 42"')
    return tuple(said)


def anything(rng: np.random.Generator) -> Utterance:
    """A command, a number or another word."""
    kind = rng.random()
    if kind < 0.4:
        return (str(rng.choice(COMMANDS)),)
    if kind < 0.8:
        return tuple(rng.choice(DIGITS, rng.integers(1, 4)).tolist())
    return (str(rng.choice(OTHERS)),)


BETWEEN_DIGITS = (0.4, 0.6)  # s: as one reads out a number for somebody to write down


def scene(person: Person, utterance: Utterance) -> tuple[NDArray[Any], list[Mark]]:
    """A moment of silence, the words, and silence again until the echo is gone."""
    rng = person.rng
    parts: list[NDArray[Any]] = [np.zeros(int(rng.uniform(0.6, 1.0) * RATE))]
    marks: list[Mark] = []
    for word in utterance:
        if marks:
            parts.append(np.zeros(int(rng.uniform(*BETWEEN_DIGITS) * RATE)))
        start = sum(map(len, parts)) / RATE
        parts.append(say(word, person, rng))
        label = str(DIGITS.index(word)) if word in DIGITS else word
        marks.append(Mark(label, start, start + len(parts[-1]) / RATE))
    parts.append(np.zeros(int(rng.uniform(0.7, 1.0) * RATE)))
    return np.concatenate(parts), marks

"""Utterances of simulated speakers, and their ground truth."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.simulation.ground_truth import Mark
from edge.simulation.sound.speaker import COMMANDS, DIGITS, OTHERS, WORDS, Speaker, say
from edge.simulation.sound.vocoder import RATE

Utterance = tuple[str, ...]  # words without a longer pause: the digits of a number, or one word

BETWEEN_DIGITS_S = (0.4, 0.6)  # pause range, as when somebody dictates a number


def parse_script(text: str) -> tuple[Utterance, ...]:
    """Return the utterances in the text of a command-line option."""
    utterances: list[Utterance] = []
    for word in text.lower().replace(",", " ").split():
        if set(word) <= set("0123456789"):
            utterances.append(tuple(DIGITS[int(digit)] for digit in word))
        elif word in WORDS:
            utterances.append((word,))
        else:
            raise argparse.ArgumentTypeError(
                f"the simulated speakers cannot say {word!r}: choose from digits as in 42, "
                f"{', '.join(WORDS)}"
            )
    if not utterances:
        raise argparse.ArgumentTypeError('it contains no word: give some, as in "yes no 42"')
    return tuple(utterances)


def random_utterance(rng: np.random.Generator) -> Utterance:
    """Return a command, a number of one to three digits, or another word."""
    kind = rng.random()
    if kind < 0.4:
        return (str(rng.choice(COMMANDS)),)
    if kind < 0.8:
        return tuple(rng.choice(DIGITS, rng.integers(1, 4)).tolist())
    return (str(rng.choice(OTHERS)),)


def say_utterance(speaker: Speaker, utterance: Utterance) -> tuple[NDArray[Any], list[Mark]]:
    """Return the words with silence before and after, and a mark for each word.

    The silence after the last word is long enough for the reverberation to end.
    """
    rng = speaker.rng
    parts: list[NDArray[Any]] = [np.zeros(int(rng.uniform(0.6, 1.0) * RATE))]
    marks: list[Mark] = []
    for word in utterance:
        if marks:
            parts.append(np.zeros(int(rng.uniform(*BETWEEN_DIGITS_S) * RATE)))
        start = sum(map(len, parts)) / RATE
        parts.append(say(word, speaker, rng))
        label = str(DIGITS.index(word)) if word in DIGITS else word
        marks.append(Mark(label, start, start + len(parts[-1]) / RATE))
    parts.append(np.zeros(int(rng.uniform(0.7, 1.0) * RATE)))
    return np.concatenate(parts), marks

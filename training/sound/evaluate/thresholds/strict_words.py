"""Words with a threshold of their own, since their false accepts would use up the budget."""

from __future__ import annotations

from dataclasses import replace

from training.sound.evaluate.thresholds.config import GRID
from training.sound.evaluate.thresholds.trial import Sweep


def choose_strict_words(sweep: Sweep) -> dict[str, float]:
    """Return the strict words, each with the strictest threshold of the grid.

    A word is strict if its false accepts exceed the budget even at the strictest threshold, or if
    the other words have clearly more hits once it is strict.
    """
    config, words, strictest = sweep.config, sweep.words, float(GRID[-1])
    trial = replace(sweep, strict_words={}).trial(strictest)
    allowed = trial.allowed_false_accepts(config.budget)
    strict = {word: strictest for word in words if trial.false_accepts_of(word) > allowed}
    chosen, min_hits = strict, 0.0
    while len(strict) < len(words):
        trials = replace(sweep, strict_words=strict).trials()
        hits = max((trial.hits for trial in trials if trial.is_within(config.budget)), default=0)
        if hits < min_hits:
            return chosen
        chosen, min_hits = strict, config.strict_word_gain * hits
        beyond = next((trial for trial in trials if not trial.is_within(config.budget)), None)
        if beyond is None:
            return chosen
        others = (word for word in words if word not in strict)
        worst = max(others, key=beyond.false_accepts_of)
        if beyond.false_accepts_of(worst) < max(config.min_false_accepts, beyond.false_accepts / 2):
            return chosen
        strict = {**strict, worst: strictest}
    return chosen

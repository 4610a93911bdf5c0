"""The table of the shipped model on people, devices and movements that it was not trained on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.model.model import Model
from training.common.jobs import LOCAL, JobOptions
from training.motion.playback import Answer, answer, play
from training.motion.strangers.simulated import IDLE_PEOPLE, digits_of_new_people, false_digits
from training.motion.strangers.test_sets import TestSet, test_sets
from training.motion.strokes import NONE
from training.motion.takes import Take

log = logging.getLogger(__name__)

MOST_CONFUSED = 6  # pairs that are listed for each set


@dataclass(frozen=True)
class Result:
    """The answers to all takes of a set."""

    test_set: TestSet
    answers: list[Answer]

    def pairs(self) -> Iterator[tuple[Take, Answer]]:
        return zip(self.test_set.takes, self.answers, strict=True)


def measure_sets(
    model: Model, folders: Sequence[str], cache: Path, jobs: JobOptions = LOCAL
) -> Iterator[Result]:
    """The answers of a model to the test sets among the folders."""
    for one in test_sets(folders, cache, jobs):
        log.info("%s: %d takes", one.name, len(one.takes))
        yield Result(one, [answer(model, take.chunk) for take in one.takes])


def table(model: Model, results: Sequence[Result]) -> list[str]:
    """All results in Markdown."""
    digits = [r for r in results if r.test_set.of_digits]
    others = [r for r in results if not r.test_set.of_digits]
    lines = [
        "| digits | takes | label right | accepted and right | accepted and wrong | live: right | "
        "live: wrong or several | live: none |",
        "|---|---|---|---|---|---|---|---|",
        *(_digit_row(one) for one in digits),
        "",
        "| no digits | takes | label a digit | accepted | live: a digit |",
        "|---|---|---|---|---|",
        *(_other_row(one) for one in others),
        "",
    ]
    lines += _streams(model, results)
    for one in results:
        lines += ["", f"- {one.test_set.name}: {_confusion(one)}"]
    return lines


def _digit_row(result: Result) -> str:
    shares = [
        sum(a.label == t.label for t, a in result.pairs()),
        sum(a.accepted and a.label == t.label for t, a in result.pairs()),
        sum(a.accepted and a.label != t.label for t, a in result.pairs()),
        sum(a.live == (t.label,) for t, a in result.pairs()),
        sum(bool(a.live) and a.live != (t.label,) for t, a in result.pairs()),
        sum(not a.live for a in result.answers),
    ]
    return _row(result, shares)


def _other_row(result: Result) -> str:
    shares = [
        sum(a.label != NONE for a in result.answers),
        sum(a.accepted for a in result.answers),
        sum(bool(a.live) for a in result.answers),
    ]
    return _row(result, shares)


def _row(result: Result, counts: Sequence[int]) -> str:
    total = len(result.answers)
    cells = " | ".join(f"{count / max(total, 1):.3f}" for count in counts)
    return f"| {result.test_set.name} | {total} | {cells} |"


def _confusion(result: Result) -> str:
    """The most frequent wrong live answers, and for digits also none at all."""
    wrong = Counter(
        (take.figure, " and ".join(one.live) or NONE)
        for take, one in result.pairs()
        if one.live != ((take.label,) if take.label != NONE else ())
    )
    return most_confused(wrong) or "no error"


def most_confused(wrong: Counter[tuple[str, str]]) -> str:
    """The most frequent pairs of a figure and a wrong label, such as "7 as 1 (12)"."""
    pairs = wrong.most_common(MOST_CONFUSED)
    return ", ".join(f"{figure} as {label} ({count})" for (figure, label), count in pairs)


def _streams(model: Model, results: Sequence[Result]) -> Iterator[str]:
    """Everything that is one stream with a memory."""
    found = digits_of_new_people(model)
    yield (
        f"- {found.digits} digits of new simulated people: {found.right / found.digits:.3f} right, "
        f"{found.extra} further detections; 95 % of the answers within {found.latency_ms:.0f} ms"
    )
    count, hours = false_digits(model)
    yield (
        f"- {hours:.1f} hours of other movements of {IDLE_PEOPLE} simulated people: "
        f"{count} false digits"
    )
    letters = [
        take
        for one in results[:1]
        if one.test_set.name.startswith("watch")
        for take in one.test_set.takes
    ]
    if letters:
        yield _one_stream_per_person(model, letters)


def _one_stream_per_person(model: Model, takes: Sequence[Take]) -> str:
    """The takes of each person in their order, with a memory of the sign."""
    right = 0
    for person in dict.fromkeys(take.group for take in takes):
        decision = model.decision()
        for take in takes:
            if take.group == person:
                labels = [one.label for one in play(model, take.chunk, decision)]
                right += labels == [take.label]
    return f"- O Z S of each watch wearer as one stream: {right / len(takes):.3f} right"

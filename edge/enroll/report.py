"""What a user can expect of enrolled words, in sentences."""

from __future__ import annotations

from collections.abc import Iterator

from edge.enroll.enroll import Enrolment
from edge.enroll.own_takes import TakeResult

GOOD_TAKES = 4  # of a word: with fewer, fewer are detected
STRICTER = 0.1  # false accepts an hour that a user may ask for
UNLIKE_SCORE = 0.05  # of a take in the other takes of its word: it is another word, or noise


def report(enrolment: Enrolment) -> Iterator[str]:
    """Yield one line for each fact."""
    yield from enrolment.left_out
    for word, takes in enrolment.takes.items():
        results = [result for result in enrolment.results if result.word == word]
        yield _line(word, results)
        if len(takes) > 2:
            for result in results:
                if result.own_score < UNLIKE_SCORE:
                    path = takes[result.number].path
                    yield f"  {path} is unlike the other takes of {word!r}: is it that word?"
        for other in sorted({result.best_other for result in results if result.best_other}):
            yield f"  {word!r} is taken for {other!r}: they sound alike, choose another word"
    for stricter in enrolment.stricter:
        yield stricter.sentence()
    yield from _expectation(enrolment)


def _line(word: str, results: list[TakeResult]) -> str:
    count = len(results)
    if count == 1:
        return f"{word}: 1 take, so it cannot be tested: record {GOOD_TAKES - 1} more"
    detected = sum(result.detected for result in results)
    more = f"; record {GOOD_TAKES - count} more" if count < GOOD_TAKES else ""
    return f"{word}: {count} takes, {detected} of them detected with the other takes{more}"


def _expectation(enrolment: Enrolment) -> Iterator[str]:
    tested = [result for result in enrolment.results if len(enrolment.takes[result.word]) > 1]
    if tested:
        share = sum(result.detected for result in tested) / len(tested)
        yield (
            f"expected of this speaker, in a quiet room: {share:.0%} of the words "
            f"({len(tested)} takes, each tested with the others)"
        )
    yield (
        f"expected of other people: about {enrolment.others_share:.0%} (measured with other words "
        "and other people): record takes of each person, with --speaker"
    )
    yield (
        f"expected false accepts: about {enrolment.false_per_hour:.1g} an hour while other people "
        f"talk, none in silence; kws-listen --max-false-per-hour {STRICTER:g} is stricter"
    )

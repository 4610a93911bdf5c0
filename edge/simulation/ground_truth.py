"""The ground truth of simulated signals: what was drawn or said, and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar


@dataclass(frozen=True)
class Mark:
    """A digit that was drawn, or a word that was said, in seconds of the stream."""

    label: str
    start: float
    end: float


class Timed(Protocol):
    """An event with the source time at which it ended, such as a Detection."""

    @property
    def t(self) -> float: ...


Event = TypeVar("Event", bound=Timed)


def events_by_mark(
    marks: Iterable[Mark], events: Sequence[Event], tolerance_s: float
) -> tuple[list[tuple[Mark, list[Event]]], list[Event]]:
    """The events that fall into each mark, and those that fall into none.

    An event counts for a mark from its start until `tolerance_s` after its end, whatever the two
    labels are; of two marks that would fit, the first one takes it.
    """
    remaining = list(events)
    found = []
    for mark in marks:
        mine: list[Event] = []
        others: list[Event] = []
        for event in remaining:
            inside = mark.start < event.t < mark.end + tolerance_s
            (mine if inside else others).append(event)
        found.append((mark, mine))
        remaining = others
    return found, remaining

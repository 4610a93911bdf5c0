"""The result of one check."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.errors import EdgeError, RecordingError

OK, WARNING, FAULT = "ok", "warning", "fault"
LEVELS = (OK, WARNING, FAULT)


@dataclass(frozen=True)
class Finding:
    check: str
    """What was checked, in one word."""
    level: str
    """One of LEVELS."""
    text: str
    fix: str | None = None
    """What the user can do about it; None if nothing is wrong."""
    values: dict[str, float] = field(default_factory=dict)
    """The measured values, for programs."""


def finding_from_error(check: str, error: EdgeError) -> Finding:
    """Return a fault with the cause and the remedy that the message of the error has.

    Messages have the form `cause: remedy`, except those about recordings: they may contain colons.
    """
    if isinstance(error.__cause__, RecordingError):
        return Finding(check, FAULT, str(error), "give another recording")
    text, _, fix = str(error).rpartition(": ")
    return Finding(check, FAULT, text or fix, fix if text else None)


def level_of(value: float, warning: float, fault: float) -> str:
    """Return the level of a value that is worse the larger it is; the limits themselves are ok."""
    return FAULT if value > fault else WARNING if value > warning else OK

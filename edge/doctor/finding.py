"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.errors import EdgeError, RecordingError

OK, WARNING, FAULT = "ok", "warning", "fault"
LEVELS = (OK, WARNING, FAULT)


@dataclass(frozen=True)
class Finding:
    check: str
    """One word: what was looked at."""
    level: str
    text: str
    fix: str | None = None
    """What to do about it; None where nothing is wrong."""
    values: dict[str, float] = field(default_factory=dict)
    """What was measured, for programs."""


def broken(check: str, error: EdgeError) -> Finding:
    """What an error says: of the form `what is wrong: what to do`, but for those of files."""
    if isinstance(error.__cause__, RecordingError):
        return Finding(check, FAULT, str(error), "give another recording")
    text, _, fix = str(error).rpartition(": ")
    return Finding(check, FAULT, text or fix, fix if text else None)


def graded(value: float, warning: float, fault: float) -> str:
    """The level of something that is worse the larger it is."""
    return FAULT if value > fault else WARNING if value > warning else OK

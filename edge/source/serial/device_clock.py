"""From sequence numbers and a wrapping microsecond counter to one time line, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

NUMBERS = 1 << 16
MICROSECONDS = 1 << 32
RECENT = 64  # samples: what comes again from so short a while ago is a repetition
LONG_GAP = 10.0  # s without a sample that we believe only when our own clock has seen it pass
EARLY = 2.0  # s that a sample may seem to come before it was taken (clocks differ, buffers fill)
DRIFT = 0.01  # by which the clocks of a cheap board and of this host may differ


@dataclass(frozen=True)
class Step:
    """Where a sample stands."""

    t: float
    """Seconds since the first sample, strictly increasing."""
    lost: int
    """Samples missing before it."""
    restarted: bool
    """The board began anew before it, so both figures are by this host's clock."""


class DeviceClock:
    def __init__(self) -> None:
        self._seq = 0
        self._time_us = 0
        self._us = -1  # since the first sample; -1 before it
        self._arrival = 0.0
        self._offset = 0.0  # this host's clock minus the board's, for what came through fastest
        self._booted = self._cut = False

    def interrupted(self) -> None:
        """What comes next comes over a new line, so nothing in it is a repetition."""
        self._cut = True

    def booted(self) -> None:
        """The board says so: its numbers and times start anew."""
        self._booted = True

    def step(self, seq: int, time_us: int, rate: float, now: float) -> Step | None:
        """The next sample's place, or None for one that was here before."""
        first = self._us < 0
        numbers = (seq - self._seq) % NUMBERS
        passed = (time_us - self._time_us) % MICROSECONDS
        restarted = lost = 0
        if first:
            passed = 1
        elif not (self._booted or self._cut) and self._repeated(numbers, passed, rate):
            return None
        else:
            # A long gap takes the number round, once or more; time tells how often.
            due = passed * rate / 1e6
            numbers += NUMBERS * max(0, round((due - numbers) / NUMBERS))
            restarted = self._booted or not self._believable(numbers, passed, rate, now)
            if restarted:
                gap = max(now - self._arrival, 1 / rate)
                passed, lost = round(gap * 1e6), max(0, round(gap * rate) - 1)
            else:
                lost = numbers - 1
        self._us += max(1, passed)
        offset = now - self._us / 1e6
        leaked = self._offset + DRIFT * passed / 1e6
        self._offset = offset if first or restarted else min(leaked, offset)
        self._seq, self._time_us, self._arrival = seq, time_us, now
        self._booted = self._cut = False
        return Step(self._us / 1e6, lost, bool(restarted))

    @staticmethod
    def _repeated(numbers: int, passed: int, rate: float) -> bool:
        back, ago = -numbers % NUMBERS, -passed % MICROSECONDS / 1e6
        return back <= RECENT and abs(ago * rate - back) <= 2 + back / 2

    def _believable(self, numbers: int, passed: int, rate: float, now: float) -> bool:
        """Did the board just go on? Else it restarted: time went back, or disagrees with numbers,
        or with this host's clock."""
        seconds = passed / 1e6
        if passed >= MICROSECONDS // 2 or not numbers:
            return False
        if abs(seconds * rate - numbers) > max(rate, 0.1 * numbers):
            return False
        early = self._offset - (now - (self._us + passed) / 1e6)
        return seconds < LONG_GAP or early < EARLY + DRIFT * seconds

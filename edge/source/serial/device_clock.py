"""Time stamps and lost samples from sequence numbers and a microsecond counter, which both wrap."""

from __future__ import annotations

from dataclasses import dataclass

SEQUENCE_NUMBERS = 1 << 16
MICROSECONDS = 1 << 32
DUPLICATE_WINDOW = 64  # samples: a number from this short a while ago is a duplicate
LONG_GAP = 10.0  # s without a sample: accepted only if about that long has passed on the host
EARLY = 2.0  # s that a sample may seem to arrive before it was taken (clocks differ, buffers fill)
DRIFT = 0.01  # relative difference possible between the clocks of a cheap board and of the host


@dataclass(frozen=True)
class Step:
    """The position of a sample in the stream."""

    t: float
    """Seconds since the first sample, strictly increasing."""
    lost: int
    """Samples missing before it."""
    restarted: bool
    """The board restarted before this sample: `t` and `lost` are estimates by the host's clock."""


class DeviceClock:
    def __init__(self) -> None:
        self._seq = 0
        self._time_us = 0
        self._us = -1  # since the first sample; -1 before it
        self._arrival = 0.0
        self._offset = 0.0  # host clock minus board clock, for the sample with the least delay
        self._booted = self._interrupted = False

    def interrupted(self) -> None:
        """The connection was interrupted: the next sample cannot be a duplicate."""
        self._interrupted = True

    def booted(self) -> None:
        """The board has reported a restart: its sequence numbers and times start again."""
        self._booted = True

    def step(self, seq: int, time_us: int, rate: float, now: float) -> Step | None:
        """Return the position of the next sample, or None if it is a duplicate."""
        first = self._us < 0
        numbers = (seq - self._seq) % SEQUENCE_NUMBERS
        passed = (time_us - self._time_us) % MICROSECONDS
        restarted = lost = 0
        if first:
            passed = 1
        elif not (self._booted or self._interrupted) and self._is_duplicate(numbers, passed, rate):
            return None
        else:
            # In a long gap the sequence number wraps, perhaps repeatedly: time shows how often.
            due = passed * rate / 1e6
            numbers += SEQUENCE_NUMBERS * max(0, round((due - numbers) / SEQUENCE_NUMBERS))
            restarted = self._booted or not self._is_plausible(numbers, passed, rate, now)
            if restarted:
                gap = max(now - self._arrival, 1 / rate)
                passed, lost = round(gap * 1e6), max(0, round(gap * rate) - 1)
            else:
                lost = numbers - 1
        self._us += max(1, passed)
        offset = now - self._us / 1e6
        with_drift = self._offset + DRIFT * passed / 1e6
        self._offset = offset if first or restarted else min(with_drift, offset)
        self._seq, self._time_us, self._arrival = seq, time_us, now
        self._booted = self._interrupted = False
        return Step(self._us / 1e6, lost, bool(restarted))

    @staticmethod
    def _is_duplicate(numbers: int, passed: int, rate: float) -> bool:
        numbers_back = -numbers % SEQUENCE_NUMBERS
        seconds_back = -passed % MICROSECONDS / 1e6
        return (
            numbers_back <= DUPLICATE_WINDOW
            and abs(seconds_back * rate - numbers_back) <= 2 + numbers_back / 2
        )

    def _is_plausible(self, numbers: int, passed: int, rate: float, now: float) -> bool:
        """Return whether the board has run on; if not, it has restarted.

        After a restart the time goes back, or contradicts the sequence number or the host's clock.
        """
        seconds = passed / 1e6
        if passed >= MICROSECONDS // 2 or not numbers:
            return False
        if abs(seconds * rate - numbers) > max(rate, 0.1 * numbers):
            return False
        early = self._offset - (now - (self._us + passed) / 1e6)
        return seconds < LONG_GAP or early < EARLY + DRIFT * seconds

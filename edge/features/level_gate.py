"""Is there anything to hear? Spares the network in a quiet room, and in any steady noise."""

from __future__ import annotations

RISE = 0.6  # above the room, in nats of the mean band, that opens: it must not miss a soft word
FALL_S = 0.3  # how fast the idea of the room follows when it grows quieter
CLIMB_S = 8.0  # and louder: slower than anyone speaks without a breath
HOLD_S = 1.2  # stays open after the last sound: longer than a word is still heard


class LevelGate:
    """Told the loudness of each block of frames, in the order in which they come."""

    def __init__(self, seconds: float) -> None:
        """`seconds` of sound are in each block."""
        self._fall, self._climb = seconds / FALL_S, seconds / CLIMB_S
        self._hold = round(HOLD_S / seconds)
        self._room: float | None = None
        self._left = 0
        self.loud = False
        """Was the newest block above the room?"""

    def open(self, level: float) -> bool:
        """Is there something to hear in or shortly before the block that is so loud, in nats?"""
        if self._room is None:
            self._room = level
            self._left = self._hold  # whoever starts us may be speaking already
        self.loud = level > self._room + RISE
        self._left = self._hold if self.loud else self._left - 1
        follow = self._fall if level < self._room else self._climb
        self._room += follow * (level - self._room)
        return self._left > 0

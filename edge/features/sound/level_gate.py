"""Is there anything to hear? Spares the network in a quiet room, and in any steady noise."""

from __future__ import annotations

RISE = 0.6  # above the room, in nats of the mean band, that opens: it must not miss a soft word
FALL_S = 0.3  # how fast the idea of the room follows when it grows quieter
CLIMB_S = 8.0  # and louder: slower than anyone speaks without a breath
HOLD_S = 1.2  # stays open after the last sound: longer than a word is still heard


class LevelGate:
    """Told the loudness of each block of frames, in the order in which they come."""

    def __init__(self, seconds: float, nothing: float) -> None:
        """`seconds` of sound are in each block; `nothing` is how loud digital silence is."""
        self._fall, self._climb = seconds / FALL_S, seconds / CLIMB_S
        self._hold, self._nothing = round(HOLD_S / seconds), nothing
        self._left = self._zeros = 0
        self.begin()

    def begin(self) -> None:
        """What comes now may be from another room."""
        self._room: float | None = None
        self._new = 0  # blocks that are left to know it
        self.active = False
        """Was the newest block above the room?"""

    def open(self, level: float) -> bool:
        """Is there something to hear in or shortly before the block that is so loud, in nats?"""
        if level <= self._nothing + RISE:
            # What sends zeros has just been switched on, or leaves out what it takes for silence:
            # of the room they tell nothing.
            self._zeros += 1
            if self._zeros * self._fall >= 1:
                self.begin()
            return self.rest()
        self._zeros = 0
        if self._room is None:
            # Whoever starts us may be speaking already, or the sound be faded in.
            self._room = level
            self._left = self._new = self._hold
        rises = level > self._room + RISE
        self.active = rises or self._new > 0
        self._left = self._hold if rises else self._left - 1
        known = level > self._room and not self._new
        self._room += (self._climb if known else self._fall) * (level - self._room)
        self._new = max(0, self._new - 1)
        return self._left > 0

    def rest(self) -> bool:
        """The same for a block that is none: nothing was heard, and nothing is learnt."""
        self.active = False
        self._left -= 1
        return self._left > 0

"""The level gate: it opens while the sound is above the noise floor.

The network runs only while the gate is open: it is idle in silence and in any steady noise.

How `noise_floor` is estimated: it starts at the level of the first block and then follows the level
of every block through a first-order filter, quickly downwards (time constant FALL_S) and slowly
upwards (CLIMB_S), so it stays at the level of the pauses while somebody speaks. During the first
HOLD_S seconds it follows quickly in both directions. Digital silence does not change it; FALL_S
seconds of digital silence reset it.
"""

from __future__ import annotations

# Each upper-case name is written into the manifests of models ("gate").
RISE = 0.6  # nats of mean band level above the noise floor that open: low enough for a soft word
FALL_S = 0.3  # time constant of the noise floor downwards
CLIMB_S = 8.0  # and upwards: longer than anyone speaks without a pause for breath
HOLD_S = 1.2  # time that the gate stays open after the last sound: longer than a word needs


class LevelGate:
    """Follows the level of each block of frames, in the order of the stream."""

    def __init__(self, block_s: float, silence_level: float) -> None:
        """`block_s` is the duration of a block; `silence_level` is that of digital silence."""
        self._fall, self._climb = block_s / FALL_S, block_s / CLIMB_S
        self._hold_blocks, self._silence_level = round(HOLD_S / block_s), silence_level
        self._open_blocks = self._silent_blocks = 0
        self.reset()

    def reset(self) -> None:
        """Forget the noise floor: the sound that follows may have another one."""
        self.noise_floor: float | None = None
        """Estimated level of the background in nats; None until there is a block of sound."""
        self._starting_blocks = 0  # blocks for which the noise floor still follows quickly
        self.active = False
        """Whether the newest block is above the noise floor."""

    def update(self, level: float) -> bool:
        """Return whether the gate is open for a block of this level in nats.

        It is open for a block above the noise floor and for HOLD_S seconds after it.
        """
        if level <= self._silence_level + RISE:
            # Digital silence: a device that was just switched on, or one that replaces quiet
            # sound by zeros. The level of the background is not known from it.
            self._silent_blocks += 1
            if self._silent_blocks * self._fall >= 1:
                self.reset()
            return self.skip()
        self._silent_blocks = 0
        if self.noise_floor is None:
            # The first block may be speech already, or part of a fade-in.
            self.noise_floor = level
            self._open_blocks = self._starting_blocks = self._hold_blocks
        rises = level > self.noise_floor + RISE
        self.active = rises or self._starting_blocks > 0
        self._open_blocks = self._hold_blocks if rises else self._open_blocks - 1
        slow = level > self.noise_floor and not self._starting_blocks
        self.noise_floor += (self._climb if slow else self._fall) * (level - self.noise_floor)
        self._starting_blocks = max(0, self._starting_blocks - 1)
        return self._open_blocks > 0

    @property
    def is_open(self) -> bool:
        """Whether the gate is open for the newest block."""
        return self._open_blocks > 0

    def skip(self) -> bool:
        """Return whether the gate is open for a block without sound: the noise floor stays."""
        self.active = False
        self._open_blocks -= 1
        return self._open_blocks > 0

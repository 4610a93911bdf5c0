"""What may be wrong with a microphone that delivers: each is said once."""

from __future__ import annotations

import logging
from math import inf

from edge.source.microphone.input_stream import Block

log = logging.getLogger(__name__)

SETTLING = 1.0  # s in which the driver's buffers fill
MEASURED = 10.0  # s: a block that comes early or late is nothing against it
TOLERANCE = 0.02
MUTED = 5.0  # s of nothing but zeros: even a quiet room is louder
BETWEEN = 10.0  # s from one word about lost sound to the next


class Watch:
    """Over one microphone, from its opening on."""

    def __init__(
        self, name: str, rate: int, now: float, patience: float = MUTED, told: bool = False
    ) -> None:
        """`patience`: seconds of nothing but zeros, after which it is taken for muted; `told`
        that it is."""
        self._name, self._rate, self._patience, self._told_muted = name, rate, patience, told
        self._opened = now
        self._since = 0.0
        self._frames = self._zeros = 0
        self._lost, self._told_lost = 0, -inf
        self._wrong_rate = False
        self.muted = False
        self.silent_s = 0.0
        """How long there were zeros alone before the newest block."""

    def block(self, block: Block) -> None:
        self._check_rate(block)
        self._check_zeros(block)
        self._check_loss(block)

    def _check_rate(self, block: Block) -> None:
        """48 kHz that come as 16 would be heard as something else, and not by themselves."""
        if block.arrived - self._opened < SETTLING:
            return
        if not self._since:
            self._since = block.arrived
            return
        self._frames += len(block.frames) + block.lost
        elapsed = block.arrived - self._since
        if elapsed < MEASURED:
            return
        measured = self._frames / elapsed
        if abs(measured / self._rate - 1) > TOLERANCE and not self._wrong_rate:
            self._wrong_rate = True
            log.warning(
                "%s says %d samples a second and delivers %d: what it hears is distorted, choose "
                "another --device",
                *(self._name, self._rate, measured),
            )
        self._since, self._frames = block.arrived, 0

    @property
    def sounds(self) -> bool:
        """Was there anything in the newest block?"""
        return not self._zeros

    def _check_zeros(self, block: Block) -> None:
        self.silent_s = self._zeros / self._rate
        if block.frames.any():
            self._zeros = 0
            return
        self._zeros += len(block.frames)
        if self._zeros > self._patience * self._rate and not self.muted:
            self.muted = True
            if not self._told_muted:
                log.warning("nothing but silence from %s: is it muted?", self._name)

    def _check_loss(self, block: Block) -> None:
        self._lost += block.lost
        if self._lost and block.arrived - self._told_lost > BETWEEN:
            lost_ms = max(1, round(1000 * self._lost / self._rate))
            log.warning("%d ms of sound were lost: this computer is busy", lost_ms)
            self._lost, self._told_lost = 0, block.arrived

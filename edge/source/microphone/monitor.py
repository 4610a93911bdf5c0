"""Faults of a microphone that delivers: wrong rate, muted, lost sound. Each is logged once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from math import inf

from edge.source.microphone.input_stream import Block

log = logging.getLogger(__name__)

SETTLING_TIME = 1.0  # s in which the driver's buffers fill
MEASURING_TIME = 10.0  # s: one early or late block then hardly changes the measured rate
RATE_TOLERANCE = 0.02
MUTE_TIME = 5.0  # s of nothing but zeros: even a quiet room is louder
LOSS_INTERVAL = 10.0  # s between two messages about lost sound


class StreamMonitor:
    """Checks the blocks of one microphone from the moment it was opened."""

    def __init__(
        self,
        name: str,
        rate: int,
        now: float,
        mute_time: float = MUTE_TIME,
        warned_muted: bool = False,
        report: Callable[[str], None] = lambda message: None,
    ) -> None:
        """`mute_time`: seconds of zeros after which the microphone counts as muted.

        `warned_muted`: the user has been told so already. `report`: called with each message
        that is logged.
        """
        self._name, self._rate, self._report = name, rate, report
        self._mute_time, self._warned_muted = mute_time, warned_muted
        self._opened = now
        self._measured_from = 0.0
        self._frames = self._zeros = 0
        self._lost, self._loss_reported_at = 0, -inf
        self._warned_rate = False
        self.muted = False
        self.silence_before = 0.0
        """Seconds of zeros immediately before the newest block."""

    def check(self, block: Block) -> None:
        self._check_rate(block)
        self._check_zeros(block)
        self._check_loss(block)

    @property
    def has_sound(self) -> bool:
        """Whether the newest block holds anything but zeros."""
        return not self._zeros

    def _check_rate(self, block: Block) -> None:
        """Sound at another rate than the announced one has a wrong pitch; nothing else shows it."""
        if block.arrived - self._opened < SETTLING_TIME:
            return
        if not self._measured_from:
            self._measured_from = block.arrived
            return
        self._frames += len(block.frames) + block.lost
        elapsed = block.arrived - self._measured_from
        if elapsed < MEASURING_TIME:
            return
        measured = self._frames / elapsed
        if abs(measured / self._rate - 1) > RATE_TOLERANCE and not self._warned_rate:
            self._warned_rate = True
            self._warn(
                f"{self._name} announces {self._rate} samples a second and delivers {measured:.0f}:"
                " its sound is distorted, choose another --device"
            )
        self._measured_from, self._frames = block.arrived, 0

    def _check_zeros(self, block: Block) -> None:
        self.silence_before = self._zeros / self._rate
        if block.frames.any():
            self._zeros = 0
            return
        self._zeros += len(block.frames)
        if self._zeros > self._mute_time * self._rate and not self.muted:
            self.muted = True
            if not self._warned_muted:
                self._warn(f"nothing but silence from {self._name}: is it muted?")

    def _check_loss(self, block: Block) -> None:
        self._lost += block.lost
        if self._lost and block.arrived - self._loss_reported_at > LOSS_INTERVAL:
            lost_ms = max(1, round(1000 * self._lost / self._rate))
            self._warn(f"{lost_ms} ms of sound were lost: this computer is busy")
            self._lost, self._loss_reported_at = 0, block.arrived

    def _warn(self, message: str) -> None:
        log.warning(message)
        self._report(message)

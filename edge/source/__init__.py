"""Where samples come from. A new source is one module and one line in SOURCES."""

from __future__ import annotations

import argparse
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from edge.samples import MOTION, Chunk, Health

MOTION_SOURCES = {
    "serial": "edge.source.serial.source:SerialSource",
    "i2c": "edge.source.i2c.source:I2CSource",
    "replay": "edge.source.files.motion:ReplaySource",
    "mock": "edge.source.simulated.hand:SimulatedHand",
}

SOUND_SOURCES = {
    "microphone": "edge.source.microphone.source:MicrophoneSource",
    "files": "edge.source.files.sound:SoundFiles",
    "pcm": "edge.source.files.pcm_pipe:PcmSource",
    "mock": "edge.source.simulated.microphone:SimulatedMicrophone",
}

# Where no model says what it needs.
HAND_MOTION: dict[str, Any] = {
    "channels": list(MOTION),
    "rate_hz": 100,
    "accel_g": 4,
    "gyro_dps": 500,
}


class Source(ABC):
    """Opened with `with`, read with `for chunk in source`. Real, replayed and simulated alike.

    The iterator yields at least every 0.25 s of wall time, an empty chunk if nothing came, so that
    whoever reads stays able to react. It ends when the source has ended (a recording is over) and
    raises SourceError when it cannot go on. What can be survived is survived, counted in `health`
    and said once through `logging`.
    """

    channels: tuple[str, ...]
    """Names of the columns, known once opened: MOTION, ACCEL for a sensor without gyro, AUDIO."""
    rate: float
    """Nominal samples a second, known once opened."""
    health: Health

    @classmethod
    @abstractmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        """Add the command-line options that choose and set up this source."""

    @classmethod
    @abstractmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        """The source that the options ask for, or None when they ask for another.

        `needs` is `input.sensor` of the model's manifest, e.g.
        {"channels": [...], "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}.
        """

    @abstractmethod
    def __enter__(self) -> Source: ...

    @abstractmethod
    def __exit__(self, *exc: object) -> None: ...

    @abstractmethod
    def __iter__(self) -> Iterator[Chunk]: ...

    def describe(self) -> dict[str, Any]:
        """What an opened source knows of its device, for the doctor; nothing is promised.

        `device`: its port or bus. `address`, `who_am_i`, `accel_g`, `gyro_dps`: of the sensor, as
        it is set up. `asleep`: was it? `restarted`: did opening restart the board? And what the
        board has counted, under the names of the protocol's STATUS.
        """
        return {}

"""Sources deliver samples. A new source is one module and one line in MOTION_SOURCES,
SOUND_SOURCES, ECG_SOURCES, PLETH_SOURCES, COLUMN_SOURCES or IMAGE_SOURCES, or an entry point of
"edge_sense.motion_sources", "edge_sense.sound_sources", "edge_sense.ecg_sources",
"edge_sense.pleth_sources", "edge_sense.column_sources" or "edge_sense.image_sources" in a package
of your own."""

from __future__ import annotations

import argparse
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from math import inf
from typing import Any, ClassVar

from edge.registry import Registry
from edge.samples import AUDIO, COLOUR, ECG, GREY, MOTION, PLETH, Chunk, Health

MOTION_SOURCES = Registry(
    "edge_sense.motion_sources",
    {
        "serial": "edge.source.serial.source:SerialSource",
        "i2c": "edge.source.i2c.source:I2CSource",
        "replay": "edge.source.files.motion:ReplaySource",
        "mock": "edge.source.simulated.hand:SimulatedHand",
    },
)

SOUND_SOURCES = Registry(
    "edge_sense.sound_sources",
    {
        "microphone": "edge.source.microphone.source:MicrophoneSource",
        "files": "edge.source.files.sound:SoundFiles",
        "pcm": "edge.source.files.pcm_pipe:PcmSource",
        "mock": "edge.source.simulated.microphone:SimulatedMicrophone",
    },
)

WAIT, RETRY_WAITS = 0.2, 5  # s: with --wait, a device is searched for once a second

ECG_SOURCES = Registry(
    "edge_sense.ecg_sources",
    {
        "serial": "edge.source.serial.source:SerialSource",
        "replay": "edge.source.files.ecg:EcgRecords",
        "mock": "edge.source.simulated.heart:SimulatedHeart",
    },
)

COLUMN_SOURCES = Registry(
    "edge_sense.column_sources",
    {
        "serial": "edge.source.serial.source:SerialSource",
        "replay": "edge.source.files.columns:ColumnRecords",
        "mock": "edge.source.simulated.columns:SimulatedColumns",
    },
)

PLETH_SOURCES = Registry(
    "edge_sense.pleth_sources",
    {
        "serial": "edge.source.serial.source:SerialSource",
        "replay": "edge.source.files.columns:ColumnRecords",
        "mock": "edge.source.simulated.circulation:SimulatedCirculation",
    },
)

IMAGE_SOURCES = Registry(
    "edge_sense.image_sources",
    {
        "replay": "edge.source.files.images:ImageFiles",
        "mock": "edge.source.simulated.images:SimulatedImages",
    },
)

SOURCE_TABLES = (
    *(MOTION_SOURCES, SOUND_SOURCES, ECG_SOURCES),
    *(PLETH_SOURCES, COLUMN_SOURCES, IMAGE_SOURCES),
)


def sources_for(channels: Sequence[str]) -> Registry:
    """The sources that can deliver these channels; COLUMN_SOURCES deliver any."""
    names = tuple(channels)
    if set(names) <= set(MOTION):
        return MOTION_SOURCES
    tables = {
        AUDIO: SOUND_SOURCES,
        ECG: ECG_SOURCES,
        PLETH: PLETH_SOURCES,
        GREY: IMAGE_SOURCES,
        COLOUR: IMAGE_SOURCES,
    }
    return tables.get(names, COLUMN_SOURCES)


# The requirements of digits drawn in the air, for commands that load no model.
HAND_MOTION: dict[str, Any] = {
    "channels": list(MOTION),
    "rate_hz": 100,
    "accel_g": 4,
    "gyro_dps": 500,
}


class Source(ABC):
    """Opened with `with`, read with `for chunk in source`: sensors, recordings and simulations.

    The iterator yields at least every 0.25 s of wall time, an empty chunk if no sample came, so
    that the reader can react to signals. It ends when the source ends (a recording is over) and
    raises SourceError when the source cannot go on. Faults that the source recovers from are
    counted in `health` and logged once. `health` is also told when the device goes away and comes
    back (`device_lost`, `device_found`), and when a fault degrades the samples (`degraded`).
    """

    channels: tuple[str, ...]
    """Names of the columns: MOTION, ACCEL for a sensor without gyroscope, AUDIO, ECG, GREY or
    COLOUR for images, or those of a model. Valid once the source is open."""
    rate: float
    """Nominal samples a second. Valid once the source is open."""
    health: Health
    is_device: ClassVar[bool] = False
    """Whether it is hardware: its samples do not wait for a slow reader, and `--wait` waits until
    it is there."""
    wanted_t: float = -inf
    """Source time of the next sample with which an event can come, at the earliest. The reader sets
    it after each chunk. A live source may sleep until then, to wake up rarely; it still yields at
    least every 0.25 s. Others ignore it."""

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        """Add the command-line options that choose and set up this source; the first one added
        chooses it."""

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        """The source that the options ask for, or None when they ask for another.

        `requirements` is `input.sensor` of the model's manifest, e.g.
        {"channels": [...], "rate_hz": 100, "accel_g": 4, "gyro_dps": 500}.
        """
        return None

    @abstractmethod
    def __enter__(self) -> Source: ...

    @abstractmethod
    def __exit__(self, *exc: object) -> None: ...

    @abstractmethod
    def __iter__(self) -> Iterator[Chunk]: ...

    def until_worth_opening(self) -> Iterator[None]:
        """Wait until a device that could not be opened may be there; yield every 0.25 s or more
        often."""
        for _ in range(RETRY_WAITS):
            time.sleep(WAIT)
            yield

    def truth_at(self, t: float) -> str | None:
        """The label that a simulated source really drew or said shortly before source time `t`, or
        "" for nothing. None if the truth is unknown, as with every sensor."""
        return None

    def describe(self) -> dict[str, Any]:
        """Facts about the device of an opened source, for the doctor. Every key is optional.

        `device`: its port or bus. `address`, `who_am_i`, `accel_g`, `gyro_dps`: of the sensor, as
        it is set up. `asleep`: whether it was asleep. `restarted`: whether opening the port
        restarted the board. And the board's own counters, under the names of the protocol's STATUS.
        """
        return {}

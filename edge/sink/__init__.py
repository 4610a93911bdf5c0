"""Sinks show events. A new sink is one module and one line in SINKS, or an entry point of the group
"edge_sense.sinks" in a package of your own. Several sinks can run at once."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, TextIO

import numpy as np
from numpy.typing import NDArray

from edge.controls import Controls
from edge.events import RunEvent
from edge.registry import Registry
from edge.samples import AUDIO, ECG, Chunk, Health

SINKS = Registry(
    "edge_sense.sinks",
    {
        "terminal": "edge.sink.terminal:TerminalSink",
        "json": "edge.sink.json_lines:JsonLinesSink",
        "json-file": "edge.sink.json_file:JsonFileSink",
        "systemd": "edge.sink.systemd:SystemdSink",
        "metrics": "edge.sink.metrics:MetricsSink",
        "mqtt": "edge.sink.mqtt.sink:MqttSink",
    },
)


def host_name() -> str:
    return socket.gethostname() or "localhost"


def _new_run() -> str:
    return os.urandom(4).hex()


Preview = Callable[[], NDArray[np.float32] | None]


@dataclass(frozen=True)
class StreamInfo:
    """Properties of the run whose events a sink shows."""

    rate: float
    """Nominal samples a second."""
    channels: tuple[str, ...]
    hint: str = ""
    """Shown when nothing is recognised for a while: what the user can do."""
    device: str = field(default_factory=host_name)
    """The name of this device in events."""
    model: str = ""
    """The name of the model in events."""
    model_sha256: str = ""
    """Of the model file."""
    task: str = ""
    """The task of the model."""
    features: str = ""
    """The kind of the model's features, such as "stroke"."""
    words: tuple[str, ...] = ()
    """The labels that can be detected."""
    waveforms: tuple[str, ...] = ()
    """The names of the waveforms that the model computes, if it computes any in place of scores."""
    from_device: bool = False
    """Whether the samples come from hardware, which does not wait for a slow reader of events."""
    serves_clients: bool = False
    """Whether samples come only while clients send some."""
    run: str = field(default_factory=_new_run)
    """Random name of this run: with the number of an event it is the event's `id`."""
    controls: Controls = field(default_factory=Controls)
    """How a sink changes the running recognition."""

    @property
    def is_sound(self) -> bool:
        """Sound has a level, and no strokes that could be counted."""
        return self.channels == AUDIO

    @property
    def has_strokes(self) -> bool:
        """Whether what is recognised are strokes, which may be rejected: windows of any other
        sensor come without a beginning and an end."""
        return self.features not in ("window", "image") and not (self.is_sound or self.is_ecg)

    @property
    def is_ecg(self) -> bool:
        """Each beat of an ECG is an event, about one a second: it is shown in one line."""
        return self.channels == ECG


class Sink(ABC):
    option: ClassVar[str] = ""
    """The option that chooses it, for messages."""
    uses_stdout: ClassVar[bool] = False
    """At most one sink may write to stdout."""
    delivers_events: ClassVar[bool] = True
    """Whether somebody gets events from it; the run ends if no such sink is left."""
    needs_rejections: ClassVar[bool] = False
    """Whether it gets rejections even if they are left out, because it counts them."""
    is_for_people: ClassVar[bool] = False
    """Whether its reader is a person, who needs no summary of a run that did not begin."""

    def __init__(self, info: StreamInfo, stream: TextIO | None = None) -> None:
        """`stream`: where it writes (default: stdout)."""
        self.info = info
        self.stream = sys.stdout if stream is None else stream

    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        """Add the command-line options that choose and set up this sink."""

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        """The sink that the options choose, or None if they do not choose it."""
        return None

    @abstractmethod
    def show(self, event: RunEvent) -> None:
        """Called for every event; ignore those of a class that you do not know."""

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        """Called after every chunk, so that a sink can show that the stream is alive.

        `preview` computes the path of a stroke that is still being drawn; None if there is none.
        """

    def change_info(self, info: StreamInfo) -> None:
        """Called when another model is used from now on."""
        self.info = info

    def close(self) -> None:
        """Called once, after the summary."""

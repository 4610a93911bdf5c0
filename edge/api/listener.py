"""Recognise in the samples of a source: a microphone, a sensor, recordings, a simulation."""

from __future__ import annotations

import argparse
import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from edge.api.recognizer import chain_of, selected
from edge.chain import Chain, events
from edge.decision import Event
from edge.model import Model
from edge.model.requirements import check_channels
from edge.registry import Registry
from edge.samples import AUDIO, Health
from edge.source import Source, sources_for
from edge.source.selection import choose_source, source_options


class Listener:
    """Iterate over it to get events; `health` counts what the source delivered and lost.

    It opens its source when the iteration begins and closes it at the end. `stop` may be called
    from another thread and ends the iteration within 0.25 s.
    """

    def __init__(self, source: Source, chain: Chain, rejections: bool) -> None:
        self.source, self.model = source, chain.model
        self._chain, self._rejections = chain, rejections
        self._stopping = threading.Event()

    @property
    def health(self) -> Health:
        return self.source.health

    def stop(self) -> None:
        self._stopping.set()

    def __iter__(self) -> Iterator[Event]:
        with self.source as source:
            check_channels(self.model, source.channels)
            for event in events(source, self._chain, self._stopping.is_set):
                yield from selected([event], self._rejections)


def listen(
    task: str,
    *,
    model: str | Path | None = None,
    source: Source | None = None,
    threshold: float | None = None,
    max_false_per_hour: float | None = None,
    numbers: bool = False,
    rejections: bool = False,
    runtime: str | None = None,
    **options: Any,
) -> Listener:
    """Events of a source: `for event in edge.listen("kws"): print(event.label, event.score)`.

    `task`: "kws", "sounddigit", "airdigit" or "ecg"; also the shipped model that is used unless
    `model` names another. The source is the default microphone for sound. Another one is chosen as
    with the commands, without the dashes: port="/dev/ttyUSB0", i2c=1, device="usb",
    replay="take.csv", mock=True. Or give a `source` of your own.
    """
    loaded = Model.load(task if model is None else model, runtime, task)
    chain = chain_of(loaded, threshold, max_false_per_hour, numbers)
    requirements = loaded.manifest.input["sensor"]
    if source is None:
        source = _source(requirements, options)
    elif options:
        raise TypeError(
            f"listen() got a source and also {', '.join(options)}, which choose another"
        )
    return Listener(source, chain, rejections)


async def listen_async(task: str, **arguments: Any) -> AsyncIterator[Event]:
    """As `listen`, for asyncio: `async for event in edge.listen_async("airdigit", i2c=1)`.

    A separate thread reads the source, so a slow consumer loses no samples.
    """
    listener = listen(task, **arguments)
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event | BaseException | None]()

    def read() -> None:
        last: BaseException | None = None
        try:
            for event in listener:
                loop.call_soon_threadsafe(queue.put_nowait, event)
        except BaseException as error:
            last = error
        loop.call_soon_threadsafe(queue.put_nowait, last)

    reader = threading.Thread(target=read, name="edge-listen", daemon=True)
    reader.start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        listener.stop()
        await asyncio.to_thread(reader.join)


def _source(requirements: Mapping[str, Any], options: Mapping[str, Any]) -> Source:
    channels = tuple(requirements["channels"])
    is_sound = channels == AUDIO
    table = sources_for(channels)
    actions = _actions(table)
    if not options.keys() <= actions.keys():
        table = table.with_plugins()
        actions = _actions(table)
    unknown = sorted(options.keys() - actions.keys())
    if unknown:
        raise TypeError(
            f"listen() has no {', '.join(unknown)}; sources have {', '.join(sorted(actions))}"
        )
    values = {name: action.default for name, action in actions.items()}
    values |= {name: _converted(actions[name], value) for name, value in options.items()}
    default = "microphone" if is_sound else None
    return choose_source(argparse.Namespace(**values), table, requirements, default)


def _actions(table: Registry) -> dict[str, argparse.Action]:
    """The options of all sources, by their names in Python."""
    actions = (action for name in table for action in source_options(table, name))
    return {action.dest: action for action in actions if action.dest != "help"}


def _converted(action: argparse.Action, value: Any) -> Any:
    """A value as the option would have it: text is parsed, one value of several becomes a list."""
    several = action.nargs in ("+", "*")
    values = list(value) if several and isinstance(value, (list, tuple)) else [value]
    if callable(action.type):
        values = [action.type(str(v)) if isinstance(v, (str, Path)) else v for v in values]
    return values if several else values[0]

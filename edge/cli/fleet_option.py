"""Models that an operator sends to a live command: the options, and the update while it runs."""

from __future__ import annotations

import argparse
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.chain import Chain
from edge.cli.parser import CommandParser
from edge.cli.service_folder import service_folder
from edge.errors import EdgeError
from edge.model import Model
from edge.model.digest import file_sha256
from edge.model.requirements import check_stream
from edge.sink import StreamInfo, host_name
from edge.sink.output import Output

if TYPE_CHECKING:  # most commands take no models from an operator
    from edge.fleet.comparison import Comparison, ExchangeableChain
    from edge.fleet.offer import Plan
    from edge.fleet.store import StoredModel
    from edge.fleet.updater import Updater

log = logging.getLogger(__name__)

END_TIMEOUT = 2.0  # s in which the thread of the update can end

BuildChain = Callable[[Model], Chain]


def add_fleet_options(parser: CommandParser) -> None:
    group = parser.add_argument_group(
        "fleet", "Models that an operator sends with edge-fleet push."
    )
    group.add_argument(
        "--fleet-keys",
        type=Path,
        metavar="FILE",
        help="with --mqtt, accept models that one of these keys signed; `edge-fleet key` makes one",
    )
    group.add_argument(
        "--fleet-folder",
        type=Path,
        metavar="FOLDER",
        help="where they are stored (default: fleet in the state folder of the user or service)",
    )


class ModelUpdates:
    """The models of this device, and the thread that brings it to new ones."""

    def __init__(self, args: argparse.Namespace, task: str) -> None:
        from edge.fleet.signature import check_installed, read_keys
        from edge.fleet.store import ModelStore
        from edge.fleet.updater import Updater
        from edge.sink.mqtt.address import identifier

        if getattr(args, "mqtt", None) is None or getattr(args, "wyoming", None) is not None:
            raise EdgeError("--fleet-keys needs --mqtt, and a source of this device, not --wyoming")
        check_installed()
        read_keys(args.fleet_keys)  # an error now, not at the first offer
        folder = args.fleet_folder or _state_folder()
        self._store = ModelStore(folder / identifier(args.device_name or host_name(), task))
        self._args, self._task = args, task
        self._updater: Updater = Updater(self._store, task, args.fleet_keys)

    def first_model(self) -> Model:
        """The newest model of this device that can be loaded."""
        stored, model = self._updater.started(self._load)
        if stored.version:
            log.info("%s from the fleet is used, instead of %s", stored.file, self._args.model)
        found: Model = model
        return found

    @contextmanager
    def running(
        self, chain: ExchangeableChain, build: BuildChain, output: Output, info: StreamInfo
    ) -> Iterator[None]:
        """Inside this context, the model is exchanged when an operator sends another one."""
        from edge.sink.mqtt.sink import MqttSink

        (sink,) = (sink for sink in output.sinks if isinstance(sink, MqttSink))
        updater = self._updater
        updater.connect(sink.publish_update)
        sink.requests.answers["offer"] = lambda request: updater.offer(request.values)
        sink.requests.answers["rollback"] = lambda request: updater.roll_back()
        recognition = _LiveRecognition(self, chain, build, info)
        thread = threading.Thread(
            target=updater.run, args=(recognition,), name="edge-fleet", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            updater.stopped()
            thread.join(END_TIMEOUT)

    def wait(self, seconds: float) -> None:
        self._updater.wait(seconds)

    def _load(self, model: StoredModel) -> Model:
        path = self._store.path(model) if model.version else self._args.model
        return Model.load(path, self._args.runtime, self._task)

    def load_for(self, model: StoredModel, info: StreamInfo) -> Model:
        """The model, if it fits the samples of this run."""
        loaded = self._load(model)
        check_stream(loaded, info.rate, info.channels)
        return loaded


class _LiveRecognition:
    """What an update does to the running recognition."""

    def __init__(
        self,
        updates: ModelUpdates,
        chain: ExchangeableChain,
        build: BuildChain,
        info: StreamInfo,
    ) -> None:
        self._updates, self._chain, self._build, self._info = updates, chain, build, info

    def load(self, model: StoredModel) -> Chain:
        return self._build(self._updates.load_for(model, self._info))

    def shadow(self, candidate: Any, plan: Plan) -> str:
        return self._verdict(self._chain.compare(candidate, plan, is_new=True), ends=False)

    def switch(self, plan: Plan) -> str:
        return self._verdict(self._chain.exchange(plan), ends=True)

    def trial(self, former: Any, plan: Plan) -> str:
        return self._verdict(self._chain.compare(former, plan, is_new=False), ends=True)

    def use(self, candidate: Any) -> None:
        self._chain.use(candidate)

    def _verdict(self, comparison: Comparison, ends: bool) -> str:
        """`ends`: whether the comparison ends even if the new model is good."""
        try:
            fault = self._chain.verdict(comparison, self._updates.wait)
        except BaseException:
            self._chain.end_comparison()
            raise
        if fault or ends:
            self._chain.end_comparison()
        return fault


def exchangeable(chain: Chain, output: Output, info: StreamInfo, hint: str) -> ExchangeableChain:
    """The same chain, whose model can be exchanged; the outputs are told.

    `hint`: see `LiveCommand.hint`.
    """
    from edge.fleet.comparison import ExchangeableChain

    return ExchangeableChain(
        chain, info.controls, lambda used: output.change_info(with_model(info, used.model, hint))
    )


def with_model(info: StreamInfo, model: Model, hint: str) -> StreamInfo:
    """What the outputs are told of this model; `hint`: see `LiveCommand.hint`."""
    computes_waveforms = model.manifest.decision["kind"] == "sequence"
    return replace(
        info,
        model=model.path.stem,
        model_sha256=file_sha256(model.path),
        features=model.manifest.input["kind"],
        hint=hint.format(words=_enumerated(model.words)),
        words=tuple(model.words),
        waveforms=tuple(model.labels) if computes_waveforms else (),
    )


def _enumerated(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _state_folder() -> Path:
    """The state folder of the service if systemd started the command, else that of the user."""
    user = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return (service_folder() or Path(user) / "edge-sense") / "fleet"

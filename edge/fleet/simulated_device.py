"""A device of a simulated fleet: its messages and its updates are real, its recognition is not.

It detects a word at a fixed interval, answers the requests of an operator, and updates its model
with the code of real devices; a power loss can end an update at any step.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

import edge
from edge.fields import Fields
from edge.fleet.async_client import AsyncClient
from edge.fleet.inventory import PARTS
from edge.fleet.offer import Plan
from edge.fleet.store import ModelStore, StoredModel
from edge.fleet.updater import Updater
from edge.model import read_manifest
from edge.model.digest import sha256
from edge.model.model_file import read_bytes
from edge.model.shipped import find_model
from edge.sink.mqtt.address import Broker
from edge.sink.mqtt.requests import Requests, clock

TASK = "kws"
TAG = "simulated"
REBOOT_S = (0.5, 3.0)
MAX_STEPS = 8  # the power fails at one of the first steps of an update


class PowerLoss(BaseException):
    """Ends an update at once; no `except Exception` of the update catches it."""


@dataclass(frozen=True)
class Fleet:
    """What the devices of a simulation have in common."""

    broker: Broker
    executor: Executor
    """Runs updates and the replies to requests, because both may wait for the disk."""
    password: str | None
    tls: ssl.SSLContext | None
    folder: Path
    """For the models of all devices."""
    keys: Path | None
    """Models that one of these keys signed are accepted; None for no updates."""
    power_loss: float
    """The share of updates in which the power fails."""


class _NoRecognition:
    """Accepts every model whose file is valid."""

    def __init__(self, store: ModelStore) -> None:
        self.store = store

    def load(self, model: StoredModel) -> StoredModel:
        if model.version:
            read_manifest(self.store.path(model))
        return model

    def shadow(self, candidate: StoredModel, plan: Plan) -> str:
        return ""

    def switch(self, plan: Plan) -> str:
        return ""

    def trial(self, former: StoredModel, plan: Plan) -> str:
        return ""

    def use(self, candidate: StoredModel) -> None:
        pass


class SimulatedDevice:
    def __init__(self, fleet: Fleet, number: int) -> None:
        self.fleet = fleet
        self.identifier = f"simulated_{number:04}_{TASK}"
        self.sent = self.power_losses = 0
        self.threshold, self.listening = 0.8, True
        self._base = f"{fleet.broker.prefix}/{self.identifier}"
        self._random = random.Random(number)
        self._loop = asyncio.get_running_loop()
        self._updater: Updater | None = None
        self._steps_left = 0
        self._update_runs = self._is_off = False
        self._requests = Requests(self._reply)
        self.client = self._new_client()
        self._start()

    def detect(self) -> None:
        """Publish a detection. `sent` has the time of a clock that all processes share."""
        if not self.listening or self._is_off:
            return
        self.sent += 1
        event = {
            "event": "detection",
            "label": "yes",
            "score": 0.9,
            "time": datetime.now().astimezone().isoformat(timespec="milliseconds"),
            "device": self.identifier,
            "id": f"{self.identifier}-{self.sent}",
            "sent": monotonic(),
        }
        self.client.publish(f"{self._base}/event/detection", json.dumps(event))

    def forget(self) -> None:
        """Remove what the broker retains."""
        self.client.retain({f"{self._base}/{part}": "" for part in PARTS})

    @property
    def model(self) -> StoredModel:
        return self._updater.store.state.current if self._updater else StoredModel()

    def _new_client(self) -> AsyncClient:
        fleet = self.fleet
        return AsyncClient(
            fleet.broker,
            f"edge-sense-{self.identifier}",
            password=fleet.password,
            tls=fleet.tls,
            will=(f"{self._base}/available", "offline"),
            subscriptions=(f"{self._base}/set/+", f"{self._base}/request/+"),
            on_message=self._received,
        )

    def _start(self) -> None:
        """Do what a command does at its start, and again after a power loss."""
        fleet = self.fleet
        if fleet.keys is not None:
            store = ModelStore(fleet.folder / self.identifier)
            updater = self._updater = Updater(store, TASK, fleet.keys)
            updater.started(_NoRecognition(store).load)
            updater.connect(self._publish_update)
            self._requests.answers |= {
                "offer": lambda request: updater.offer(request.values),
                "rollback": lambda request: updater.roll_back(),
            }
        self._requests.answers |= {"clock": clock, "logs": _no_logs}
        self._publish_state()

    def _publish_state(self) -> None:
        model = self.model
        about = {
            "id": self.identifier,
            "name": self.identifier,
            "task": TASK,
            "model": model.file.removesuffix(".tflite") or TASK,
            "model_sha256": model.sha256 or _shipped_sha256(),
            "version": edge.__version__,
            "tags": [TAG],
        }
        state = {
            "label": "yes",
            "score": 0.9,
            "threshold": self.threshold,
            "listening": "ON" if self.listening else "OFF",
            "device_present": True,
            "rate": 16000,
            "lost": 0,
            "temperature": 40.0,
        }
        self.client.retain(
            {
                f"{self._base}/about": json.dumps(about),
                f"{self._base}/state": json.dumps(state),
                f"{self._base}/available": "online",
            }
        )

    def _received(self, topic: str, payload: bytes, retained: bool) -> None:
        kind, _, name = topic.removeprefix(f"{self._base}/").partition("/")
        if kind == "request":
            self.fleet.executor.submit(self._answer, name, payload, retained)
        elif name == "threshold":
            self.threshold = float(payload)
            self._publish_state()
        elif name == "listening":
            self.listening = payload == b"ON"
            self._publish_state()

    # In a thread of the executor

    def _answer(self, name: str, payload: bytes, retained: bool) -> None:
        self._requests.handle(name, payload, retained)
        if name in ("offer", "rollback") and self._updater and not self._update_runs:
            if self._random.random() < self.fleet.power_loss:
                self._steps_left = self._random.randint(1, MAX_STEPS)
            # It runs after the replies of devices that are waiting already.
            self.fleet.executor.submit(self._update)

    def _update(self) -> None:
        """Do all steps of an update, unless the power fails."""
        assert self._updater is not None
        self._update_runs = True
        try:
            self._updater.work(_NoRecognition(self._updater.store))
            self._call(self._publish_state)
        except PowerLoss:
            self._call(self._lose_power)
        finally:
            self._update_runs = False

    def _publish_update(self, found: Mapping[str, Any]) -> None:
        """Called at each step of an update."""
        if self._steps_left:
            self._steps_left -= 1
            if not self._steps_left:
                raise PowerLoss
        self._call(self.client.retain, {f"{self._base}/update": json.dumps(found)})

    def _reply(self, topic: str, payload: str) -> None:
        self._call(self.client.publish, f"{self._base}/{topic}", payload)

    def _call(self, function: Any, *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(function, *arguments)

    # In the loop

    def _lose_power(self) -> None:
        self.power_losses += 1
        self._is_off = True
        self.client.cut()
        self._loop.call_later(self._random.uniform(*REBOOT_S), self._reboot)

    def _reboot(self) -> None:
        self.client = self._new_client()
        self._start()
        self.client.maintain()
        self._is_off = False
        if self._updater is not None:
            self.fleet.executor.submit(self._update)


def _no_logs(request: Fields) -> dict[str, Any]:
    return {"lines": []}


@cache
def _shipped_sha256() -> str:
    return sha256(read_bytes(find_model(TASK))).hexdigest()

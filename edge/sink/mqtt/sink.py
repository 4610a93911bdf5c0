"""Publish events over MQTT, and take commands: docs/mqtt.md describes the topics."""

from __future__ import annotations

import argparse
import json
import logging
import math
import re
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

import edge
from edge.events import Detection, RunEvent, Summary
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.sink.event_json import event_line, event_object, rounded
from edge.sink.mqtt.address import Broker, check_topic, identifier
from edge.sink.mqtt.discovery import discovery
from edge.sink.mqtt.options import add_broker_options, password, tls_context
from edge.sink.mqtt.requests import LogBuffer, Requests, clock
from edge.text import one_line
from edge.usage import CpuMeter, own_memory_mb, processor_temperature

if TYPE_CHECKING:
    import ssl

log = logging.getLogger(__name__)

STATE_INTERVAL = 30.0  # s between two updates of the health
# s after Home Assistant has started: not all devices of a house should answer at once.
DISCOVERY_DELAY = (0.5, 5.0)
TAG = "[a-zA-Z0-9._-]{1,32}"
TAG_FORM = "give 1 to 32 letters, digits and . _ -"
ONLINE, OFFLINE = "online", "offline"


class MqttSink(Sink):
    option = "--mqtt"

    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        add_broker_options(group, "publish events to this broker")
        group.add_argument(
            "--mqtt-discovery",
            type=_topic,
            default="homeassistant",
            metavar="PREFIX",
            help="the discovery prefix of Home Assistant; 'none' for no discovery (default: "
            "%(default)s)",
        )
        group.add_argument(
            "--mqtt-clean",
            action=argparse.BooleanOptionalAction,
            default=False,
            help="at the end, remove what the broker retains of this device, so that Home "
            "Assistant forgets it",
        )
        group.add_argument(
            "--mqtt-tags",
            type=_tags,
            default=(),
            metavar="TAG,TAG",
            help="the groups of a fleet that this device belongs to, for edge-fleet",
        )

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        broker: Broker | None = args.mqtt
        if broker is None:
            return None
        return cls(
            info,
            broker,
            password(args),
            tls_context(args, broker),
            "" if args.mqtt_discovery == "none" else args.mqtt_discovery,
            args.mqtt_clean,
            args.mqtt_tags,
        )

    def __init__(
        self,
        info: StreamInfo,
        broker: Broker,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        discovery_prefix: str = "homeassistant",
        clean: bool = False,
        tags: Sequence[str] = (),
    ) -> None:
        from edge.sink.mqtt.connection import Connection

        super().__init__(info)
        self.identifier = identifier(info.device, info.task)
        self.base = f"{broker.prefix}/{self.identifier}"
        self._prefix, self._clean, self._tags = discovery_prefix, clean, tags
        self._label = ""
        self._score: float | None = None
        self._last_time: str | None = None
        self._health = Health()
        self._cpu = CpuMeter()
        self._state_at = -math.inf
        self._shown: tuple[object, ...] = ()
        self._discovery_at = math.inf
        self._closing = self._warned_of_other = False
        self.connection = Connection(
            broker,
            f"edge-sense-{info.run}",
            (f"{self.base}/available", OFFLINE),
            password=password,
            tls=tls,
            subscriptions=(
                f"{self.base}/set/+",
                f"{self.base}/request/+",
                f"{self.base}/available",
                f"{self.base}/run",
                *([f"{discovery_prefix}/status"] if discovery_prefix else []),
            ),
            on_message=self._received,
        )
        self._logs = LogBuffer()
        logging.getLogger().addHandler(self._logs)
        self.requests = Requests(
            lambda topic, payload: self.connection.publish(f"{self.base}/{topic}", payload)
        )
        self.requests.answers |= {"clock": clock, "logs": self._logs.answer}
        self._describe()
        self.connection.set_state(f"{self.base}/run", info.run)
        self.connection.set_state(f"{self.base}/available", ONLINE)
        self._update_state()
        self.connection.start()

    def show(self, event: RunEvent) -> None:
        line = event_line(event, self.info, self.connection.dropped)
        kind = event_object(event, self.info)["event"]
        self.connection.publish(f"{self.base}/event/{kind}", line)
        if isinstance(event, Detection):
            self._label, self._score = event.label, rounded(event.score)
            self._last_time = event.time.isoformat(timespec="seconds") if event.time else None
        if not isinstance(event, Summary):
            self._update_state()

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        self._health = health
        now = monotonic()
        if self._shown != self._changing() or now > self._state_at + STATE_INTERVAL:
            self._update_state()
        if now > self._discovery_at:
            self._discovery_at = math.inf
            self.connection.send_states_again()

    def close(self) -> None:
        self._closing = True
        logging.getLogger().removeHandler(self._logs)
        if self._clean:
            for topic in ("run", "available", "state", "about", "update"):
                self.connection.set_state(f"{self.base}/{topic}", "")
            if self._prefix:
                self.connection.set_state(self._discovery_topic, "")
        else:
            self.connection.set_state(f"{self.base}/available", OFFLINE)
        self.connection.close()

    def change_info(self, info: StreamInfo) -> None:
        super().change_info(info)
        self._describe()

    def publish_update(self, found: Mapping[str, Any]) -> None:
        """The progress of an update of the model; called by any thread."""
        self.connection.set_state(f"{self.base}/update", json.dumps(found))

    def _describe(self) -> None:
        """Publish what changes only with the model."""
        about = {
            "id": self.identifier,
            "name": self.info.device,
            "task": self.info.task,
            "model": self.info.model,
            "model_sha256": self.info.model_sha256,
            "words": list(self.info.words),
            "version": edge.__version__,
            "tags": list(self._tags),
        }
        self.connection.set_state(f"{self.base}/about", json.dumps(about))
        if self._prefix:
            self.connection.set_state(self._discovery_topic, self._discovery())

    @property
    def _discovery_topic(self) -> str:
        return f"{self._prefix}/device/{self.identifier}/config"

    def _discovery(self) -> str:
        return json.dumps(discovery(self.identifier, self.base, self.info))

    def _changing(self) -> tuple[object, ...]:
        """What is shown at once when it changes."""
        controls = self.info.controls
        return controls.threshold, controls.listening, self._health.away

    def _update_state(self) -> None:
        self._state_at, self._shown = monotonic(), self._changing()
        health, controls = self._health, self.info.controls
        state: dict[str, Any] = {
            "label": self._label,
            "score": self._score,
            "last_time": self._last_time,
            "threshold": rounded(controls.threshold),
            "listening": "ON" if controls.listening else "OFF",
            "device_present": not health.away,
            "samples": health.samples,
            "rate": rounded(health.rate, 2),
            "lost": health.lost,
            "dropped": self.connection.dropped,
            "cpu_percent": rounded(self._cpu.percent(), 1),
            "memory_mb": rounded(own_memory_mb(), 1),
            "temperature": rounded(processor_temperature(), 1),
        }
        self.connection.set_state(f"{self.base}/state", json.dumps(state))

    # From here on: called by the thread of the connection.

    def _received(self, topic: str, payload: bytes, retained: bool) -> None:
        text = payload[:100].decode(errors="replace").strip()
        name = topic.removeprefix(f"{self.base}/")
        if topic == f"{self._prefix}/status":
            if text == ONLINE and not retained:
                import random  # only for this

                self._discovery_at = monotonic() + random.uniform(*DISCOVERY_DELAY)
        elif name == "available":
            if text != ONLINE and not self._closing:
                # The last will of an earlier run, which ended without a goodbye, comes late.
                self.connection.set_state(topic, ONLINE)
        elif name == "run":
            self._check_run(text, retained)
        elif name.startswith("request/"):
            self.requests.handle(name.removeprefix("request/"), payload, retained)
        elif name.startswith("set/"):
            self._command(name.removeprefix("set/"), text, retained)

    def _check_run(self, run: str, retained: bool) -> None:
        """Another run that says so after this one is another device with the same name."""
        if retained or self._closing or run in ("", self.info.run) or self._warned_of_other:
            return
        self._warned_of_other = True
        log.warning(
            "MQTT: another device is called %s too: give one of them another --device-name",
            self.identifier,
        )
        self.connection.set_state(f"{self.base}/run", self.info.run)  # so that it is warned too

    def _command(self, name: str, text: str, retained: bool) -> None:
        controls = self.info.controls
        if retained:
            self._ignore(name, text, "it is retained, so it would be repeated at every start")
        elif name == "threshold" and controls.threshold is not None:
            threshold = _score(text)
            if threshold is None:
                self._ignore(name, text, "give a number from 0 to 1")
            else:
                controls.request_threshold(threshold)
        elif name == "listening":
            if text.upper() in ("ON", "OFF"):
                controls.listening = text.upper() == "ON"
            else:
                self._ignore(name, text, "give ON or OFF")
        else:
            self._ignore(name, text, "there is no such command")

    def _ignore(self, name: str, text: str, why: str) -> None:
        log.warning("MQTT: the command %s is ignored: %s", one_line(f"{name} {text!r}"), why)


def _topic(text: str) -> str:
    try:
        check_topic(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text.strip("/") or "none"


def _tags(text: str) -> tuple[str, ...]:
    tags = tuple(filter(None, (tag.strip() for tag in text.split(","))))
    for tag in tags:
        if not re.fullmatch(TAG, tag):
            raise argparse.ArgumentTypeError(f"{tag!r} is no tag: {TAG_FORM}")
    return tags


def _score(text: str) -> float | None:
    try:
        score = float(text)
    except ValueError:
        return None
    return score if 0 <= score <= 1 else None

"""Devices of a fleet in this process: MQTT outputs without a recognition."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from edge.controls import Controls
from edge.samples import AUDIO, Health
from edge.sink import StreamInfo
from edge.sink.mqtt.address import parse_address
from edge.sink.mqtt.sink import MqttSink
from mqtt_broker import Broker, wait_until
from sample_events import CHUNK


def open_device(
    broker: Broker, name: str, tags: Sequence[str] = (), threshold: float | None = 0.8
) -> MqttSink:
    info = StreamInfo(
        *(16000, AUDIO),
        device=name,
        model="kws",
        model_sha256="ab" * 32,
        task="kws",
        words=("yes", "no"),
        controls=Controls(threshold),
    )
    return MqttSink(info, parse_address(f"127.0.0.1:{broker.port}"), tags=tags)


@contextmanager
def running_devices(*devices: MqttSink) -> Iterator[None]:
    """Apply the commands of these devices, as the recognition does after each chunk."""
    ending = threading.Event()

    def run() -> None:
        while not ending.wait(0.02):
            for device in devices:
                device.info.controls.take_request()
                device.progress(Health(), CHUNK)

    thread = threading.Thread(target=run)
    with ExitStack() as stack:
        for device in devices:
            stack.callback(device.close)
        wait_until(lambda: all(device.connection.is_idle() for device in devices))
        thread.start()
        stack.callback(thread.join)
        stack.callback(ending.set)
        yield

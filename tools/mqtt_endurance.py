"""Publish a day of detections over MQTT while the broker is restarted and the network is cut.

  python -m tools.mqtt_endurance
  python -m tools.mqtt_endurance --hours 2 --speed 60

A detection comes every second. The broker is mosquitto; it keeps the messages for a subscriber that
has a session, also while it is restarted (`make tools` installs it). Time is compressed: at the
default speed a day takes four minutes, and the waits between two attempts to connect are
compressed in the same way. Each detection must arrive, or be counted as dropped.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.events import Detection
from edge.samples import AUDIO
from edge.sink import StreamInfo
from edge.sink.mqtt import connection
from edge.sink.mqtt.address import parse_address
from edge.sink.mqtt.sink import MqttSink
from edge.sink.output import Output
from edge.usage import own_memory_mb
from tests.support.cut_network import Network
from tests.support.mqtt_broker import Broker, Subscriber, running_broker

log = logging.getLogger(__name__)

HOUR_S = 3600
RESTARTS, CUTS, CUT_S = 50, 5, 600  # a day
REST_TIMEOUT_S = 60.0  # until everything has arrived
WARM_UP = 0.1  # share of the run after which the memory is measured first


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.mqtt_endurance", __doc__ or "")
    parser.add_argument("--hours", type=float, default=24.0, help="of detections (24)")
    parser.add_argument(
        "--speed", type=float, default=360.0, metavar="N", help="N times real time (360)"
    )
    add_common(parser)
    return run_command(parser, run, argv)


def run(args: argparse.Namespace) -> int:
    connection.FIRST_WAIT /= args.speed
    connection.LONGEST_WAIT /= args.speed
    with (
        tempfile.TemporaryDirectory() as folder,
        running_broker(Path(folder), persistence=True) as broker,
        Network(broker.port) as network,
        contextlib.closing(Subscriber(broker, keeps_session=True)) as subscriber,
    ):
        lines, missing = publish(args, broker, network, subscriber)
    print("\n".join(lines))
    return 1 if missing else 0


def publish(
    args: argparse.Namespace, broker: Broker, network: Network, subscriber: Subscriber
) -> tuple[list[str], int]:
    """Publish all detections; return what happened, and how many neither arrived nor counted."""
    seconds = round(args.hours * HOUR_S)
    days = args.hours / 24
    restarts = _moments(seconds, max(1, round(RESTARTS * days)))
    cuts = _moments(seconds - CUT_S, max(1, round(CUTS * days)))
    info = StreamInfo(16000, AUDIO, device="endurance", task="kws", words=("yes",))
    sink = MqttSink(info, parse_address(f"mqtt://127.0.0.1:{network.port}"))
    topic = f"{sink.base}/event/detection"
    arrivals = bytearray(seconds)  # how often each detection has arrived
    memory: list[float] = []
    began = time.monotonic()
    with Output([sink]) as output:
        for second in range(seconds):
            if second in restarts:
                broker.restart()
            if second in cuts:
                network.cut()
            if second - CUT_S in cuts:
                network.mend()
            output.show(Detection("yes", 0.9, float(second), 100.0, {"yes": 0.9}))
            if second % 60 == 0:
                collect(subscriber, topic, arrivals)
            if second >= WARM_UP * seconds and second % 60 == 0:
                memory.append(own_memory_mb() or 0.0)
            time.sleep(max(0.0, began + second / args.speed - time.monotonic()))
        network.mend()
        until = time.monotonic() + REST_TIMEOUT_S
        while not sink.connection.is_idle() and time.monotonic() < until:
            time.sleep(0.1)
    until = time.monotonic() + REST_TIMEOUT_S
    while arrivals.count(0) > sink.connection.dropped and time.monotonic() < until:
        time.sleep(0.5)
        collect(subscriber, topic, arrivals)
    missing = arrivals.count(0) - sink.connection.dropped
    return [
        f"{args.hours:g} hours, {seconds} detections, {len(restarts)} restarts of the broker, "
        f"{len(cuts)} cuts of {CUT_S // 60} minutes:",
        f"  arrived: {seconds - arrivals.count(0)}, of these more than once: "
        f"{seconds - arrivals.count(0) - arrivals.count(1)}",
        f"  counted as dropped: {sink.connection.dropped}; neither: {missing}",
        f"  memory of sender and receiver: {memory[0]:.1f} MB after {WARM_UP:.0%} of the time, "
        f"{memory[-1]:.1f} MB at the end, {max(memory):.1f} MB at most",
    ], missing


def collect(subscriber: Subscriber, topic: str, arrivals: bytearray) -> None:
    """Count the messages that have come, and forget them."""
    messages, subscriber.messages = subscriber.messages, []
    for name, payload, _ in messages:
        if name == topic:
            number = int(json.loads(payload)["id"].rpartition("-")[2])
            arrivals[number] = min(arrivals[number] + 1, 255)


def _moments(seconds: int, count: int) -> set[int]:
    """Moments that are spread over the time."""
    return {round((index + 0.5) * seconds / count) for index in range(count)}


if __name__ == "__main__":
    sys.exit(main())

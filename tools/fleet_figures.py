"""Measure a fleet of simulated devices: events, `edge-fleet list`, and a push with power losses.

  python -m tools.fleet_figures
  python -m tools.fleet_figures --devices 100 --seconds 20

The broker is mosquitto (`make tools` installs it) without a limit of queued messages, and with
max_inflight_messages 1000. The devices are those of `edge-fleet simulate`, each with one detection
a second; during the push, the power of every tenth device fails at a random step.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.commands import edge_fleet
from edge.errors import EdgeError
from edge.fleet.operator import Operator
from edge.fleet.signature import SigningKey
from edge.fleet.store import PHASES
from edge.sink.mqtt.address import parse_address
from edge.sink.mqtt.connection import paho
from edge.usage import resident_mb
from tests.support.mqtt_broker import Broker, running_broker
from tools.commands import edge_command
from tools.live_cost.process import cpu_s

log = logging.getLogger(__name__)

POWER_LOSS = 10  # percent
START_S, END_S = 120.0, 120.0  # timeouts


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.fleet_figures", __doc__ or "")
    parser.add_argument("--devices", type=int, default=1000, metavar="N", help="how many (1000)")
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="how long events are counted (600)"
    )
    add_common(parser)
    return run_command(parser, run, argv)


class Counter:
    """Counts the detections of all devices, with their delays, in a thread of its own."""

    def __init__(self, url: str) -> None:
        mqtt = paho()
        broker = parse_address(url)
        self.delays_ms: list[float] = []
        self.numbers: dict[str, set[int]] = defaultdict(set)
        """The numbers of the detections of each device, which count from 1."""
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "")
        self._client.on_message = self._on_message
        subscribed = threading.Event()
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(broker.host, broker.port)
        self._client.subscribe(f"{broker.prefix}/+/event/detection", 1)
        self._client.loop_start()
        if not subscribed.wait(START_S):
            raise EdgeError("the broker does not answer")

    def _on_message(self, client: Any, data: Any, message: Any) -> None:
        now = time.monotonic()
        event = json.loads(message.payload)
        self.delays_ms.append((now - event["sent"]) * 1000)
        device, _, number = event["id"].rpartition("-")
        self.numbers[device].add(int(number))

    def missing(self) -> int:
        """Detections that did not come although an earlier and a later one of the device did."""
        found = list(self.numbers.values())
        return sum(max(numbers) - min(numbers) + 1 - len(numbers) for numbers in found)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def run(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running_broker(folder, many_clients=True) as broker:
            key = SigningKey.create(folder / "key.pem")
            (folder / "keys").write_text(f"{key.line('operator')}\n")
            url = f"127.0.0.1:{broker.port}"
            with _devices(args.devices, url, folder / "keys") as process:
                _measure(args, url, broker, process, folder)


def _measure(
    args: argparse.Namespace,
    url: str,
    broker: Broker,
    process: subprocess.Popen[str],
    folder: Path,
) -> None:
    counter = Counter(url)
    pids = {"broker": broker.pid, "devices": process.pid}
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    time.sleep(args.seconds / 2)
    seconds, lines = _list_s(url)
    print(f"`edge-fleet list`: {seconds:.2f} s for {lines - 1} devices, with the start of Python "
          f"{_list_process_s(url):.2f} s")  # fmt: skip
    time.sleep(args.seconds / 2)
    for name, pid in pids.items():
        cpu, memory_mb = (cpu_s(pid) - before[name]) / args.seconds, resident_mb(pid)
        print(
            f"{name}: {100 * cpu:.1f} % of one core, {memory_mb:.0f} MB; for each device "
            f"{1e6 * cpu / args.devices:.0f} us of processor time a second, "
            f"{1000 * memory_mb / args.devices:.0f} KB"
        )
    _print_delays(counter)
    started = time.monotonic()
    status = _push(url, folder / "key.pem")
    print(f"push to {args.devices} devices: {time.monotonic() - started:.1f} s, exit status "
          f"{status}")  # fmt: skip
    _wait_for_reboots(url)
    process.terminate()
    out, _ = process.communicate(timeout=END_S)
    time.sleep(1)
    counter.close()
    found = json.loads(out)
    print(f"with the push: {len(counter.delays_ms)} delivered, {counter.missing()} missing")
    print(f"models at the end: {found['models']}; {found['power_losses']} devices lost power")


def _print_delays(counter: Counter) -> None:
    delays_ms = list(counter.delays_ms)
    p50, p95 = np.percentile(delays_ms, [50, 95])
    print(
        f"{len(delays_ms)} detections delivered, {counter.missing()} missing; median {p50:.1f} ms, "
        f"95 % within {p95:.1f} ms, maximum {max(delays_ms):.0f} ms"
    )


@contextmanager
def _devices(count: int, url: str, keys: Path) -> Iterator[subprocess.Popen[str]]:
    argv = ["simulate", str(count), "--mqtt", url, "--fleet-keys", str(keys), "--json"]
    argv += ["--power-loss", str(POWER_LOSS), "-q"]
    with subprocess.Popen(
        edge_command("edge_fleet", *argv), stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            until = time.monotonic() + START_S
            while _online(url) < count:
                if process.poll() is not None or time.monotonic() > until:
                    raise EdgeError("the simulated devices do not start")
                time.sleep(0.5)
            yield process
        finally:
            process.kill()


def _online(url: str) -> int:
    with Operator(parse_address(url)) as operator:
        return sum(device.online for device in operator.devices.values())


def _wait_for_reboots(url: str) -> None:
    """Wait until every device is online and its update has ended."""
    with Operator(parse_address(url)) as operator:

        def is_over() -> bool:
            devices = operator.devices.values()
            return all(
                device.online and device.update.get("phase") not in PHASES for device in devices
            )

        operator.wait(is_over, END_S)
        log.info(
            "%d devices are online", sum(device.online for device in operator.devices.values())
        )


def _list_s(url: str) -> tuple[float, int]:
    """The seconds that it takes, and the number of lines."""
    started = time.monotonic()
    with contextlib.redirect_stdout(io.StringIO()) as out:
        edge_fleet.main(["list", "--mqtt", url, "-q"])
    return time.monotonic() - started, len(out.getvalue().splitlines())


def _list_process_s(url: str) -> float:
    command = edge_command("edge_fleet", "list", "--mqtt", url)
    started = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - started


def _push(url: str, key: Path) -> int:
    argv = ["push", "kws_qcnn", "--all", "--mqtt", url, "--sign-key", str(key), "--minutes", "0"]
    argv += ["-q", "--max-failed", "100", "--stage-timeout", "60", "--timeout", "60"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        status = edge_fleet.main(argv)
    faults = [line for line in out.getvalue().splitlines() if not line.endswith(": done")]
    print(f"push: {len(faults)} devices are reported as not done", *faults[:3], sep="\n  ")
    return status


if __name__ == "__main__":
    sys.exit(main())

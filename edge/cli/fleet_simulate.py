"""`edge-fleet simulate`: many devices in one process, at a real broker."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from edge.cli.signals import until_signal
from edge.errors import EdgeError
from edge.fleet.simulated_device import Fleet, SimulatedDevice
from edge.sink.mqtt.connection import explain
from edge.sink.mqtt.options import password, tls_context

log = logging.getLogger(__name__)

THREADS = 16  # for updates
CONNECT_PAUSE = 0.002  # s between two devices: a broker accepts only so many at once
END_TIMEOUT = 10.0  # s for the last confirmations


def add_simulate_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("simulate")
    group.add_argument(
        "--seconds", type=float, help="how long the devices run (default: until Ctrl-C)"
    )
    group.add_argument(
        "--interval",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="the time between two detections of a device (default: %(default)g)",
    )
    group.add_argument(
        "--fleet-keys",
        type=Path,
        metavar="FILE",
        help="the devices accept models that one of these keys signed",
    )
    group.add_argument(
        "--power-loss",
        type=float,
        default=0.0,
        metavar="PERCENT",
        help="the share of the updates in which the power of the device fails at a random step "
        "(default: %(default)g)",
    )


def simulate(args: argparse.Namespace) -> int:
    if len(args.arguments) != 1 or not args.arguments[0].isdigit():
        raise EdgeError("give the number of devices behind `simulate`")
    if args.interval <= 0:
        raise EdgeError("--interval has to be above 0 seconds")
    with (
        tempfile.TemporaryDirectory(prefix="edge-fleet-") as folder,
        ThreadPoolExecutor(THREADS, "edge-fleet") as executor,
    ):
        fleet = Fleet(
            args.mqtt,
            executor,
            password(args),
            tls_context(args, args.mqtt),
            Path(folder),
            args.fleet_keys,
            args.power_loss / 100,
        )
        found = asyncio.run(_run(fleet, int(args.arguments[0]), args))
    if args.json:
        print(json.dumps(found))
    else:
        models = ", ".join(f"{count} with {name}" for name, count in found["models"].items())
        print(
            f"{found['devices']} devices sent {found['sent']} detections; {found['connected']} are "
            f"connected; {found['power_losses']} lost power; {models}"
        )
    return 0


async def _run(fleet: Fleet, count: int, args: argparse.Namespace) -> dict[str, Any]:
    devices: list[SimulatedDevice] = []
    loop = asyncio.get_running_loop()
    with until_signal() as stopping:
        for number in range(count):
            device = SimulatedDevice(fleet, number)
            try:
                device.client.connect()
            except OSError as error:
                raise EdgeError(explain(error, fleet.broker)) from None
            devices.append(device)
            await asyncio.sleep(CONNECT_PAUSE)
        log.info("%d devices are connected to %s", count, fleet.broker)
        started = loop.time()
        tasks = [
            asyncio.create_task(_detect(device, started + number / count * args.interval, args))
            for number, device in enumerate(devices)
        ]
        while not stopping() and (args.seconds is None or loop.time() < started + args.seconds):
            await asyncio.sleep(min(1.0, args.seconds or 1.0))
            for device in devices:
                device.client.maintain()
        for task in tasks:
            task.cancel()
    found = {
        "devices": count,
        "connected": sum(device.client.connected for device in devices),
        "sent": sum(device.sent for device in devices),
        "power_losses": sum(device.power_losses for device in devices),
        "models": dict(Counter(device.model.file or "the first model" for device in devices)),
    }
    await _end(devices)
    return found


async def _detect(device: SimulatedDevice, first: float, args: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    due = first
    while True:
        await asyncio.sleep(due - loop.time())
        device.detect()
        due += args.interval


async def _end(devices: list[SimulatedDevice]) -> None:
    """Remove what the broker retains, and wait until it has confirmed everything."""
    for device in devices:
        device.forget()
    until = asyncio.get_running_loop().time() + END_TIMEOUT
    while asyncio.get_running_loop().time() < until:
        if not any(device.client.connected and device.client.is_busy() for device in devices):
            break
        await asyncio.sleep(0.1)
    for device in devices:
        device.client.disconnect()

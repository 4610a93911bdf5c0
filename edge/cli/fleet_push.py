"""The options of `edge-fleet push`, and its actions `key` and `push`."""

from __future__ import annotations

import argparse
import re
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edge.errors import EdgeError, ModelError
from edge.fleet.file_server import serving
from edge.fleet.inventory import Device
from edge.fleet.offer import Offer, Plan, check_url
from edge.fleet.operator import Operator
from edge.fleet.push import Rollout, next_version, push
from edge.fleet.signature import SigningKey
from edge.model.digest import sha256
from edge.model.model_file import parse_model, read_bytes
from edge.model.shipped import find_model
from edge.sink.mqtt.address import Broker

MARGIN = 600.0  # s of a stage for the download and for pauses of the samples


def add_push_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("push")
    group.add_argument(
        "--sign-key", type=Path, metavar="FILE", help="the private key, of `edge-fleet key`"
    )
    group.add_argument(
        "--url",
        help="the URL of the model file on an HTTP server (default: this command serves the file "
        "until all devices have it)",
    )
    group.add_argument(
        "--listen",
        type=_host_and_port,
        metavar="HOST:PORT",
        help="the address at which this command serves the file (default: the address of this "
        "computer in the network of the broker, with any free port)",
    )
    group.add_argument(
        "--model-version",
        type=_count,
        metavar="N",
        help="the version of the model, above those of all earlier ones (default: the next one)",
    )
    plan, rollout = Plan(), Rollout()
    group.add_argument(
        "--minutes",
        type=_amount,
        default=plan.minutes,
        help="the length of the samples in which a device compares the models before the switch, "
        "and again after it (default: %(default)g)",
    )
    group.add_argument(
        "--events",
        type=_count,
        default=plan.events,
        metavar="N",
        help="a comparison ends earlier after N detections of the old model (default: %(default)d)",
    )
    group.add_argument(
        "--ratio",
        type=_amount,
        nargs=2,
        default=[plan.low, plan.high],
        metavar=("LOW", "HIGH"),
        help="permitted detections of the new model for each one of the old model; outside of this "
        f"range a device returns to the old model (default: {plan.low:g} {plan.high:g})",
    )
    group.add_argument(
        "--stages",
        type=_stages,
        default=tuple(rollout.stages),
        metavar="PERCENT,PERCENT",
        help="the share of the devices that have the model after each stage (default: 5,25,100)",
    )
    group.add_argument(
        "--max-failed",
        type=_amount,
        default=rollout.max_failed,
        metavar="PERCENT",
        help="stop the push if a larger share of a stage fails (default: %(default)g)",
    )
    group.add_argument(
        "--stage-timeout",
        type=_amount,
        metavar="SECONDS",
        help="how long a stage may take (default: twice --minutes, plus ten minutes)",
    )


def make_key(args: argparse.Namespace) -> int:
    if len(args.arguments) != 1:
        raise EdgeError("give a file for the new key behind `key`")
    path = Path(args.arguments[0])
    key = SigningKey.create(path)
    print(key.line(re.sub(r"\s+", "_", path.stem) or "operator"))
    print(
        f"edge-fleet: {path} is the private key: keep it; the line above belongs into the file of "
        "--fleet-keys on each device",
        file=sys.stderr,
    )
    return 0


def check_push(args: argparse.Namespace) -> None:
    """EdgeError if the model or an option of the push is missing or impossible."""
    if not args.arguments:
        raise EdgeError(
            "give a model behind `push`, a shipped one or a file: "
            "edge-fleet push mine.tflite --to kitchen --sign-key operator.pem"
        )
    if args.sign_key is None:
        raise EdgeError("give the private key with --sign-key: `edge-fleet key FILE` makes one")
    if args.url is not None:
        check_url(args.url)
    if not args.ratio[0] <= 1 <= args.ratio[1]:
        raise EdgeError("--ratio has to enclose 1, such as 0.5 2")


def push_model(
    operator: Operator, devices: Sequence[Device], args: argparse.Namespace
) -> dict[str, str]:
    """Push the model of the command line; return the fault of each device, "" for none."""
    key = SigningKey.read(args.sign_key)
    path = find_model(args.arguments[0])
    content = read_bytes(path)
    task = parse_model(content, str(path))[1].task
    able = [device for device in devices if device.about.get("task") == task]
    if not able:
        raise ModelError(f"{path} is a model for {task}, and none of these devices does that")
    digest = sha256(content).hexdigest()
    version = args.model_version or next_version(operator.devices, task, digest)
    name = re.sub("[^a-zA-Z0-9_]+", "_", path.stem)[:48]
    plan = Plan(args.minutes, args.events, *args.ratio)
    rollout = Rollout(
        args.stages,
        args.max_failed,
        args.stage_timeout or 2 * 60 * args.minutes + MARGIN,
        args.timeout,
    )
    with _url(args, content) as url:
        offer = Offer(name, task, version, digest, len(content), plan, check_url(url))
        outcomes = push(operator, able, offer.document(key), version, digest, rollout)
    refusal = f"the model is for {task}"
    return outcomes | {device.identifier: refusal for device in devices if device not in able}


@contextmanager
def _url(args: argparse.Namespace, content: bytes) -> Iterator[str]:
    if args.url is not None:
        yield args.url
        return
    host, port = args.listen or (_own_address(args.mqtt), 0)
    with serving(content, host, port) as url:
        yield url


def _own_address(broker: Broker) -> str:
    """The address from which this computer reaches the broker, and at which devices reach it."""
    (family, kind, protocol, _, address), *_ = socket.getaddrinfo(
        broker.host, broker.port, type=socket.SOCK_DGRAM
    )
    with socket.socket(family, kind, protocol) as probe:
        probe.connect(address)  # sends nothing
        return str(probe.getsockname()[0])


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no address: give HOST:PORT")
    return host.strip("[]"), int(port)


def _count(text: str) -> int:
    count = int(text)
    if not 1 <= count <= 10**9:
        raise argparse.ArgumentTypeError(f"{text}: give 1 or more")
    return count


def _amount(text: str) -> float:
    value = float(text)
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(f"{text}: give 0 or more")
    return value


def _stages(text: str) -> tuple[float, ...]:
    stages = tuple(float(part) for part in text.split(","))
    if not all(0 < a < b for a, b in zip(stages, stages[1:], strict=False)) or stages[-1] != 100:
        raise argparse.ArgumentTypeError(
            f"{text}: give rising percents up to 100, such as 5,25,100"
        )
    return stages

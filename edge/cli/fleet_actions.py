"""The actions of `edge-fleet`: each prints its result, and returns the exit status."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge.cli.fleet_push import check_push, push_model
from edge.errors import EdgeError
from edge.fleet.inventory import Device, selected, table
from edge.fleet.operator import Operator
from edge.text import one_line, printable

NOT_ALL = 3  # exit status: at least one device did not do it
WRONG_CLOCK = 120.0  # s between the clock of a device and the operator's


Run = Callable[[Operator, Sequence[Device], argparse.Namespace], int]


def _nothing(args: argparse.Namespace) -> None:
    pass


@dataclass(frozen=True)
class Action:
    function: Run
    """Do it with the chosen devices; return the exit status."""
    question: str = ""
    """The start of the error "... which devices?", if none are given.

    Without it, the action then takes all devices.
    """
    check_options: Callable[[argparse.Namespace], None] = _nothing
    """EdgeError if the options of this action are impossible."""
    has_value: bool = False
    """Whether the first argument is a value, such as a threshold; the others are ids."""

    def check(self, args: argparse.Namespace) -> None:
        """EdgeError if the arguments are impossible, before anything is connected."""
        self.check_options(args)
        if self.question and not (self._identifiers(args) or args.tag or args.all):
            raise EdgeError(f"{self.question} which devices? Give their ids, --tag TAG or --all")

    def run(self, operator: Operator, args: argparse.Namespace) -> int:
        """Return the exit status."""
        devices = selected(operator.devices, self._identifiers(args), args.tag)
        return self.function(operator, devices, args)

    def _identifiers(self, args: argparse.Namespace) -> list[str]:
        identifiers: list[str] = args.arguments[1 if self.has_value else 0 :]
        return identifiers


def _list(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    if args.json:
        for device in devices:
            print(json.dumps(device.inventory()))
    else:
        print("\n".join(table(devices)))
    return 0


def _show(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    clocks = operator.request(_online(devices), "clock", timeout=args.timeout)
    now = datetime.now().astimezone()
    for device in devices:
        found = {**device.inventory(), "clock_error_s": _clock_error(clocks, device, now)}
        if args.json:
            print(json.dumps(found))
            continue
        for key, value in found.items():
            print(f"{key:14} {_text(value)}")
        if abs(found["clock_error_s"] or 0) > WRONG_CLOCK:
            print(f"{'':14} its clock is wrong, and so are the times of its events")
        print()
    return 0 if len(clocks) == len(devices) else NOT_ALL


def _logs(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    replies = operator.request(_online(devices), "logs", {"lines": args.lines}, args.timeout)
    for device in devices:
        for line in replies.get(device.identifier, {}).get("lines", ()):
            if args.json:
                print(json.dumps({"id": device.identifier, **line}))
            else:
                text = f"{line.get('time')} {line.get('level')}: {line.get('message')}"
                print(one_line(f"{device.identifier} {text}"))
    return _report(devices, {name: str(reply.get("error", "")) for name, reply in replies.items()})


def _threshold(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    value = args.arguments[0]
    able = [device for device in devices if device.state.get("threshold") is not None]
    return _confirmed(
        *(operator, args, devices, able, "threshold", value),
        lambda device: device.state.get("threshold") == round(float(value), 4),
        refusal="its model has no threshold",
    )


def _listening(value: str) -> Run:
    def run(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
        return _confirmed(
            *(operator, args, devices, devices, "listening", value),
            lambda device: device.state.get("listening") == value,
        )

    return run


def _confirmed(
    operator: Operator,
    args: argparse.Namespace,
    devices: Sequence[Device],
    able: Sequence[Device],
    name: str,
    value: str,
    is_done: Callable[[Device], bool],
    refusal: str = "",
) -> int:
    """Send a command to the able devices, and wait until their state shows it."""
    online = [device for device in able if device.online]
    operator.command([device.identifier for device in online], name, value)
    operator.wait(lambda: all(map(is_done, online)), args.timeout)
    outcomes = {device.identifier: "" for device in online if is_done(device)}
    outcomes |= {device.identifier: refusal for device in devices if device not in able}
    return _report(devices, outcomes, args.json)


def _push(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    return _report(devices, push_model(operator, devices, args), args.json)


def _rollback(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    for device in devices:
        device.update = {}  # the next message is about this rollback
    replies = operator.request(_online(devices), "rollback", timeout=args.timeout)
    outcomes = {name: str(reply.get("error", "")) for name, reply in replies.items()}
    accepted = [device for device in devices if outcomes.get(device.identifier) == ""]
    operator.wait(lambda: all(device.update for device in accepted), args.timeout)
    outcomes |= {device.identifier: "not finished" for device in accepted if not device.update}
    return _report(devices, outcomes, args.json)


def _remove(operator: Operator, devices: Sequence[Device], args: argparse.Namespace) -> int:
    outcomes = {}
    for device in devices:
        if device.online:
            outcomes[device.identifier] = "it is online: stop its command first"
        else:
            operator.forget(device, args.mqtt_discovery)
            outcomes[device.identifier] = ""
    return _report(devices, outcomes, args.json)


def _report(
    devices: Sequence[Device], outcomes: Mapping[str, str], as_json: bool | None = None
) -> int:
    """Print the outcome of each device, those with a fault only if `as_json` is None; return the
    exit status. An outcome is what was wrong, or "" if the device did it."""
    for device in devices:
        default = "no answer" if device.online else "offline"
        fault = outcomes.get(device.identifier, default)
        if as_json:
            print(json.dumps({"id": device.identifier, "ok": not fault, "fault": fault or None}))
        elif fault or as_json is not None:
            print(one_line(f"{device.identifier}: {fault or 'done'}"))
    done = sum(outcomes.get(device.identifier, "no answer") == "" for device in devices)
    return 0 if done == len(devices) else NOT_ALL


def _online(devices: Sequence[Device]) -> list[str]:
    return [device.identifier for device in devices if device.online]


def _clock_error(
    replies: Mapping[str, Mapping[str, Any]], device: Device, now: datetime
) -> float | None:
    """Seconds by which the clock of a device is ahead; None if it did not answer."""
    try:
        time = datetime.fromisoformat(replies[device.identifier]["time"])
        return round((time - now).total_seconds(), 1)
    except (KeyError, TypeError, ValueError):
        return None


def _text(value: object) -> str:
    if isinstance(value, list):
        return printable(", ".join(map(str, value))) or "-"
    if isinstance(value, dict):
        return one_line(", ".join(f"{key} {inner}" for key, inner in value.items() if inner))
    return "-" if value is None else one_line(str(value))


def _check_threshold(args: argparse.Namespace) -> None:
    try:
        is_score = 0 <= float(args.arguments[0]) <= 1
    except (IndexError, ValueError):
        is_score = False
    if not is_score:
        raise EdgeError("give a threshold from 0 to 1 behind `threshold`")


ACTIONS = {
    "list": Action(_list),
    "show": Action(_show),
    "logs": Action(_logs, "logs of"),
    "threshold": Action(_threshold, "threshold of", _check_threshold, has_value=True),
    "push": Action(_push, "push to", check_push, has_value=True),
    "rollback": Action(_rollback, "roll back"),
    "pause": Action(_listening("OFF"), "pause"),
    "resume": Action(_listening("ON"), "resume"),
    "remove": Action(_remove, "remove"),
}

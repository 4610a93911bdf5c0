"""Offer a model to the devices of a fleet, to a few first, and stop if it fails there."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edge.fleet.inventory import Device
from edge.fleet.operator import Operator
from edge.fleet.updater import DONE, FAILED, ROLLED_BACK
from edge.model.digest import sha256

log = logging.getLogger(__name__)

ENDS = (DONE, FAILED, ROLLED_BACK)
STOPPED = "not offered, because the push was stopped"


@dataclass(frozen=True)
class Rollout:
    """The stages in which the devices get the model, and their limits."""

    stages: Sequence[float] = (5, 25, 100)
    """In percent of all devices; each stage includes the devices of those before."""
    max_failed: float = 10.0
    """In percent of the devices of a stage: if more fail, no further stage begins."""
    timeout: float = 1800.0
    """s for a stage."""
    reply_timeout: float = 10.0
    """s for the reply to an offer."""

    def groups(self, identifiers: Sequence[str], version: int) -> list[list[str]]:
        """The devices of each stage, in an order that is different for each version."""
        shuffled = sorted(
            identifiers, key=lambda name: sha256(f"{version} {name}".encode()).digest()
        )
        ends = [math.ceil(len(shuffled) * percent / 100) for percent in self.stages]
        starts = [0, *ends[:-1]]
        groups = [shuffled[a:b] for a, b in zip(starts, ends, strict=True)]
        return [group for group in groups if group]


def next_version(devices: Mapping[str, Device], task: str, digest: str) -> int:
    """The version of devices that have this very model, or one above all versions of the task."""
    highest = 0
    for device in devices.values():
        if device.about.get("task") != task:
            continue
        used = _integer(device.update.get("used_version"))
        if used and device.about.get("model_sha256") == digest:
            return used
        versions = (device.update.get(key) for key in ("highest_version", "version"))
        highest = max(highest, used, *map(_integer, versions))
    return highest + 1


def push(
    operator: Operator,
    devices: Sequence[Device],
    offer: Mapping[str, Any],
    version: int,
    digest: str,
    rollout: Rollout,
) -> dict[str, str]:
    """Offer the model stage by stage; return the fault of each device, "" for none."""
    outcomes = {
        device.identifier: "" for device in devices if device.about.get("model_sha256") == digest
    }
    waiting = [
        device.identifier
        for device in devices
        if device.online and device.identifier not in outcomes
    ]
    outcomes |= {
        device.identifier: "offline"
        for device in devices
        if not device.online and device.identifier not in outcomes
    }
    stopped = False
    for number, group in enumerate(rollout.groups(waiting, version), 1):
        if stopped:
            outcomes |= dict.fromkeys(group, STOPPED)
            continue
        log.info("stage %d: version %d is offered to %d devices", number, version, len(group))
        found = _offer_to(operator, group, offer, version, rollout)
        outcomes |= found
        failed = sum(fault != "" for fault in found.values())
        log.info("stage %d: %d of %d devices use it", number, len(group) - failed, len(group))
        stopped = 100 * failed > rollout.max_failed * len(group)
    if stopped:
        log.warning("more than %g %% failed: the push is stopped", rollout.max_failed)
    return outcomes


def _offer_to(
    operator: Operator,
    group: Sequence[str],
    offer: Mapping[str, Any],
    version: int,
    rollout: Rollout,
) -> dict[str, str]:
    """Wait until each device of a group has tried the model; return the faults."""
    replies = operator.request(group, "offer", offer, rollout.reply_timeout)
    outcomes = {name: str(reply["error"]) for name, reply in replies.items() if "error" in reply}
    accepted = [name for name, reply in replies.items() if "error" not in reply]

    def has_ended(name: str) -> bool:
        update = operator.devices[name].update
        return update.get("version") == version and update.get("phase") in ENDS

    operator.wait(lambda: all(map(has_ended, accepted)), rollout.timeout)
    for name in group:
        device = operator.devices[name]
        if name in outcomes:
            continue
        # A device that lost power may have accepted the offer although no reply came.
        if device.update.get("version") != version and name not in replies:
            outcomes[name] = "no answer"
        elif has_ended(name):
            outcomes[name] = _fault(device.update)
        elif not device.online:
            outcomes[name] = "it went offline during the update, which it continues when it is back"
        else:
            outcomes[name] = f"not finished in time (phase {device.update.get('phase')})"
    return outcomes


def _fault(update: Mapping[str, Any]) -> str:
    phase = update.get("phase")
    return "" if phase == DONE else f"{str(phase).replace('_', ' ')}: {update.get('reason')}"


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0

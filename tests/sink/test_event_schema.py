"""Every event fits docs/events.schema.json, and docs/events.md describes every key."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import jsonschema
import pytest

from edge.events import (
    DeviceFound,
    DeviceLost,
    Failure,
    HealthReport,
    Ready,
    RunEvent,
    Stamped,
    Summary,
)
from edge.samples import AUDIO, MOTION, Health
from edge.sink import StreamInfo
from edge.sink.event_json import event_line, event_object
from sample_events import (
    DETECTION,
    NUMBER,
    READING,
    REJECTION,
    RETRACTION,
    SEQUENCE,
    WORD,
    health,
)

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "events.schema.json").read_text())
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, timezone.utc)
EVENTS: list[RunEvent] = [
    DETECTION,
    replace(DETECTION, truth=""),
    WORD,
    REJECTION,
    RETRACTION,
    replace(DETECTION, stroke=READING),
    replace(REJECTION, stroke=replace(READING, other_label="")),
    NUMBER,
    SEQUENCE,
    Ready("/dev/ttyUSB0", 100.0, MOTION, ("0", "1"), 0.7),
    Ready("usb", 16000.0, AUDIO, ("yes",), None),
    DeviceLost("unplugged", None),
    DeviceLost("unplugged", 1.25),
    DeviceFound(1.25),
    Failure("the disk is full", fatal=False),
    HealthReport(health(), 3, 4, 12.3, 45.6, None),
    Summary(health(lost=2), 5, 6),
    Summary(Health(), 0, 0, failed=True),
]
validator = jsonschema.Draft202012Validator(SCHEMA)


@pytest.mark.parametrize("channels", [MOTION, AUDIO])
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_event_fits_the_schema(event, channels):
    info = StreamInfo(100, channels, device="pi", model="airdigit")
    stamped = replace(event, time=NOW, sequence=7)
    found = json.loads(event_line(stamped, info, dropped=1))
    validator.validate(found)
    assert found["time"] == "2026-01-02T03:04:05.678+00:00"
    assert found["id"] == f"{info.run}-7"
    assert (found["device"], found["model"], found["schema"]) == ("pi", "airdigit", 1)
    known = _keys(found["event"])
    assert set(found) <= known, "the schema lacks a key"


def test_every_class_of_events_is_tested():
    assert {type(event) for event in EVENTS} == set(Stamped.__subclasses__())


def test_the_schema_refuses_an_event_without_its_keys():
    found = event_object(replace(DETECTION, time=NOW, sequence=0), StreamInfo(1, MOTION, model="m"))
    for key in ("label", "score", "time", "device", "model", "id", "schema"):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({name: value for name, value in found.items() if name != key})


def test_the_document_describes_every_key():
    text = (DOCS / "events.md").read_text()
    described = set(re.findall(r"`(\w+)`", text))
    for kind in _kinds():
        assert _keys(kind) | {kind} <= described


def _kinds() -> list[str]:
    return [rule["if"]["properties"]["event"]["const"] for rule in SCHEMA["allOf"]]


def _keys(kind: str) -> set[str]:
    """All keys that an event of this kind may have."""
    definition = SCHEMA["$defs"][kind]
    keys = set(SCHEMA["properties"]) | set(definition.get("properties", {}))
    if "$ref" in definition:
        keys |= set(SCHEMA["$defs"][definition["$ref"].rpartition("/")[2]]["properties"])
    return keys

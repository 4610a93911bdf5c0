"""The description of a device for Home Assistant: MQTT device discovery."""

from __future__ import annotations

from typing import Any

import edge
from edge.sink import StreamInfo

PROJECT = "https://github.com/edge-sense/edge-sense"
# The event entity shows the label; score and times become attributes.
EVENT_TEMPLATE = (
    "{{ {'event_type': value_json.label, 'score': value_json.score, 't': value_json.t, "
    "'id': value_json.id} | tojson }}"
)


def discovery(identifier: str, base: str, info: StreamInfo) -> dict[str, Any]:
    """The payload of `homeassistant/device/<identifier>/config`."""
    components = {
        key: {
            **component,
            "unique_id": f"{identifier}_{key}",
            "default_entity_id": f"{component['platform']}.{identifier}_{key}",
        }
        for key, component in _components(base, info).items()
    }
    return {
        "device": {
            "identifiers": [identifier],
            "name": f"{info.device} {info.task}".strip(),
            "manufacturer": "edge-sense",
            "model": info.model,
            "sw_version": edge.__version__,
        },
        "origin": {"name": "edge-sense", "sw_version": edge.__version__, "support_url": PROJECT},
        "availability_topic": f"{base}/available",
        "state_topic": f"{base}/state",
        "qos": 1,
        "components": components,
    }


def _components(base: str, info: StreamInfo) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        "detection": {
            "platform": "event",
            "name": "Detection",
            "state_topic": f"{base}/event/detection",
            "event_types": list(info.words),
            "value_template": EVENT_TEMPLATE,
            "icon": "mdi:account-voice" if info.is_sound else "mdi:gesture",
        },
        "label": _sensor("Last label", "label"),
        "score": _sensor("Last score", "score", state_class="measurement"),
        "listening": {
            "platform": "switch",
            "name": "Listening" if info.is_sound else "Recognition",
            "command_topic": f"{base}/set/listening",
            "value_template": "{{ value_json.listening }}",
        },
        "device": {
            "platform": "binary_sensor",
            "name": "Microphone" if info.is_sound else "Sensor",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "value_template": "{{ 'ON' if value_json.device_present else 'OFF' }}",
        },
        "rate": _health("Samples a second", "rate", "Hz"),
        "lost": _health("Samples lost", "lost", None, "total_increasing"),
        "dropped": _health("Events dropped", "dropped", None, "total_increasing"),
        "cpu": _health("Processor time", "cpu_percent", "%"),
        "memory": _health("Memory", "memory_mb", "MB"),
        "temperature": _health("Processor temperature", "temperature", "°C"),
    }
    if info.controls.threshold is not None:
        found["threshold"] = {
            "platform": "number",
            "name": "Threshold",
            "command_topic": f"{base}/set/threshold",
            "value_template": "{{ value_json.threshold }}",
            "min": 0,
            "max": 1,
            "step": 0.01,
            "mode": "slider",
            "entity_category": "config",
        }
    return found


def _sensor(name: str, key: str, **more: str) -> dict[str, Any]:
    return {
        "platform": "sensor",
        "name": name,
        "value_template": f"{{{{ value_json.{key} }}}}",
        **more,
    }


def _health(
    name: str, key: str, unit: str | None, state_class: str = "measurement"
) -> dict[str, Any]:
    return {
        **_sensor(name, key, state_class=state_class, entity_category="diagnostic"),
        **({} if unit is None else {"unit_of_measurement": unit}),
    }

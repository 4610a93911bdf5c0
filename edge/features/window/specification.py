"""The input of a model that sees samples, as its manifest describes it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from edge.errors import ModelError
from edge.features.window import grid, segment
from edge.features.window.filters import filter_specification
from edge.features.window.scaling import scaling_specification
from edge.fields import FieldError, Fields
from edge.samples import MOTION

MAX_LENGTH = 1 << 20  # samples of a window
MAX_RATE = 192_000  # Hz
MAX_CHANNELS = 64


def window_specification(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification that this code implements for a model.

    `wanted` chooses these keys; the constants follow from the code:

    - `length`: samples of a window
    - `hop`: samples from one window to the next (default: `length`)
    - `shape`: of the network's input (default: `length` x channels)
    - `channels_first`: whether a channel comes after the other, instead of a sample
    - `filter`: see `filter_specification` (default: none)
    - `scaling`: see `scaling_specification` (default: the samples as they are)
    - `sensor`: `channels` (their names), `rate_hz`, and of motion the ranges `accel_g`, `gyro_dps`

    Raise ModelError for values that are invalid.
    """
    fields = Fields(wanted, "input")
    try:
        sensor = fields.section("sensor")
        channels = sensor.texts("channels")
        if not 1 <= len(channels) <= MAX_CHANNELS:
            raise sensor.error("channels", f"give 1 to {MAX_CHANNELS} names")
        rate = sensor.integer("rate_hz", 1, MAX_RATE)
        length = fields.integer("length", 1, MAX_LENGTH)
        shape = fields.integers("shape", 1, MAX_LENGTH, [length, len(channels)])
        if prod(shape) != length * len(channels):
            raise fields.error("shape", f"it must hold {length} x {len(channels)} values")
        return {
            "kind": "window",
            "version": 1,
            "length": length,
            "hop": fields.integer("hop", 1, MAX_LENGTH, length),
            "shape": shape,
            "channels_first": fields.choice("channels_first", (False, True), False),
            "filter": None
            if wanted.get("filter") is None
            else filter_specification(fields.section("filter"), rate),
            "scaling": scaling_specification(fields.section("scaling", {}), len(channels)),
            "constants": {
                module.__name__.rpartition(".")[2]: {
                    name: value for name, value in vars(module).items() if name.isupper()
                }
                for module in (grid, segment)
            },
            "sensor": {"channels": channels, "rate_hz": rate, **_ranges(sensor, channels)},
        }
    except FieldError as error:
        raise ModelError(f"the model's input is invalid ({error}): convert it again") from None


def _ranges(sensor: Fields, channels: list[str]) -> dict[str, int]:
    """The ranges of a motion sensor."""
    if not set(channels) <= set(MOTION):
        return {}
    return {
        "accel_g": sensor.integer("accel_g", 2, 16, 4),
        "gyro_dps": sensor.integer("gyro_dps", 250, 2000, 500),
    }

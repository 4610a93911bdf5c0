"""The values of a window as a model was trained on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.fields import Fields

LIMIT = 1e9  # of an offset or a factor
SMALL = 1e-6  # added to what a window is divided by, which may be 0
KINDS = ("fixed", "standard", "range")


def scaling_specification(fields: Fields, channels: int) -> dict[str, Any]:
    """The scaling of a window (channel by channel):

    - `fixed`: (value - offset) * factor, with an `offset` and a `factor` for each channel
    - `standard`: minus the mean of the window, divided by its standard deviation
    - `range`: 0 for the smallest value of the window, 1 for the largest
    """
    kind = fields.choice("kind", KINDS, "fixed")
    if kind != "fixed":
        fields.refuse_others(("kind", "small"))
        return {"kind": kind, "small": SMALL}
    fields.refuse_others(("kind", "offset", "factor"))
    return {
        "kind": kind,
        "offset": _numbers(fields, "offset", channels, 0.0),
        "factor": _numbers(fields, "factor", channels, 1.0),
    }


def _numbers(fields: Fields, key: str, count: int, default: float) -> list[float]:
    values = fields.values.get(key, [default] * count)
    if not isinstance(values, (list, tuple)) or len(values) != count:
        raise fields.error(key, f"give a list of {count}, one for each channel")
    items = Fields({f"[{k}]": value for k, value in enumerate(values)}, fields.path(key))
    return [items.number(item, -LIMIT, LIMIT) for item in items.values]


def scaled(window: NDArray[np.float32], scaling: Mapping[str, Any]) -> NDArray[np.float32]:
    """The scaled values of (n, channels)."""
    if scaling["kind"] == "fixed":
        offset, factor = (np.array(scaling[key], np.float32) for key in ("offset", "factor"))
        return (window - offset) * factor
    if scaling["kind"] == "standard":
        offset, width = window.mean(axis=0), window.std(axis=0)
    else:
        offset, width = window.min(axis=0), np.ptp(window, axis=0)
    return (window - offset) / (width + np.float32(scaling["small"]))

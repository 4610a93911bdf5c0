"""The constants on which the tensor of a stroke depends: a part of every model's input
specification."""

from __future__ import annotations

from edge.features.motion import (
    activity,
    binning,
    declip,
    gate,
    inputs,
    paths,
    pieces,
    recording,
    trust,
)

MODULES = {
    "activity": activity,
    "binning": binning,
    "declip": declip,
    "gate": gate,
    "inputs": inputs,
    "paths": paths,
    "pieces": pieces,
    "recording": recording,
    "trust": trust,
}


def constants() -> dict[str, dict[str, object]]:
    """Every constant by module and name."""
    return {
        module: {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in vars(values).items()
            if _is_constant(name, value)
        }
        for module, values in MODULES.items()
    }


def _is_constant(name: str, value: object) -> bool:
    numbers = value if isinstance(value, tuple) else (value,)
    return (
        name.isupper()
        and name[0] != "_"
        and all(isinstance(number, (int, float)) for number in numbers)
    )

"""The same few networks of each operator in every run of a program.

Other programs may get others: Hypothesis also tries the constants in the modules that are imported.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings

from tools.operator_networks.single_operator import Operation, network
from tools.operator_networks.strategies import STRATEGIES


def operator_networks(count: int) -> dict[str, list[bytes]]:
    """Of each operator, this many networks."""
    return {name: _examples(name, count) for name in sorted(STRATEGIES)}


def write_operator_networks(folder: Path, count: int) -> list[Path]:
    paths = []
    for name, networks in operator_networks(count).items():
        for number, content in enumerate(networks):
            paths.append(folder / f"{name.lower()}_{number}.tflite")
            paths[-1].write_bytes(content)
    return paths


def _examples(name: str, count: int) -> list[bytes]:
    found: list[bytes] = []

    @settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(STRATEGIES[name])
    def collect(operation: Operation) -> None:
        found.append(network(operation))

    collect()
    return found

"""The settings of a benchmark: what is measured, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    models: tuple[str, ...] = ()
    pipelines: tuple[str, ...] = ()
    runtime: str | None = None
    """None: the first runtime that is installed. "all": every runtime."""
    threads: int = 1
    affinity: tuple[int, ...] = ()
    """Numbers of the cores that the workers may use. Empty: all cores."""
    processes: int = 5
    """Worker processes for each row."""
    seconds: float = 1.0
    """Shortest measurement in each process."""
    runs: int = 50
    """Fewest inferences in each process."""
    signal_s: float = 60.0
    """Length in s of the simulated signal for a pipeline."""
    timeout: float = 120.0
    """A worker process is killed after this many s."""
    profile: bool = False
    warm_up: float = 0.5
    """Seconds of inferences before the measurement starts."""

    def request(self, kind: str, **fields: Any) -> dict[str, Any]:
        """A request to a worker: the settings that all workers need, and `fields`."""
        common = ("threads", "affinity", "seconds", "runs", "warm_up", "timeout")
        return {"kind": kind, **{name: getattr(self, name) for name in common}, **fields}

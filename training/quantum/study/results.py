"""The results of a study: the conditions and every run, in a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.errors import EdgeError
from training.common.atomic_write import write_file

Runs = Sequence[Mapping[str, Any]]
"""Each has: arm, seed, circuit (or None), int8, float and int8_all (accuracy by split: of int8 and
float on the words, of int8 on all labels), seconds, network_us, stage_us (or None), weights."""


@dataclass(frozen=True)
class Study:
    """The conditions under which networks were compared, and their runs."""

    command: str
    frames: int
    """In a window."""
    windows: int
    """Number of training windows."""
    epochs: int
    clips: int
    """Number of training clips."""
    evaluated: Mapping[str, int]
    """Number of clips by split."""
    speakers: Mapping[str, int]
    """Number of speakers by split."""
    runs: list[dict[str, Any]] = field(default_factory=list)

    def has_run(self, arm: str, seed: int) -> bool:
        return any((run["arm"], run["seed"]) == (arm, seed) for run in self.runs)

    def save(self, path: Path) -> None:
        content = {
            "command": self.command,
            "frames": self.frames,
            "pool": self.windows,
            "epochs": self.epochs,
            "clips": self.clips,
            "evaluated": dict(self.evaluated),
            "speakers": dict(self.speakers),
            "runs": self.runs,
        }
        write_file(path, json.dumps(content, indent=1) + "\n")


def read_study(path: Path) -> Study:
    """Return a study that is complete."""
    content = json.loads(path.read_text())
    return Study(windows=content.pop("pool"), **content)


def stored_runs(path: Path, frames: int) -> list[dict[str, Any]]:
    """Return the runs of a study that was interrupted, or none.

    Raise EdgeError if its windows had another number of frames.
    """
    if not path.exists():
        return []
    content: dict[str, Any] = json.loads(path.read_text())
    if content.get("frames") != frames:
        raise EdgeError(
            f"{path} contains runs on windows of another length than {frames} frames: remove it, "
            "or give another --out"
        )
    runs: list[dict[str, Any]] = content["runs"]
    return runs


def by_seed(runs: Runs, arm: str, *keys: str) -> dict[int, float]:
    """Return a value of each run of an arm; `keys` lead to it, as in "int8", "test"."""
    found = {}
    for run in runs:
        if run["arm"] == arm:
            value: Any = run
            for key in keys:
                value = value[key]
            found[run["seed"]] = value
    return found

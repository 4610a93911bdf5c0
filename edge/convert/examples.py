"""The windows of recordings, which set the int8 ranges and on which networks are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.api.classification import reader_of, samples_of
from edge.bench.inputs.model_windows import windows_of
from edge.bench.inputs.simulated_signal import simulator_of
from edge.errors import EdgeError, ModelError
from edge.features import FEATURES

MAX_WINDOWS = 2000
RANDOM = 100  # windows, if there is nothing else
SEED = 7


@dataclass(frozen=True)
class Examples:
    windows: NDArray[np.float32]
    """(n, *shape)"""
    origin: str
    """Where they come from, in words."""
    folders: list[str] = field(default_factory=list)
    """The name of the folder of each window, which may be its label; empty if there are no
    files."""
    unusable: list[str] = field(default_factory=list)
    """A line for each file that could not be read."""
    are_real: bool = True


def read_examples(files: Sequence[str], specification: Mapping[str, Any]) -> Examples:
    """Windows of these recordings or folders; simulated or random windows if there are none."""
    if not files:
        return _invented(specification)
    found = reader_of(specification).find(files)
    step = max(1, len(found) // MAX_WINDOWS)
    kind = FEATURES.load(specification["kind"])
    windows, names, unusable = [], [], []
    for file in found[::step]:
        try:
            chunk = samples_of(specification, file)
            cut = [w.tensor.copy() for w in kind.windows_of_recording(specification, chunk)]
        except (EdgeError, OSError) as error:
            unusable.append(f"{file}: {error}")
            continue
        windows += cut
        names += [file.parent.name] * len(cut)
    if not windows:
        reason = unusable[0] if unusable else f"there is no recording in {files[0]}"
        raise ModelError(f"none of the representative files could be used: {reason}")
    rng = np.random.default_rng(SEED)
    chosen = np.sort(rng.permutation(len(windows))[:MAX_WINDOWS])
    return Examples(
        np.stack([windows[k] for k in chosen]).astype(np.float32),
        f"{len(chosen)} windows of {len(found[::step])} files",
        [names[k] for k in chosen],
        unusable,
    )


def _invented(specification: Mapping[str, Any]) -> Examples:
    simulator = simulator_of(specification)
    windows = windows_of(specification, simulator.sample_s)
    if windows:
        return Examples(
            np.stack(windows).astype(np.float32),
            f"{len(windows)} windows of a simulated {simulator.name}",
            are_real=False,
        )
    shape = FEATURES.load(specification["kind"]).tensor_shape(specification)
    values = np.random.default_rng(SEED).normal(size=(RANDOM, *shape)).astype(np.float32)
    return Examples(values, f"{RANDOM} random windows", are_real=False)

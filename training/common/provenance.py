"""How a model was made, for its manifest and its card."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

MODELS = Path("models")


def command_line(module: str, options: Mapping[str, object]) -> str:
    """The command that makes the same model again, for people who have the same recordings.

    `options` are by name, in order: a string or a number, a list of several values, or True for an
    option without a value. Options that are None, False or an empty list are left out. Paths of
    this machine mean nothing on another: use `folder_names`, `file_names` and `model_path`.
    """
    words = ["python", "-m", module]
    for name, value in options.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        if value is True:
            words.append(name)
        elif value is not None and value is not False and values:
            words += [name, *map(str, values)]
    return shlex.join(words)


def folder_names(folders: Iterable[str | Path]) -> list[str]:
    """The name of each folder without the folders above it."""
    return [Path(folder).resolve().name for folder in folders]


def file_names(files: Iterable[str | Path]) -> list[str]:
    """The name of each file with the folder it lies in."""
    paths = (Path(file).resolve() for file in files)
    return [f"{path.parent.name}/{path.name}" for path in paths]


def model_path(path: Path) -> str:
    """The path of a shipped file: in `models`, whatever folder it was written to."""
    return str(MODELS / path.name)


def provenance(
    command: str,
    corpora: Sequence[str],
    metrics: Mapping[str, Any],
    **details: Any,
) -> dict[str, Any]:
    """The `provenance` of a manifest; `details` differ between tasks (clips, speakers ...)."""
    import keras

    return {
        "command": command,
        "corpora": list(corpora),
        **details,
        "metrics": dict(metrics),
        "versions": {"keras": keras.__version__, "numpy": np.__version__},
    }

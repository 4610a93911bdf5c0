"""Find the models that come with edge-sense, and the file that a name or path means."""

from __future__ import annotations

from pathlib import Path

import edge
from edge.errors import ModelError


def shipped_folder() -> Path:
    """`edge/shipped` if a wheel is installed, `models` in a checkout."""
    package = Path(edge.__file__).resolve().parent
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "models"


def shipped_models() -> list[str]:
    """The names that can be given instead of a path."""
    return sorted(file.stem for file in shipped_folder().glob("*.tflite"))


def find_model(name_or_path: str | Path) -> Path:
    """The file of the shipped model with that name; otherwise the path itself."""
    name = str(name_or_path)
    shipped = shipped_models()
    if name in shipped:
        return shipped_folder() / f"{name}.tflite"
    path = Path(name_or_path)
    if path.name == name and not path.suffix and not path.exists():
        choice = f"choose one of {', '.join(shipped)}, or " if shipped else ""
        raise ModelError(f"no shipped model {name!r}: {choice}give the path of a .tflite file")
    return path

"""Where the models are that come with edge-sense, and which file a user means."""

from __future__ import annotations

from pathlib import Path

import edge
from edge.errors import ModelError


def shipped_folder() -> Path:
    """`edge/shipped` where a wheel was installed, `models` in a checkout."""
    package = Path(edge.__file__).resolve().parent
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "models"


def shipped_models() -> list[str]:
    """Names that can be given in place of a path."""
    return sorted(file.stem for file in shipped_folder().glob("*.tflite"))


def find_model(name_or_path: str | Path) -> Path:
    """The file of a shipped model's name, or else the path itself."""
    name = str(name_or_path)
    shipped = shipped_models()
    if name in shipped:
        return shipped_folder() / f"{name}.tflite"
    path = Path(name_or_path)
    if path.name == name and not path.suffix and not path.is_file():
        choice = f"choose one of {', '.join(shipped)}, or " if shipped else ""
        raise ModelError(f"no shipped model {name!r}: {choice}give the path of a .tflite file")
    return path

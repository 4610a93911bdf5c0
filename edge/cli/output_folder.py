"""The folder of --out."""

from __future__ import annotations

import os
from pathlib import Path

from edge.errors import EdgeError


def prepare_output_folder(folder: Path, option: str = "--out") -> None:
    """Make the folder that `option` names; EdgeError if no file can be written to it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EdgeError(
            f"{folder} cannot be made ({error.strerror}): choose another {option}"
        ) from None
    if not os.access(folder, os.W_OK):
        raise EdgeError(f"{folder} cannot be written to: choose another {option}")

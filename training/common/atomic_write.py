"""Files that are complete or absent: an interrupted run leaves no half-written file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.cli.output_folder import prepare_output_folder
from edge.errors import EdgeError

SUFFIXES_BESIDE_MODEL = (".onnx", ".png", ".md")  # float network, confusion matrix, card


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; rename it to `path` at the end.

    The temporary name has the same suffix, because some writers choose the format by it. After an
    exception nothing is left behind. Raises EdgeError if the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise EdgeError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def write_file(path: Path, content: bytes | str) -> None:
    """Write a file of bytes, or of text as UTF-8."""
    with atomic_write(path) as unfinished:
        unfinished.write_bytes(content.encode() if isinstance(content, str) else content)


def check_model_path(path: Path) -> None:
    """Check --out before the training starts. Raises EdgeError if no model can be written there.

    An older model is replaced together with the files beside it. Files of another kind are not.
    """
    if path.suffix != ".tflite" or path.is_dir():
        raise EdgeError(f"--out {path}: name a file, something.tflite")
    beside = [path.with_suffix(suffix) for suffix in SUFFIXES_BESIDE_MODEL]
    foreign = [other.name for other in beside if other.exists() and not path.exists()]
    if foreign:
        raise EdgeError(
            f"--out {path}: {' and '.join(foreign)} would be overwritten, but no model is beside "
            "it: choose another name, or move that file"
        )
    prepare_output_folder(path.parent)

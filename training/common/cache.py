"""Results that take long to compute, stored between runs.

The name of a cache file holds a hash of everything the result depends on: the inputs and the
source code that computes it. After a change of either, the result is computed again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from training.common.atomic_write import atomic_write
from training.common.stored_array import StoredArray
from training.common.tf_config import is_chief, worker_count

log = logging.getLogger(__name__)

ROOT = Path(__file__).parents[2]
DEFAULT_FOLDER = Path("out/cache")
KEY_DIGITS = 16  # hexadecimal


def source_code(*patterns: str) -> bytes:
    """The names and contents of the project's source files that match the patterns.

    Raises ValueError for a pattern without a match: a file that was moved must not silently drop
    out of a cache key.
    """
    files: set[Path] = set()
    for pattern in patterns:
        found = set(ROOT.glob(pattern))
        if not found:
            raise ValueError(f"no source file matches {pattern}")
        files |= found
    return b"".join(
        str(file.relative_to(ROOT)).encode() + file.read_bytes() for file in sorted(files)
    )


def cache_key(*inputs: object, code: Sequence[str]) -> str:
    """A hash of the inputs and of the source files that match the patterns in `code`.

    Arrays and bytes count with their content, all other inputs with their `repr`.
    """
    key = hashlib.sha256()
    for value in inputs:
        if isinstance(value, np.ndarray):
            key.update(repr((value.dtype.str, value.shape)).encode())
            key.update(np.ascontiguousarray(value).tobytes())
        else:
            key.update(value if isinstance(value, bytes) else repr(value).encode())
    key.update(source_code(*code))
    return key.hexdigest()[:KEY_DIGITS]


def cached_arrays(
    path: Path, compute: Callable[[], Mapping[str, NDArray[Any]]], on_disk: str | None = None
) -> dict[str, Any]:
    """The named arrays of an .npz file; computed and stored if it is missing or damaged.

    The array named `on_disk` is a StoredArray, which is not read yet.
    """
    if path.exists():
        try:
            return _read_arrays(path, on_disk)
        except (OSError, ValueError, EOFError, KeyError, BadZipFile):
            log.warning("%s is damaged: computed again", path)
    arrays: dict[str, Any] = dict(compute())
    with atomic_write(path) as unfinished:
        np.savez(unfinished, **arrays)
    return arrays if on_disk is None else _read_arrays(path, on_disk)


def _read_arrays(path: Path, on_disk: str | None) -> dict[str, Any]:
    # numpy itself leaves a damaged file open.
    with path.open("rb") as file, np.load(file) as stored:
        arrays: dict[str, Any] = {n: stored[n] for n in stored.files if n != on_disk}
    if on_disk is not None:
        arrays[on_disk] = StoredArray(path, on_disk)
    return arrays


def cached_weights(path: Path, network: Any, fit: Callable[[], None]) -> None:
    """Give a Keras network the weights of an .h5 file; fit it and store them if there is none.

    Several workers always fit it: one that has the file would leave the others waiting.
    """
    if path.exists() and worker_count() == 1:
        try:
            network.load_weights(path)
            return
        except (OSError, ValueError):
            log.warning("%s is damaged: trained again", path)
    fit()
    if not is_chief():
        return
    with atomic_write(path) as unfinished:
        network.save_weights(unfinished)

"""A model file: a TFLite network and a zip with its manifest appended, which runtimes ignore."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from edge.errors import ModelError
from edge.fields import FieldError
from edge.model.archive import ArchiveError, read_members
from edge.model.digest import sha256
from edge.model.manifest import FORMAT, Manifest
from edge.text import quoted

MAX_BYTES = 64 << 20  # a model for a Pi has kilobytes; a larger file is not read: the path is wrong
MANIFEST = "manifest.json"
LABELS = "labels.txt"


def attach(tflite: bytes, manifest: Manifest) -> bytes:
    """The bytes of a model file: the network with this manifest in place of an earlier one.

    The same network and manifest always give the same bytes.
    """
    network = network_of(tflite)
    document = manifest.document(_network_hash(network))
    members = {
        MANIFEST: document_bytes(document),
        LABELS: "".join(f"{label}\n" for label in manifest.labels).encode(),
    }
    return append_members(network, members)


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """A document of a model file, as JSON in UTF-8."""
    return (json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n").encode()


def append_members(network: bytes, members: Mapping[str, bytes]) -> bytes:
    """The network with a zip of these members. The same values always give the same bytes."""
    import zipfile  # not at the start of every command, which only reads models

    file = io.BytesIO(network)
    with zipfile.ZipFile(file, "a") as archive:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)  # dated 1980, not today
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return file.getvalue()


def network_of(data: bytes) -> bytes:
    """The TFLite network without the appended zip."""
    try:
        return data[: read_members(data, ())[0]]
    except ArchiveError:
        return data


def read_manifest(path: str | Path) -> Manifest:
    return read_model(path)[1]


def read_model(path: str | Path) -> tuple[bytes, Manifest]:
    """The network and the manifest of a model file; ModelError if the file is not usable."""
    return parse_model(read_bytes(Path(path)), str(path))


def parse_model(data: bytes, name: str) -> tuple[bytes, Manifest]:
    """The network and the manifest in the content of the model file `name`."""
    network, document = parse_document(data, name)
    if document.get("format", FORMAT) != FORMAT:
        raise _other_format(document["format"], name)
    try:
        manifest = Manifest.from_document(document)
        stored = document["input_hash"], document["network_hash"]
        computed = manifest.input_hash, _network_hash(network)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(name, error) from None
    if stored != computed:
        raise ModelError(f"{name} was altered after it was made: copy or train it again")
    return network, manifest


def parse_document(data: bytes, name: str) -> tuple[bytes, dict[str, Any]]:
    """The network and the values of manifest.json, of any format version."""
    if data[4:8] != b"TFL3":
        raise ModelError(f"{name} is not a TFLite model: give a .tflite file made by the training")
    try:
        end, members = read_members(data, (MANIFEST,))
    except ArchiveError as error:
        if MANIFEST.encode() in data:
            raise damaged(name, error) from None
        raise _without_manifest(name) from None
    if MANIFEST not in members:
        raise _without_manifest(name)
    try:
        document = json.loads(
            members[MANIFEST], parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise damaged(name, error) from None
    if not isinstance(document, dict):
        raise damaged(name, TypeError("it is not an object"))
    return data[:end], document


def damaged(name: str, error: Exception) -> ModelError:
    """The error for a model file whose zip or manifest cannot be read because of `error`."""
    reason = str(error)
    if not isinstance(error, ArchiveError):
        kind = "" if isinstance(error, FieldError) else f"{type(error).__name__} "
        reason = f"{MANIFEST}: {kind}{reason}"
    return ModelError(f"{name} is damaged: copy or train it again ({reason})")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    """1e999 is valid JSON, but infinite as a float."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{quoted(text)} is too large for a number")
    return number


def _without_manifest(name: str) -> ModelError:
    return ModelError(
        f"{name} has no manifest, so its labels and its input are unknown: copy it again if it was "
        "cut off; the training attaches a manifest, and edge.model.attach does so in a program"
    )


def _other_format(version: Any, name: str) -> ModelError:
    older = isinstance(version, int) and version < FORMAT
    remedy = (
        f"run `python -m edge.model.upgrade {name} --out NEW.tflite`"
        if older
        else "install the edge-sense that the model was made with"
    )
    return ModelError(
        f"{name} has a manifest of format {quoted(version)}, and this edge-sense reads format "
        f"{FORMAT}: {remedy}"
    )


def _network_hash(network: bytes) -> str:
    return sha256(network).hexdigest()[:16]


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a model file; ModelError if it cannot be read or is larger."""
    try:
        if not path.is_file():
            problem = "is not a file" if path.exists() else "does not exist"
            raise ModelError(f"model {path} {problem}: give a .tflite file")
        size = path.stat().st_size
        if size > max_bytes:
            raise ModelError(
                f"{path} has {size >> 20} MB, more than the {max_bytes >> 20} MB that a model may "
                "have: give a .tflite file made by the training"
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror or error}") from None

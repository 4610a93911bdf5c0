"""The manifest of a model: a zip that is appended to the TFLite file, which runtimes ignore.

`unzip -p models/airdigit.tflite manifest.json` shows it.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.errors import ModelError
from edge.model.archive import Damaged, read_members
from edge.model.digest import sha256

FORMAT = 2
LARGEST = 64 << 20  # bytes; a model for a Pi has kilobytes: a wrong path is refused at once
MANIFEST = "manifest.json"
LABELS = "labels.txt"


def fingerprint(specification: Mapping[str, Any]) -> str:
    """16 hex digits that change with any value of an input specification."""
    canonical = json.dumps(specification, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Manifest:
    task: str
    """What the model is for, e.g. "airdigit"."""
    labels: list[str]
    """The labels of its outputs, in their order."""
    input: dict[str, Any]
    """The features it was trained on: their kind, all their constants, and the sensor."""
    decision: dict[str, Any]
    """How scores become events: a kind and its thresholds."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Corpora, licences, the command, the figures, the versions."""
    format: int = FORMAT

    @property
    def rate_hz(self) -> int:
        """The sample rate that its features need."""
        return int(self.input["sensor"]["rate_hz"])

    @property
    def input_hash(self) -> str:
        return fingerprint(self.input)


def attach(tflite: bytes, manifest: Manifest) -> bytes:
    """The bytes of a model file: the network and its manifest, which replaces an earlier one.

    The same network and manifest give the same bytes, on any day.
    """
    network = network_of(tflite)
    document = {
        "format": manifest.format,
        "task": manifest.task,
        "labels": manifest.labels,
        "input": manifest.input,
        "input_hash": manifest.input_hash,
        "network_hash": _network_hash(network),
        "decision": manifest.decision,
        "provenance": manifest.provenance,
    }
    members = {
        MANIFEST: json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n",
        LABELS: "".join(f"{label}\n" for label in manifest.labels),
    }
    file = io.BytesIO(network)
    with zipfile.ZipFile(file, "a") as archive:
        for name, text in members.items():
            entry = zipfile.ZipInfo(name)  # dated 1980
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
    return file.getvalue()


def read_manifest(path: str | Path) -> Manifest:
    """The manifest of the model file at `path`."""
    return read_model(path)[1]


def read_model(path: str | Path) -> tuple[bytes, Manifest]:
    """The network and the manifest of a model file; ModelError if it is no such file."""
    return split(_read_bytes(Path(path)), str(path))


def network_of(data: bytes) -> bytes:
    """The TFLite file without the appended zip."""
    try:
        return data[: read_members(data, ())[0]]
    except Damaged:
        return data


def split(data: bytes, name: str) -> tuple[bytes, Manifest]:
    """The network and the manifest in the bytes of the file called `name`."""
    if data[4:8] != b"TFL3":
        raise ModelError(f"{name} is no TFLite model: give a .tflite file made by the training")
    damaged = f"{name} is damaged: copy or train it again"
    try:
        end, members = read_members(data, (MANIFEST,))
    except Damaged as error:
        if MANIFEST.encode() in data:
            raise ModelError(f"{damaged} ({error})") from None
        raise _without_manifest(name) from None
    if MANIFEST not in members:
        raise _without_manifest(name)
    try:
        document = json.loads(members[MANIFEST])
        version = document["format"]
        if version != FORMAT:
            older = isinstance(version, int) and version < FORMAT
            remedy = (
                f"run `python -m edge.model.upgrade {name} --out NEW.tflite`"
                if older
                else "install the edge-sense that the model was made with"
            )
            raise ModelError(
                f"{name} has a manifest of format {version!r}, and this edge-sense reads format "
                f"{FORMAT}: {remedy}"
            )
        manifest = Manifest(
            task=document["task"],
            labels=[str(label) for label in document["labels"]],
            input=dict(document["input"]),
            decision=dict(document["decision"]),
            provenance=dict(document["provenance"]),
        )
        stated = document["input_hash"], document["network_hash"]
    except ModelError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(f"{damaged} (manifest.json: {type(error).__name__} {error})") from None
    if stated != (manifest.input_hash, _network_hash(data[:end])):
        raise ModelError(f"{name} was altered after it was made: copy or train it again")
    return data[:end], manifest


def _without_manifest(name: str) -> ModelError:
    return ModelError(
        f"{name} carries no manifest, so its labels and its input are unknown: copy it again if "
        "it was cut off; edge.model.attach adds one, and the training does so by itself"
    )


def _network_hash(network: bytes) -> str:
    return sha256(network).hexdigest()[:16]


def _read_bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise ModelError(f"model {path} {what}: give a .tflite file")
        size = path.stat().st_size
        if size > LARGEST:
            raise ModelError(
                f"{path} has {size >> 20} MB, more than the {LARGEST >> 20} MB that a model may "
                "have: give a .tflite file made by the training"
            )
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"model {path} cannot be read: {error.strerror or error}") from None

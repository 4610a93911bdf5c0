"""The models of one device and the state of its update, which survive a power loss at any moment.

Every change of the state is one rename of a file that is complete on the disk. A model file has its
final name only after it was verified, so the state never names an incomplete file.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.errors import EdgeError
from edge.fields import Fields
from edge.fleet.offer import MAX_VERSION, Offer
from edge.formats.atomic_write import atomic_write, move_over
from edge.model.digest import file_sha256
from edge.text import one_line

log = logging.getLogger(__name__)

STATE_FILE = "state.json"
IDLE, DOWNLOADING, SHADOW, TRIAL = "idle", "downloading", "shadow", "trial"
PHASES = (IDLE, DOWNLOADING, SHADOW, TRIAL)


@dataclass(frozen=True)
class StoredModel:
    """A model file in the folder; the default is the model that the command was started with."""

    version: int = 0
    file: str = ""
    sha256: str = ""

    @classmethod
    def of(cls, offer: Offer) -> StoredModel:
        return cls(offer.version, offer.file, offer.sha256)

    @classmethod
    def read(cls, fields: Fields) -> StoredModel:
        version = fields.integer("version", 0, MAX_VERSION)
        return cls(version, fields.text("file"), fields.text("sha256")) if version else cls()


@dataclass(frozen=True)
class State:
    """`current` is used; `previous` is the model before it, None if there is none."""

    phase: str = IDLE
    current: StoredModel = field(default_factory=StoredModel)
    previous: StoredModel | None = None
    highest: int = 0
    """The highest version that was ever used: no older one is accepted."""
    starts: int = 0
    """How often the command was started in this phase without an orderly end."""
    offer: Mapping[str, Any] | None = None
    """The offer of the update, as it was received: it is verified again after a restart."""
    result: Mapping[str, Any] | None = None
    """How the last update ended, for the operator."""

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, content: bytes) -> State:
        """ValueError if it is damaged."""
        fields = Fields(json.loads(content))
        has_previous = fields.values.get("previous") is not None
        offer, result = fields.values.get("offer"), fields.values.get("result")
        return cls(
            fields.choice("phase", PHASES),
            StoredModel.read(fields.section("current")),
            StoredModel.read(fields.section("previous")) if has_previous else None,
            fields.integer("highest", 0, MAX_VERSION),
            fields.integer("starts", 0, MAX_VERSION),
            offer if isinstance(offer, dict) else None,
            result if isinstance(result, dict) else None,
        )


class ModelStore:
    """`state` is what is on the disk."""

    def __init__(self, folder: Path) -> None:
        """EdgeError if the folder cannot be used."""
        self.folder = folder
        self._lock = threading.RLock()  # the end of a command and its update change the state
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / STATE_FILE
            content = path.read_bytes() if path.exists() else None
        except OSError as error:
            raise EdgeError(
                f"{folder} cannot be used ({error.strerror or error}): check --fleet-folder"
            ) from None
        self.state = State()
        if content is not None:
            try:
                self.state = State.from_json(content)
            except (ValueError, RecursionError) as error:
                log.warning("%s is damaged (%s): the model of the command is used",
                            path, one_line(str(error)))  # fmt: skip

    def change(self, **changes: Any) -> None:
        """Store a new state; OSError leaves the old one."""
        with self._lock:
            state = replace(self.state, **changes)
            atomic_write(self.folder / STATE_FILE, state.to_json())
            self.state = state

    def change_anyway(self, **changes: Any) -> None:
        """Change the state back to a safe one, for this run even if the disk is full."""
        with self._lock:
            try:
                self.change(**changes)
            except OSError as error:
                log.warning("the state of the update cannot be stored: %s", error.strerror or error)
                self.state = replace(self.state, **changes)

    def path(self, model: StoredModel) -> Path:
        return self.folder / model.file

    def part_path(self, offer: Offer) -> Path:
        """The incomplete download of an offer."""
        return self.folder / f"{offer.sha256}.part"

    def is_intact(self, model: StoredModel) -> bool:
        """Whether the file of a model still has the content that was verified."""
        try:
            return file_sha256(self.path(model)) == model.sha256
        except OSError:
            return False

    def add(self, offer: Offer, part: Path) -> None:
        """Give a verified download its final name."""
        move_over(part, self.folder / offer.file)

    def clean(self) -> None:
        """Delete the files that are not needed any more."""
        state = self.state
        if state.phase != IDLE:
            return
        used = {STATE_FILE, state.current.file, state.previous.file if state.previous else ""}
        for path in self.folder.iterdir():
            if path.name not in used and path.suffix in (".part", ".tflite"):
                with suppress(OSError):
                    path.unlink()

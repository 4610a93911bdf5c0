"""The models that the page can use: that of the command, and those that were made of takes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.chain import Chain
from edge.decision import DecisionSettings
from edge.errors import EdgeError
from edge.model import Manifest, Model, read_manifest
from edge.model.checks import decision_settings
from edge.model.requirements import check_stream
from edge.page.answers import Refused
from edge.sink import StreamInfo

MAX_LISTED = 200


class ModelChoice:
    """Called in threads that may wait for a disk."""

    def __init__(self, folder: Path, model: Model, joins_digits: bool, info: StreamInfo) -> None:
        self.folder = folder
        self.exchange: Callable[[Chain], None] | None = None
        """Uses another chain; None if models cannot be chosen here."""
        self._own, self._runtime, self._joins_digits = model.path, model.runtime, joins_digits
        self._info = info
        self._lock = threading.Lock()
        self._former: tuple[Path, DecisionSettings] | None = None
        self._used = model.path

    @property
    def former(self) -> str | None:
        """The name of the model that was used before this one."""
        return None if self._former is None else self._former[0].stem

    def models(self) -> list[dict[str, Any]]:
        """The newest first; the one of the command last."""
        found = []
        for path in self._paths()[:MAX_LISTED]:
            try:
                manifest = read_manifest(path)
                if manifest.task == self._info.task:
                    found.append(self._described(path, manifest))
            except (EdgeError, OSError):
                continue  # it is being copied, or it is no model
        return found

    def _described(self, path: Path, manifest: Manifest) -> dict[str, Any]:
        background = decision_settings(manifest, path).background_labels
        time = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
        return {
            "name": path.stem,
            "labels": [label for label in manifest.labels if label not in background],
            "time": time.isoformat(timespec="seconds"),
            "used": path == self._used,
            "own": path == self._own,
        }

    def new_name(self, stem: str) -> str:
        """A name that no model has."""
        taken = {path.stem for path in self._paths()}
        number = 1
        while f"{stem}-{number}" in taken:
            number += 1
        return f"{stem}-{number}"

    def check(self, path: Path) -> None:
        """EdgeError if a model cannot be used with this source."""
        self._loaded(path)

    def use(self, name: str) -> None:
        """Use a model from the next chunk on."""
        for path in self._paths():
            if path.stem == name:
                self._use(path, None)
                return
        raise Refused(404, "there is no such model")

    def back(self) -> None:
        """Use the former model again, with the thresholds that it had."""
        if self._former is None:
            raise Refused(409, "no other model was used before this one")
        self._use(*self._former)

    def _use(self, path: Path, settings: DecisionSettings | None) -> None:
        if self.exchange is None:
            raise Refused(
                409,
                "the models of this device come from its fleet: send this one by edge-fleet push",
            )
        with self._lock:
            if path == self._used:
                return
            former = self._used, self._info.controls.settings
            self.exchange(Chain(self._loaded(path), settings, self._joins_digits))
            self._former, self._used = former, path

    def _loaded(self, path: Path) -> Model:
        model = Model.load(path, self._runtime, self._info.task)
        try:
            check_stream(model, self._info.rate, self._info.channels)
        except EdgeError as error:
            raise EdgeError(f"{path.name} does not fit the source: {error}") from None
        return model

    def _paths(self) -> list[Path]:
        """The files of the models, each name once."""
        own = self._own
        made = [path for path in self.folder.glob("*.tflite") if path.stem != own.stem]
        made.sort(key=lambda path: (-path.stat().st_mtime, path.name))
        return [*made, own]

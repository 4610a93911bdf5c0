"""The takes on the disk: list, read, classify, move, delete with undo, pack.

A take is named by its path below the folder, and only names of files that are there are accepted.
"""

from __future__ import annotations

import itertools
import secrets
import tempfile
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from edge.api.classification import classify
from edge.formats.atomic_write import move_to_new
from edge.formats.motion import file_name
from edge.model import Model
from edge.page.answers import Refused
from edge.page.recording import check_label, drawn_path_of, suffix_of
from edge.takes.motion import storage as motion_storage
from edge.takes.sound import storage as sound_storage

MAX_LISTED = 2000
MAX_DELETED = 200  # deleted takes that can be restored; then the oldest are removed
MAX_IN_MEMORY = 8 << 20  # bytes of an archive


class Library:
    """Called in threads that may wait for a disk."""

    def __init__(self, folder: Path, deleted: Path, model: Model, sound: bool) -> None:
        self.folder, self._deleted, self._sound = folder, deleted, sound
        self._suffix = suffix_of(sound)
        self._model_path, self._runtime = model.path, model.runtime
        self._model: Model | None = None
        self._lock = threading.Lock()
        self._undo: dict[str, tuple[Path, Path]] = {}

    def takes(self) -> list[dict[str, Any]]:
        """The newest takes first."""
        found = [(path.stat().st_mtime, path) for path in self._files()]
        found.sort(key=lambda entry: (-entry[0], entry[1]))
        return [self._described(path, time) for time, path in found[:MAX_LISTED]]

    def counts(self) -> dict[str, int]:
        """How many takes there are of each label, in the order of the labels."""
        return dict(sorted(Counter(map(self._label, self._files())).items()))

    def path(self, name: str) -> Path:
        """The file of a take; Refused if there is none of this name."""
        for path in self._files():
            if self._name(path) == name:
                return path
        raise Refused(404, "there is no such take")

    def drawing(self, name: str) -> list[list[float]]:
        """The path of the stroke in a take of motion."""
        return drawn_path_of(self.path(name))

    def classified(self, name: str) -> dict[str, Any]:
        """What the model says about a take, as edge-classify prints it."""
        path = self.path(name)
        with self._lock:  # the model of the stream must not be used by two threads
            if self._model is None:
                self._model = Model.load(self._model_path, self._runtime)
            result = classify(self._model, path)
        return {
            "label": result.label,
            "score": round(result.score, 4),
            "accepted": result.accepted,
            "scores": {label: round(score, 4) for label, score in result.scores.items()},
        }

    def use_model(self, model: Model) -> None:
        with self._lock:
            self._model_path, self._runtime, self._model = model.path, model.runtime, None

    def move(self, name: str, label: str) -> str:
        """Give a take another label; return its new name."""
        path = self.path(name)
        check_label(label, self._sound)
        if self._sound:
            (self.folder / label).mkdir(exist_ok=True)
            paths = self._sound_paths(path, label)
        else:
            when = datetime.fromtimestamp(path.stat().st_mtime)
            paths = motion_storage.take_paths(self.folder, label, "csv", when)
        return self._name(move_to_new(path, paths))

    def delete(self, name: str) -> str:
        """Move a take out of the folder; return what `restore` takes."""
        path = self.path(name)
        self._deleted.mkdir(parents=True, exist_ok=True)
        key = secrets.token_hex(8)
        moved = move_to_new(path, iter([self._deleted / f"{key}-{path.name}"]))
        self._undo[key] = (moved, path)
        old = sorted(self._deleted.iterdir(), key=lambda file: file.stat().st_mtime)
        for file in old[:-MAX_DELETED]:
            file.unlink(missing_ok=True)
        return key

    def restore(self, key: str) -> str:
        """Undo a deletion; return the name of the take."""
        moved, path = self._undo.get(key, (Path(), Path()))
        if key not in self._undo or not moved.exists():
            raise Refused(404, "this take cannot be restored any more")
        del self._undo[key]
        path.parent.mkdir(parents=True, exist_ok=True)
        return self._name(move_to_new(moved, itertools.chain([path], self._others(path))))

    def archive(self) -> IO[bytes]:
        """All takes in a zip file, in the folders that training reads."""
        file = tempfile.SpooledTemporaryFile(MAX_IN_MEMORY)  # noqa: SIM115, the caller closes it
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in self._files():
                archive.write(path, f"{self.folder.name}/{self._name(path)}")
        file.seek(0)
        return file

    def _others(self, path: Path) -> Iterator[Path]:
        """Paths for a take whose own path is used by another one meanwhile."""
        if self._sound:
            return self._sound_paths(path, path.parent.name)
        return (path.with_name(f"{path.stem}_{n}{path.suffix}") for n in itertools.count(2))

    def _sound_paths(self, path: Path, label: str) -> Iterator[Path]:
        """Paths for a take of this label by the speaker of `path`."""
        speaker = sound_storage.speaker_of(path) or "unknown"
        return sound_storage.take_paths(self.folder, label, speaker)

    def _files(self) -> Iterator[Path]:
        pattern = f"*/*{self._suffix}" if self._sound else f"*{self._suffix}"
        for path in sorted(self.folder.glob(pattern)):
            if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
                yield path

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _label(self, path: Path) -> str:
        return path.parent.name if self._sound else file_name.parse(path.name).label or ""

    def _described(self, path: Path, time: float) -> dict[str, Any]:
        size = path.stat().st_size
        return {
            "name": self._name(path),
            "label": self._label(path),
            "speaker": sound_storage.speaker_of(path) if self._sound else "",
            "seconds": round(max(0, size - 44) / 32000, 2) if self._sound else None,
            "bytes": size,
            "time": datetime.fromtimestamp(time).astimezone().isoformat(timespec="seconds"),
        }

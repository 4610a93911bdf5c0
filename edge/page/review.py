"""Review: with consent, what led to detections and near misses is stored until somebody marks it.

The newest samples are in memory; a clip is cut from them and written by a thread of its own. The
disk is bounded: the oldest clips are deleted.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import EdgeError
from edge.formats import sound as sound_formats
from edge.formats.atomic_write import atomic_write, write_new_file
from edge.formats.motion import Recording, own_csv
from edge.formats.sound.wav_writer import wav_bytes
from edge.page.answers import Refused
from edge.page.recording import check_label, drawn_path_of, suffix_of
from edge.samples import Chunk, Health
from edge.takes.motion import storage as motion_storage
from edge.takes.sound import storage as sound_storage

log = logging.getLogger(__name__)

MAX_CLIPS = 200
MEMORY_S = 6.0  # of samples
BEFORE_S, AFTER_S = 0.9, 0.2  # around the end of a word: as long as the windows of training
STROKE_MARGIN_S = (0.6, 0.45)  # around a stroke, as in takes that are recorded
MAX_WAITING = 20  # clips that the disk has not taken yet; more are left out
SPEAKER = "review"  # of takes that were marked


@dataclass(frozen=True)
class _Wanted:
    start: float
    end: float
    facts: dict[str, Any]


class Review:
    """`feed` and `want` are for the thread of the recognition, the rest for any thread."""

    def __init__(
        self, folder: Path, takes: Path, sound: bool, changed: Callable[[dict[str, Any]], None]
    ) -> None:
        """`changed` is called after each new clip, in any thread."""
        self.folder, self._takes, self._sound, self._changed = folder, takes, sound, changed
        self._suffix = suffix_of(sound)
        self._consent_file = folder / "consent"
        self.enabled = self._consent_file.exists()
        self.fault = ""
        """Why clips could not be stored."""
        self._chunks: deque[Chunk] = deque()
        self._wanted: deque[_Wanted] = deque(maxlen=MAX_WAITING)
        self._channels: tuple[str, ...] = ()
        self._rate = 0.0
        self._clips: queue.Queue[tuple[Chunk, dict[str, Any]]] = queue.Queue(MAX_WAITING)
        self._writer: threading.Thread | None = None

    def begin(self, rate: float, channels: tuple[str, ...]) -> None:
        """The source is open; it delivers these samples."""
        self._rate, self._channels = rate, channels

    def want(self, t: float, start: float | None, facts: dict[str, Any]) -> None:
        """Store what led to something at source time `t`, as soon as what follows it is there.

        `start`: of the stroke; None for a word.
        """
        if not self.enabled:
            return
        if start is None:
            wanted = _Wanted(t - BEFORE_S, t + AFTER_S, facts)
        else:
            wanted = _Wanted(start - STROKE_MARGIN_S[0], t + STROKE_MARGIN_S[1], facts)
        self._wanted.append(wanted)

    def feed(self, chunk: Chunk, health: Health) -> None:
        if not self.enabled:
            self._chunks.clear()
            self._wanted.clear()
            return
        if not len(chunk):
            return
        now = float(chunk.t[-1])
        chunks = self._chunks
        if chunks and chunk.t[0] < chunks[-1].t[-1]:  # the clock of the source jumped back
            chunks.clear()
            self._wanted.clear()
        chunks.append(chunk)
        while now - chunks[0].t[-1] > MEMORY_S:
            chunks.popleft()
        while self._wanted and now >= self._wanted[0].end:
            wanted = self._wanted.popleft()
            clip = _cut(chunks, wanted.start, wanted.end)
            if len(clip):
                self._store_soon(clip, wanted.facts)

    def state(self) -> dict[str, Any]:
        """What `GET /api/review` answers."""
        clips, size = [], 0
        for path in self._facts_files():
            try:
                size += path.with_suffix(self._suffix).stat().st_size
                clips.append(json.loads(path.read_text()) | {"id": path.stem})
            except (OSError, ValueError):
                continue  # deleted meanwhile, or damaged
        return {
            "consent": self.enabled,
            "most": MAX_CLIPS,
            "bytes": size,
            "fault": self.fault,
            "clips": clips[::-1],
        }

    def set_consent(self, on: bool) -> None:
        """Switch it on or off for this and later runs. Clips that are stored stay."""
        if on:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._consent_file.touch()
        else:
            self._consent_file.unlink(missing_ok=True)
        self.enabled, self.fault = on, ""

    def clip(self, identity: str) -> Path:
        """The file of a clip; Refused if there is none."""
        for path in self._facts_files():
            if path.stem == identity:
                return path.with_suffix(self._suffix)
        raise Refused(404, "there is no such clip")

    def drawing(self, identity: str) -> list[list[float]]:
        """The path of the stroke in a clip of motion."""
        return drawn_path_of(self.clip(identity))

    def mark(self, identity: str, label: str) -> str:
        """Make a clip a take of this label; return the take's name."""
        path = self.clip(identity)
        check_label(label, self._sound)
        if self._sound:
            samples = sound_formats.read(path).samples
            take = sound_storage.save_take(samples, self._takes, label, SPEAKER)
        else:
            self._takes.mkdir(parents=True, exist_ok=True)
            names = motion_storage.take_paths(self._takes, label, "csv", datetime.now())
            take = write_new_file(names, path.read_bytes())
        self.discard(identity)
        return take.relative_to(self._takes).as_posix()

    def discard(self, identity: str) -> None:
        path = self.clip(identity)
        path.unlink(missing_ok=True)
        path.with_suffix(".json").unlink(missing_ok=True)

    def discard_all(self) -> None:
        for path in self._facts_files():
            self.discard(path.stem)

    def _facts_files(self) -> list[Path]:
        return sorted(self.folder.glob("[0-9]*.json"))

    def _store_soon(self, clip: Chunk, facts: dict[str, Any]) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, name="edge-review", daemon=True)
            self._writer.start()
        try:
            self._clips.put_nowait((clip, facts))
        except queue.Full:
            self.fault = "the disk is too slow: some clips were left out"

    def _write(self) -> None:
        while True:
            try:
                self._store(*self._clips.get())
                self.fault = ""
            except (OSError, EdgeError) as error:
                self.fault = f"clips cannot be stored: {getattr(error, 'strerror', '') or error}"
                log.warning("page: %s", self.fault)
            self._changed({"fault": self.fault})

    def _store(self, clip: Chunk, facts: dict[str, Any]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._sound:
            data = wav_bytes(clip.values[:, 0], int(self._rate))
        else:
            recording = Recording.checked(clip.t - clip.t[0], clip.values, self._channels)
            data = own_csv.render(recording).encode()
        name = f"{datetime.now():%Y%m%d_%H%M%S_%f}"
        atomic_write(self.folder / f"{name}{self._suffix}", data)
        atomic_write(self.folder / f"{name}.json", json.dumps(facts).encode())
        for path in self._facts_files()[:-MAX_CLIPS]:
            self.discard(path.stem)


def _cut(chunks: deque[Chunk], start: float, end: float) -> Chunk:
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    part = (t >= start) & (t <= end)
    return Chunk(t[part], values[part])

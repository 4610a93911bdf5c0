"""Real recordings, as strokes; and what may be said of where they come from."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.features.motion.stroke import main_span
from edge.formats.motion import Recording, find, read
from edge.samples import MOTION, Chunk
from edge.simulation.motion.shapes import evenly
from training.motion.strokes import LABELS, Stroke, Strokes, gather

log = logging.getLogger(__name__)

ON_A_SURFACE = {"imu_pen"}  # written on a desk, not in the air: another movement
# Takes whose label is wrong: corpus, label, first and last time of recording, true label. After
# a pause the writer of imu_handheld had gone on to 5, and the label had not: ten takes in a row,
# each plainly a 5 when drawn, and taken for one by networks that never saw this writer.
CORRECTIONS = (("imu_handheld", "4", 1712971416, 1712971486, "5"),)
PATH_POINTS = 24  # of a recorded path, kept before it is drawn again


def takes(folder: str) -> Iterator[Recording]:
    """Every labelled recording of motion below a folder, once; what is none is said."""
    seen: set[bytes] = set()
    for path in find([folder]):
        if _is_paths(path):
            continue
        try:
            recording = read(path)
            if recording.channels != MOTION:
                raise RecordingError("has no gyroscope")
            if recording.label not in LABELS:
                raise RecordingError(f"its name does not say which of {', '.join(LABELS)} it is")
        except EdgeError as fault:
            log.info("%s: %s", path, fault)
            continue
        content = recording.values.tobytes()
        if content not in seen:  # the same take under another name must not stand on both sides
            seen.add(content)
            yield recording


def recordings(folders: Sequence[str], corrected: bool = True) -> Strokes:
    """One stroke for each take below the folders; what holds none is said.

    Without `corrected`, known wrong labels stay as they are in the files.
    """
    strokes: list[Stroke] = []
    for folder in folders:
        corpus = Path(folder).resolve().name
        if corpus in ON_A_SURFACE:
            log.warning("%s: written on a surface, not in the air: left out", corpus)
            continue
        for take in takes(folder):
            try:
                span = main_span(Chunk(take.t, take.values))
            except EdgeError as fault:
                log.info("%s, a %s of %s: %s", corpus, take.label, take.recorded, fault)
                continue
            label = take.label or ""
            if corrected:
                label = _true_label(corpus, label, take.recorded)
            order = f"{take.recorded:>20}"
            strokes.append(Stroke(span, label, corpus, take.session or "", order))
    return gather(strokes)


def _true_label(corpus: str, label: str, recorded: int | str | None) -> str:
    for where, written, first, last, true in CORRECTIONS:
        wrong = isinstance(recorded, int) and first <= recorded <= last
        if wrong and (corpus, label) == (where, written):
            return true
    return label


def drawn_paths(folders: Sequence[str]) -> dict[str, list[NDArray[np.float64]]]:
    """Two-dimensional strokes (magic_wand's JSON), one high, for simulated people to draw."""
    lines: dict[str, list[NDArray[np.float64]]] = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*.json")) if Path(folder).is_dir() else []:
            if _is_paths(path):
                for label, line in _paths(path):
                    lines.setdefault(label, []).append(line)
    return lines


def _is_paths(path: Path) -> bool:
    if path.suffix != ".json":
        return False
    with path.open("rb") as file:
        return b'"strokes"' in file.read(64)


def _paths(path: Path) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for stroke in json.loads(path.read_text())["strokes"]:
        points = np.array([[p["x"], p["y"]] for p in stroke["strokePoints"]], dtype=float)
        line = evenly(points, float(np.ptp(points, axis=0).max()) / PATH_POINTS)
        height = max(float(np.ptp(line[:, 1])), 0.6 * float(np.ptp(line[:, 0])))
        yield stroke["label"], (line - line.mean(axis=0)) / height

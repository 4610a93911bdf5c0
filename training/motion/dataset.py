"""Recorded takes of a corpus as strokes, and paths of strokes for simulated people to draw."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import EdgeError, RecordingError
from edge.features.motion.recording import main_span
from edge.formats.motion import Recording, find, read
from edge.samples import MOTION, Chunk
from edge.simulation.motion.shapes import resample_evenly
from training.motion.strokes import LABELS, Stroke, Strokes

log = logging.getLogger(__name__)

# Corpora that were written on a surface, not in the air: another movement.
WRITTEN_ON_A_SURFACE = {"imu_pen"}
# Takes whose label is wrong: corpus, label, time of the first and of the last take, true label.
# After a pause the writer of imu_handheld had gone on to 5, and the label had not: ten takes in a
# row, each plainly a 5 when plotted, and recognised as 5 by networks that were not trained on this
# writer.
CORRECTIONS = (("imu_handheld", "4", 1712971416, 1712971486, "5"),)
PATH_POINTS = 24  # to which a recorded path is reduced before a simulated person draws it


def read_takes(folder: str) -> Iterator[Recording]:
    """Every labelled recording of motion below a folder, without copies; log the other files."""
    seen: set[bytes] = set()
    for path in find([folder]):
        if _holds_paths(path):
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
        if content not in seen:  # a copy must not be in both the training set and the test set
            seen.add(content)
            yield recording


def load_strokes(folders: Sequence[str], corrected: bool = True) -> Strokes:
    """One stroke for each take below the folders; log the takes without one.

    Without `corrected`, the labels that are known to be wrong stay as they are in the files.
    """
    strokes: list[Stroke] = []
    for folder in folders:
        corpus = Path(folder).resolve().name
        if corpus in WRITTEN_ON_A_SURFACE:
            log.warning("%s: written on a surface, not in the air: left out", corpus)
            continue
        for take in read_takes(folder):
            try:
                span = main_span(Chunk(take.t, take.values))
            except EdgeError as fault:
                log.info("%s, a %s of %s: %s", corpus, take.label, take.recorded, fault)
                continue
            label = take.label or ""
            if corrected:
                label = _corrected_label(corpus, label, take.recorded)
            order = f"{take.recorded:>20}"
            strokes.append(Stroke(span, label, corpus, label, take.session or "", order))
    return Strokes.from_spans(strokes)


def _corrected_label(corpus: str, label: str, recorded: int | str | None) -> str:
    for wrong_corpus, wrong_label, first, last, true_label in CORRECTIONS:
        in_time = isinstance(recorded, int) and first <= recorded <= last
        if in_time and (corpus, label) == (wrong_corpus, wrong_label):
            return true_label
    return label


def load_drawn_paths(folders: Sequence[str]) -> dict[str, list[NDArray[np.float64]]]:
    """Paths (n, 2) of strokes by digit, one high, from the JSON files of magic_wand."""
    paths: dict[str, list[NDArray[np.float64]]] = {}
    for folder in folders:
        for file in sorted(Path(folder).rglob("*.json")) if Path(folder).is_dir() else []:
            if _holds_paths(file):
                for label, path in _read_paths(file):
                    paths.setdefault(label, []).append(path)
    return paths


def _holds_paths(file: Path) -> bool:
    if file.suffix != ".json":
        return False
    with file.open("rb") as content:
        return b'"strokes"' in content.read(64)


def _read_paths(file: Path) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for stroke in json.loads(file.read_text())["strokes"]:
        points = np.array([[p["x"], p["y"]] for p in stroke["strokePoints"]], dtype=float)
        path = resample_evenly(points, float(np.ptp(points, axis=0).max()) / PATH_POINTS)
        height = max(float(np.ptp(path[:, 1])), 0.6 * float(np.ptp(path[:, 0])))
        yield stroke["label"], (path - path.mean(axis=0)) / height

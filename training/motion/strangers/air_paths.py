"""Paths of digits that people drew in the air, to be drawn again by simulated hands."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from edge.simulation.motion.shapes import resample_evenly
from training.motion.dataset import PATH_POINTS
from training.motion.people.pen_line import one_high
from training.motion.takes import DrawnLine


def wand_lines(file: Path) -> list[DrawnLine]:
    """The strokes of one person of wand_strokes."""
    strokes = json.loads(file.read_text())["strokes"]
    return [
        DrawnLine(
            _line(np.array([[p["x"], p["y"]] for p in s["strokePoints"]])),
            *(s["label"], s["label"], file.stem),
        )
        for s in strokes
    ]


def leap_lines(folder: Path) -> list[DrawnLine]:
    """The digits of leap3d: a finger that a camera tracked, seen from the front."""
    with gzip.open(folder / "paths.jsonl.gz", "rt") as file:
        rows = [json.loads(text) for text in file]
    return [
        DrawnLine(_line(np.array(r["pts"])[:, :2]), r["label"], r["label"], r["part"]) for r in rows
    ]


def _line(points: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    spacing = float(np.ptp(points, axis=0).max()) / PATH_POINTS
    return one_high(resample_evenly(points.astype(float), spacing))

"""A small corpus of pen characters, in the files of `pen_strokes`."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from edge.simulation.motion.shapes import FORMS, polyline

LETTERS = {"N": [(0, 0), (0, 1), (0.6, 0), (0.6, 1)], "V": [(0, 1), (0.3, 0), (0.6, 1)]}
WRITERS = tuple(f"writer{n}" for n in range(24))


def write_pen_strokes(folder: Path) -> Path:
    """Digits and two letters of 24 writers, so that each part of the corpus has some."""
    folder.mkdir(parents=True)
    _write(folder / "unipen_digits.jsonl.gz", {d: FORMS[d][0][1] for d in FORMS})
    _write(folder / "digilets.jsonl.gz", {"3": FORMS["3"][0][1]})
    letters = {label: " ".join(f"{x},{y}!" for x, y in line) for label, line in LETTERS.items()}
    _write(folder / "unipen_upper.jsonl.gz", {**letters, "O": FORMS["0"][0][1]})
    return folder


def _write(path: Path, forms: dict[str, str]) -> None:
    rng = np.random.default_rng(0)
    with gzip.open(path, "wt") as file:
        for writer in WRITERS:
            for label, form in forms.items():
                line = polyline(form, 0.03) * rng.uniform(0.8, 1.2, 2) * 100
                row = {
                    "src": "test",
                    "writer": writer,
                    "label": label,
                    "pps": 100,
                    "comp": [[1, line.round(1).tolist()], [0, [[0, 0]]]],
                }
                file.write(json.dumps(row) + "\n")

"""Compare the outputs of all rows of a model, to find a runtime that computes wrong results."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge.bench.record import Row, row_name

MAX_LEVELS = 4  # int8 levels by which two runtimes may differ for the same file
MAX_DIFFERENCE = 0.1  # of a probability, if the label differs too: float and int8 differ a little


def compare_outputs(rows: list[Row]) -> None:
    """Add to each row its difference from the first row of the same model.

    Removes `outputs` from the rows.
    """
    references: dict[str, tuple[Row, list[list[float]]]] = {}
    for row in rows:
        outputs = row.pop("outputs")
        # An ONNX file with the name of a .tflite file is the same model.
        name = row["model"].split(".")[0]
        if name not in references:
            references[name] = row, outputs
            continue
        reference, expected = references[name]
        row["agreement"] = found = agreement(row, outputs, reference, expected)
        other = row_name(reference)
        if found is None:
            row["warnings"].append(f"its output has another shape than that of {other}")
        elif found["apart"] is None:
            row["warnings"].append(f"its outputs or those of {other} contain NaN")
        elif _suspicious(found, row["model"] == reference["model"]):
            row["warnings"].append(
                f"its outputs differ from those of {other} by {found['apart']:.3f}"
            )


def agreement(
    row: Row, outputs: list[list[float]], reference: Row, expected: list[list[float]]
) -> dict[str, Any] | None:
    """The largest difference as a probability and in int8 levels.

    None if the outputs have different shapes.
    """
    ours, theirs = np.array(outputs), np.array(expected)
    if ours.shape != theirs.shape or not ours.size:
        return None
    apart = float(np.abs(ours - theirs).max())
    step, finite = reference["output_step"], bool(np.isfinite(apart))
    return {
        "with": row_name(reference),
        "apart": apart if finite else None,
        "levels": round(apart / step) if finite and step and row["output_step"] else None,
        "same_label": float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean()),
    }


def _suspicious(found: dict[str, Any], same_file: bool) -> bool:
    if same_file and found["levels"] is not None:
        return bool(found["levels"] > MAX_LEVELS)
    return bool(found["same_label"] < 1 and found["apart"] > MAX_DIFFERENCE)

"""Do the rows of one model compute the same? A fast wrong one must show."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge.bench.run.jobs import Row

LEVELS = 4  # of int8, by which the kernels of two runtimes may differ for the same file
APART = 0.1  # of a probability, where also the label is another: float and int8 differ a little


def compare_outputs(rows: list[Row]) -> None:
    """Say of each row how far it is from the first of the same model; `outputs` are taken out."""
    references: dict[str, tuple[Row, list[list[float]]]] = {}
    for row in rows:
        outputs = row.pop("outputs")
        # An ONNX file is the model beside it by another name.
        name = row["model"].split(".")[0]
        if name not in references:
            references[name] = row, outputs
            continue
        reference, expected = references[name]
        row["agreement"] = found = agreement(row, outputs, reference, expected)
        if found is None:
            row["warnings"].append(f"its output has another form than that of {_of(reference)}")
        elif _suspicious(found, row["model"] == reference["model"]):
            far = "what is no number" if found["apart"] is None else f"{found['apart']:.3f}"
            row["warnings"].append(f"its results differ from those of {_of(reference)} by {far}")


def agreement(
    row: Row, outputs: list[list[float]], reference: Row, expected: list[list[float]]
) -> dict[str, Any] | None:
    """The largest difference, of probabilities and of int8 levels; None if there is none to say."""
    ours, theirs = np.array(outputs), np.array(expected)
    if ours.shape != theirs.shape or not ours.size:
        return None
    apart = float(np.abs(ours - theirs).max())
    step, finite = reference["output_step"], bool(np.isfinite(apart))
    return {
        "with": _of(reference),
        "apart": apart if finite else None,
        "levels": round(apart / step) if finite and step and row["output_step"] else None,
        "same_label": float((ours.argmax(axis=1) == theirs.argmax(axis=1)).mean()),
    }


def _suspicious(found: dict[str, Any], same_file: bool) -> bool:
    if found["apart"] is None:
        return True
    if same_file and found["levels"] is not None:
        return bool(found["levels"] > LEVELS)
    return bool(found["same_label"] < 1 and found["apart"] > APART)


def _of(row: Row) -> str:
    return f"{row['model']} on {row['runtime']}"

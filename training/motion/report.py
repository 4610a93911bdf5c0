"""What training says of its model: accuracies, the card, the picture of the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.model.model import Model
from training.motion.strokes import LABELS


@dataclass(frozen=True)
class Result:
    """Answers of the float network and of the int8 model to the same strokes."""

    name: str
    truth: NDArray[np.intp]
    float_scores: NDArray[np.float32]
    int8_scores: NDArray[np.float32]

    def accuracy(self, scores: NDArray[np.float32]) -> float:
        return float((scores.argmax(axis=1) == self.truth).mean())

    @property
    def int8(self) -> float:
        return self.accuracy(self.int8_scores)

    @property
    def float32(self) -> float:
        return self.accuracy(self.float_scores)

    def confusion(self) -> NDArray[np.intp]:
        """Rows: what was drawn; columns: what the int8 model says."""
        counts = np.zeros((len(LABELS), len(LABELS)), dtype=np.intp)
        np.add.at(counts, (self.truth, self.int8_scores.argmax(axis=1)), 1)
        return counts

    def line(self) -> str:
        answers = f"int8 {self.int8:.4f}, float {self.float32:.4f}"
        return f"{self.name}: {len(self.truth)} strokes, {answers}"


def per_class(result: Result) -> list[str]:
    """A Markdown table: accuracy for each label, float and int8 beside each other."""
    rows = ["| drawn | strokes | float | int8 | most often taken for |", "|---|---|---|---|---|"]
    confusion = result.confusion()
    for k, label in enumerate(LABELS):
        mine = result.truth == k
        if not mine.any():
            continue
        by_float = (result.float_scores[mine].argmax(axis=1) == k).mean()
        by_int8 = (result.int8_scores[mine].argmax(axis=1) == k).mean()
        wrong = confusion[k].copy()
        wrong[k] = 0
        other = f"{LABELS[wrong.argmax()]} ({wrong.max()})" if wrong.any() else ""
        rows.append(f"| {label} | {mine.sum()} | {by_float:.3f} | {by_int8:.3f} | {other} |")
    return rows


def picture(results: Sequence[Result], path: Path) -> None:
    """Confusion matrices side by side, as a PNG."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, len(results), figsize=(5.2 * len(results), 5), squeeze=False, layout="constrained"
    )
    for axis, result in zip(axes[0], results, strict=True):
        counts = result.confusion()
        share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.argwhere(counts > 0):
            colour = "white" if share[row, column] > 0.5 else "black"
            axis.text(
                column, row, counts[row, column], ha="center", va="center", color=colour, fontsize=8
            )
        axis.set_xticks(range(len(LABELS)), LABELS, rotation=45)
        axis.set_yticks(range(len(LABELS)), LABELS)
        axis.set_xlabel("recognised as")
        axis.set_ylabel("drawn")
        axis.set_title(f"{result.name}\n{result.int8:.1%} of {len(result.truth)} right", fontsize=9)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def card(
    path: Path,
    model: Model,
    results: Sequence[Result],
    splits: Sequence[str],
    onnx_error: float,
) -> str:
    """The model's card, in Markdown."""
    provenance = model.manifest.provenance
    lines = [
        f"# {path.stem}",
        "",
        "Recognises digits 0 to 9 drawn in the air with a hand-held IMU (accelerometer and "
        "gyroscope); `none` is any other movement.",
        "",
        f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and out.",
        f"- Input: stroke features {model.manifest.input_hash}, shape "
        f"{'x'.join(map(str, model.input_shape))}.",
        f"- Live threshold: {model.manifest.decision['threshold']}.",
        f"- ONNX beside it: float, within {onnx_error:.1g} of the Keras network.",
        f"- Made by `{provenance['command']}`.",
        f"- Trained on: {'; '.join(provenance['corpora'])}.",
        "",
        "## What was measured",
        "",
        "The same recipe, with these strokes kept out of training; the shipped weights then learnt "
        "from all of them. Every line is printed by the command above.",
        "",
        *(f"- {split}" for split in splits),
        "",
    ]
    for result in results:
        lines += [f"### {result.line()}", "", *per_class(result), ""]
    lines += [f"![confusion matrices]({path.stem}.png)", ""]
    return "\n".join(lines)

"""The model card, and the plot of its confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.model.model import Model
from training.common.plots import ConfusionPlot, plot_confusion
from training.motion.evaluation import Evaluation
from training.motion.strokes import LABELS


def plot_evaluations(evaluations: Sequence[Evaluation], path: Path) -> None:
    """Confusion matrices side by side, as a PNG file."""
    plots = [
        ConfusionPlot(
            one.confusion(),
            f"{one.name}\n{one.int8_accuracy:.1%} of {len(one.truth)} strokes right",
        )
        for one in evaluations
    ]
    plot_confusion(plots, LABELS, "drawn", path)


def model_card(
    path: Path,
    model: Model,
    evaluations: Sequence[Evaluation],
    held_out: Sequence[str],
    onnx_error: float,
) -> str:
    """The card in Markdown; `held_out` describes what was held out for the evaluations."""
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
        "## Accuracy",
        "",
        "Measured on a network of the same hyperparameters that was trained without the strokes "
        "below; the shipped weights were then trained on all strokes. The command above prints "
        "every line.",
        "",
        *(f"- {sentence}" for sentence in held_out),
        "",
    ]
    for one in evaluations:
        lines += [f"### {one.summary()}", "", *one.table(), ""]
    lines += [f"![confusion matrices]({path.stem}.png)", ""]
    return "\n".join(lines)

"""The model card, and the plot of its confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edge.model.model import Model
from training.common.card import origin_lines
from training.common.plots import ConfusionPlot, plot_confusion
from training.motion.evaluation import Evaluation
from training.motion.strokes import LABELS
from training.motion.thresholds import Thresholds

MEASURED = (
    "Measured on a network of the same hyperparameters that was trained without the strokes below; "
    "the shipped weights were then trained on all strokes. The command above prints every line."
)


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
    thresholds: tuple[Thresholds, Thresholds],
    onnx_error: float,
) -> str:
    """The card in Markdown; `held_out` describes what was held out for the evaluations."""
    provenance = model.manifest.provenance
    lines = [
        f"# {path.stem}",
        "",
        "Recognises digits 0 to 9 drawn in the air with an IMU (accelerometer and gyroscope) in "
        "the hand, on a wand, a wrist or a forearm. `none` is any other movement: letters, shapes, "
        "swipes, handling. `upside down` is a drawing under the wrong sign of its lateral axis; it "
        "is never an answer.",
        "",
        f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and out.",
        f"- Input: stroke features {model.manifest.input_hash}, shape "
        f"{'x'.join(map(str, model.input_shape))}; every stroke is scored under both signs, "
        "as a whole, by its angle alone and by its position alone.",
        *origin_lines(provenance, onnx_error),
        "",
        *_thresholds(*thresholds),
        "## Accuracy",
        "",
        MEASURED if evaluations else "It was not measured.",
        "",
        *(f"- {sentence}" for sentence in held_out),
        "",
    ]
    for one in evaluations:
        lines += [f"### {one.summary()}", "", *one.table(), ""]
    if evaluations:
        lines += [f"![confusion matrices]({path.stem}.png)", ""]
    return "\n".join(lines)


def _thresholds(live: Thresholds, recordings: Thresholds) -> list[str]:
    """What each digit needs, and what of the validation set that lets through."""
    lines = [
        "## Thresholds",
        "",
        f"| | {' | '.join(live.by_digit)} |",
        f"|---|{'---|' * len(live.by_digit)}",
    ]
    for name, one in (("live", live), ("recordings", recordings)):
        lines.append(f"| {name} | {' | '.join(f'{x:.3g}' for x in one.by_digit.values())} |")
    if live.validation:
        lines += ["", "Simulated people and writers who are not in the training set:", ""]
    lines += [f"- live: {name} {value:.3g}" for name, value in live.validation.items()]
    return [*lines, ""]

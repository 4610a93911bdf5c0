"""The card of a model of urban sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.model.model import Model
from training.common.card import origin_lines
from training.urban.metadata import LABELS
from training.urban.ten_folds import TenFolds

ANCHOR = (
    "For comparison: 70.9 % in ten folds is published for a network that takes 20 % of the "
    "processor of an STM32L476."
)
SYNTHETIC_WARNING = (
    "**No real figure was measured.** The folder was a miniature of synthesised sounds: the model "
    "was trained on no real sound, and the figures below only show that every step runs."
)


def threshold_for(folds: TenFolds, thresholds: tuple[float, ...], precision: float) -> float:
    """The lowest threshold at which so many of the clips that reach it are right, or the last."""
    return next((t for t in thresholds if folds.at_threshold(t)[1] >= precision), thresholds[-1])


def model_card(path: Path, folds: TenFolds, onnx_error: float, synthetic: bool) -> str:
    """The card in Markdown."""
    model = Model.load(path)
    threshold = model.settings.usual_threshold or 0.0
    reached, right = folds.at_threshold(threshold)
    accuracies = folds.accuracies(folds.int8)
    float32 = float(np.mean(folds.accuracies(folds.float32)))
    counts = folds.confusion()
    said, true = counts.sum(axis=0), counts.sum(axis=1)
    warning = [SYNTHETIC_WARNING, ""] if synthetic else []
    return "\n".join(
        [
            f"# {path.stem}",
            "",
            f"Recognises ten sounds of a city: {', '.join(LABELS)}.",
            "",
            *warning,
            f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and "
            "out, builtin operators only.",
            f"- Input: sound features {model.manifest.input_hash}, windows of 4 s at "
            f"{model.manifest.rate_hz} Hz, {model.input_shape[0]} frames of {model.input_shape[1]} "
            "mel bands. The network is in its streaming form: live it computes new frames only.",
            *origin_lines(model.manifest.provenance, onnx_error),
            "",
            "## Accuracy",
            "",
            f"The ten official folds of {len(folds.classes)} clips, printed by the command above. "
            "Each fold is tested with an int8 network that was trained on the other nine; no "
            "setting was chosen on it. The model file itself is trained on all folds.",
            "",
            f"**{100 * folds.accuracy:.1f} %** of the clips, the mean of the folds (standard "
            f"deviation between folds {100 * folds.deviation:.1f}); the float networks "
            f"{100 * float32:.1f} %. {ANCHOR}",
            "",
            "| fold | " + " | ".join(map(str, np.unique(folds.folds))) + " |",
            "|" + "---|" * (len(accuracies) + 1),
            "| % right | " + " | ".join(f"{100 * share:.1f}" for share in accuracies) + " |",
            "",
            "| sound | clips | recall | precision |",
            "|---|---|---|---|",
            *(
                f"| {label} | {true[k]} | {_percent(counts[k, k], true[k])} "
                f"| {_percent(counts[k, k], said[k])} |"
                for k, label in enumerate(LABELS)
            ),
            "",
            f"Threshold of a live detection: {threshold:g}. {100 * reached:.0f} % of the clips "
            f"reach it, and {100 * right:.0f} % of these are right.",
            "",
            f"![confusion matrix]({path.stem}.png)",
            "",
            "## Limits",
            "",
            "- There is no label for other sounds: speech, for example, gets the label that it "
            "resembles most. A higher `--threshold` leaves out more of them.",
            "- Live, a steady sound becomes background after about half a minute, as for all "
            "models of sound: the level gate closes until the sound changes.",
            "",
        ]
    )


def _percent(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"

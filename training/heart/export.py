"""The model file, and its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.features.beats.windows import BeatFeatures
from edge.formats.ecg.annotation_file import LABELS
from edge.model import Manifest, attach
from edge.model.model import Model
from training.common.card import NO_MEDICAL_DEVICE, origin_lines
from training.common.int8_model import load_model
from training.common.licences import corpora_and_licences
from training.common.provenance import command_line, folder_names, model_path, provenance
from training.heart.config import TrainingConfig
from training.heart.evaluation import BETA, Evaluation

__all__ = ["LABELS", "int8_model", "model_card", "model_file"]

TASK = "ecg"


def model_file(int8: bytes, evaluations: Sequence[Evaluation], config: TrainingConfig) -> bytes:
    """The int8 network with its manifest."""
    return _attached(int8, _provenance(evaluations, config))


def int8_model(int8: bytes) -> Model:
    """The model of an int8 network, without writing a file."""
    return load_model(_attached(int8, {}), TASK)


def _attached(int8: bytes, made: dict[str, Any]) -> bytes:
    decision = {"kind": "single", "threshold": 0.0, "none_label": None}
    return attach(int8, Manifest(TASK, list(LABELS), BeatFeatures.specification(), decision, made))


def _provenance(evaluations: Sequence[Evaluation], config: TrainingConfig) -> dict[str, Any]:
    options = {
        "--data": folder_names([config.data])[0],
        "--seed": config.seed,
        "--out": model_path(config.out),
    }
    metrics = {}
    for one in evaluations:
        figures: dict[str, Any] = {"accuracy": round(one.accuracy(), 4)}
        for label in "SV":
            sensitivity, precision, count = one.of_class(label)
            figures[label] = {
                "beats": count,
                "sensitivity": round(sensitivity, 4),
                "precision": round(precision, 4),
            }
        metrics[one.name] = figures
    return provenance(
        command_line("training.ecg", options), corpora_and_licences([config.data]), metrics
    )


def model_card(
    path: Path, evaluations: Sequence[Evaluation], test_names: Sequence[str], onnx_error: float
) -> str:
    """The card in Markdown, of validation, test and random split."""
    model = Model.load(path)
    validated, tested, flattering = evaluations
    return "\n".join(
        [
            f"# {path.stem}",
            "",
            "Gives each heartbeat in an ECG one of the classes of AAMI EC57: N normal, S "
            "supraventricular, V ventricular, F fusion of both, Q paced or unclassifiable.",
            "",
            NO_MEDICAL_DEVICE,
            "",
            f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and "
            "out.",
            f"- Input: beat features {model.manifest.input_hash}, {model.input_shape[0]} values: "
            "the rhythm and the shape of a beat, compared with the beats before it. One lead.",
            *origin_lines(model.manifest.provenance, onnx_error),
            "",
            "## Accuracy",
            "",
            "The command above prints every line. A beat that is not detected counts as a miss, a "
            "detection where no beat is as false.",
            "",
            "### Strangers",
            "",
            f"The int8 model on {len(test_names)} patients of the test set of de Chazal and others "
            f"(2004), who are in no training set: records {', '.join(test_names)}.",
            "",
            *tested.table(),
            "",
            *tested.table_by_patient(),
            "",
            "### Validation",
            "",
            "Networks that were trained on the other training patients; each patient was held out "
            "once. The features, the simulated rhythms and the bias of the classes were chosen "
            f"here: for V by the highest F{BETA['V']:g} measure, for S by the highest "
            f"F{BETA['S']:g} measure.",
            "",
            *validated.table(),
            "",
            *validated.table_by_patient(),
            "",
            "### Random split",
            "",
            "Beats of the same patients are in the training set and in the test set, as in many "
            f"papers: accuracy {flattering.accuracy():.1%}. This flatters: it says nothing about "
            "another person.",
            "",
            *flattering.table(),
            "",
            "## Limits",
            "",
            "- F and Q are hardly recognised: few training patients have such beats. Noise between "
            "beats is often called Q.",
            "- Early beats in atrial fibrillation and flutter are confused with S.",
            "- S beats with a wide QRS complex are missed, and those of a junctional rhythm that "
            "is not early.",
            "- A fast rhythm that begins suddenly is called S for up to a hundred beats.",
            "- The first beats of a patient are compared with few others.",
            "",
            f"![confusion matrices]({path.stem}.png)",
            "",
        ]
    )

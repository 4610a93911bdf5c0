"""Train AirDigit, or adapt a model: load, split, fit, choose the thresholds, export."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorflow import keras

from edge.model.model import Model
from training.common.atomic_write import write_file
from training.common.licences import corpora_and_licences
from training.common.onnx import to_onnx
from training.common.provenance import command_line, folder_names, model_path, provenance
from training.common.tf_config import ends_before_export
from training.common.tflite import to_int8
from training.common.workers import start_training
from training.motion import fit, report
from training.motion.config import TrainingConfig
from training.motion.evaluation import Evaluation, evaluate
from training.motion.export import int8_model, model_file
from training.motion.scoring import VIEW_WEIGHTS
from training.motion.split import Split, hold_out
from training.motion.strokes import NONE, Strokes
from training.motion.thresholds import Thresholds
from training.motion.training_data import TrainingData, load

log = logging.getLogger(__name__)

ONNX_SAMPLES = 500  # strokes on which the ONNX model is compared with the Keras network


@dataclass(frozen=True)
class Trained:
    """A network, the int8 model that it gives, and the thresholds of that: live, recordings."""

    network: keras.Model
    int8: bytes
    thresholds: tuple[Thresholds, Thresholds]
    view_weights: Sequence[float] = VIEW_WEIGHTS


def train(config: TrainingConfig) -> None:
    """Write the model, its card (.md), confusion matrices (.png) and float network (.onnx)."""
    start_training(config.out)
    data = load(config)

    split = hold_out(data.recorded, config.held_out_share)

    held_out = "; ".join(split.description) or "none"
    evaluations: list[Evaluation] = []
    if len(split.test) or data.validation is not None:
        log.info("first without the held-out takes, to measure accuracy: %s", held_out)
        evaluations = measure(fit_model(split.train, data, config), split, data)
        log.info("now with all takes, to export")
    else:
        log.warning("the accuracy is not measured: %s", held_out)
    trained = fit_model(data.recorded, data, config)

    if ends_before_export():
        return
    export(trained, evaluations, split, data, config)


def fit_model(recorded: Strokes, data: TrainingData, config: TrainingConfig) -> Trained:
    """Train a network, or adapt the base, with these recorded strokes."""
    if data.base is not None:
        adapted = fit.adapt(data.base.network, data.simulated, recorded, config)
        int8 = to_int8(adapted, data.calibration)
        return Trained(adapted, int8, data.base.thresholds, data.base.view_weights)
    assert data.validation is not None
    pretrained = fit.pretrain(data.simulated.limbs, config)
    finetuned = fit.finetune(pretrained, data.simulated, recorded, config)
    int8 = to_int8(finetuned, data.calibration)
    thresholds = data.validation.thresholds(int8_model(int8), config)
    log.info("thresholds, live: %s, %s", thresholds[0].by_digit, thresholds[0].validation)
    return Trained(finetuned, int8, thresholds)


def measure(trained: Trained, split: Split, data: TrainingData) -> list[Evaluation]:
    """Accuracy on the takes that were held out, and on simulated people."""
    tests = {"held out of training": split.test}
    if data.validation is not None:
        simulated = data.validation.strokes
        tests["simulated people, all strokes"] = simulated
        tests["simulated people, digits"] = simulated[simulated.label != NONE]
    model = int8_model(trained.int8, trained.thresholds, trained.view_weights)
    return [
        evaluate(name, trained.network, model, strokes, trained.thresholds[1])
        for name, strokes in tests.items()
        if len(strokes)
    ]


def export(
    trained: Trained,
    evaluations: Sequence[Evaluation],
    split: Split,
    data: TrainingData,
    config: TrainingConfig,
) -> None:
    """Write all files, and print the card."""
    onnx, onnx_error = to_onnx(trained.network, data.calibration[:ONNX_SAMPLES])
    origin = _provenance(config, evaluations)
    content = model_file(trained.int8, trained.thresholds, origin, trained.view_weights)
    write_file(config.out, content)
    write_file(config.out.with_suffix(".onnx"), onnx)
    if evaluations:
        report.plot_evaluations(evaluations, config.out.with_suffix(".png"))
    model = Model.load(config.out)
    card = report.model_card(
        config.out, model, evaluations, split.description, trained.thresholds, onnx_error
    )
    write_file(config.out.with_suffix(".md"), card)
    print(card)
    print(f"wrote {config.out}; try it: airdigit-live --model {config.out} --mock")


def _provenance(config: TrainingConfig, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    people = config.adaptation_people if config.base else config.people
    default = TrainingConfig.adaptation_people if config.base else TrainingConfig.people
    options = {
        "--data": folder_names(config.data),
        "--base": Path(config.base).name if config.base else None,
        "--people": people.figures if people != default else None,
        "--seed": config.seed,
        "--out": model_path(config.out),
    }
    return provenance(
        command_line("training.airdigit", options),
        ["simulated people of this project", *corpora_and_licences(config.data)],
        {
            one.name: {"strokes": len(one.truth), "int8": round(one.int8_accuracy, 4)}
            for one in evaluations
        },
    )

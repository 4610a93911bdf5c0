"""Train AirDigit, or adapt a model: load, split, fit, choose the threshold, export."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorflow import keras

from edge.model.model import Model
from training.common.atomic_write import check_model_path, write_file
from training.common.licences import corpora_and_licences
from training.common.onnx import to_onnx
from training.common.provenance import command_line, folder_names, model_path, provenance
from training.common.tflite import to_int8
from training.motion import fit, report
from training.motion.config import TrainingConfig
from training.motion.evaluation import Evaluation, evaluate
from training.motion.export import int8_model, model_file
from training.motion.split import Split, hold_out
from training.motion.strokes import NONE, Strokes
from training.motion.thresholds import choose_threshold
from training.motion.training_data import TrainingData, load

log = logging.getLogger(__name__)

ONNX_SAMPLES = 500  # strokes on which the ONNX model is compared with the Keras network


def train(config: TrainingConfig) -> None:
    """Write the model, its card (.md), confusion matrices (.png) and float network (.onnx)."""
    check_model_path(config.out)
    data = load(config)

    split = hold_out(data.recorded, config.held_out_share)

    held_out = "; ".join(split.description) or "none"
    log.info("first without the held-out takes, to measure accuracy: %s", held_out)
    evaluations = measure(fit_network(split.train, data, config), split, data)
    log.info("now with all takes, to export")
    trained = fit_network(data.recorded, data, config)

    int8 = to_int8(trained, data.calibration)
    threshold = choose_threshold(int8_model(int8), data.validation, config)

    export(trained, int8, threshold, evaluations, split, data, config)


def fit_network(recorded: Strokes, data: TrainingData, config: TrainingConfig) -> keras.Model:
    """Train a network, or adapt the base, with these recorded strokes."""
    if data.base is not None:
        return fit.adapt(data.base, data.simulated, recorded, config)
    pretrained = fit.pretrain(data.simulated, config)
    return fit.finetune(pretrained, data.simulated, recorded, config)


def measure(trained: keras.Model, split: Split, data: TrainingData) -> list[Evaluation]:
    """Accuracy on the takes that were held out, and on simulated people."""
    tests = {
        "held out of training": split.test,
        "simulated people, all strokes": data.validation,
        "simulated people, digits": data.validation[data.validation.label != NONE],
    }
    return [
        evaluate(name, trained, strokes, data.calibration)
        for name, strokes in tests.items()
        if len(strokes)
    ]


def export(
    trained: keras.Model,
    int8: bytes,
    threshold: float,
    evaluations: Sequence[Evaluation],
    split: Split,
    data: TrainingData,
    config: TrainingConfig,
) -> None:
    """Write all files, and print the card."""
    onnx, onnx_error = to_onnx(trained, data.calibration[:ONNX_SAMPLES])
    write_file(config.out, model_file(int8, threshold, _provenance(config, evaluations)))
    write_file(config.out.with_suffix(".onnx"), onnx)
    report.plot_evaluations(evaluations, config.out.with_suffix(".png"))
    model = Model.load(config.out)
    card = report.model_card(config.out, model, evaluations, split.description, onnx_error)
    write_file(config.out.with_suffix(".md"), card)
    print(card)
    print(f"wrote {config.out}; try it: airdigit-live --model {config.out} --mock")


def _provenance(config: TrainingConfig, evaluations: Sequence[Evaluation]) -> dict[str, Any]:
    people = config.adapt_people if config.base else config.people
    default = TrainingConfig.adapt_people if config.base else TrainingConfig.people
    options = {
        "--data": folder_names(config.data),
        "--base": Path(config.base).name if config.base else None,
        "--people": people if people != default else None,
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

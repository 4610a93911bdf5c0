"""Train the ECG model: load, validate by patients, fit, measure on strangers, export."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from training.common.atomic_write import write_file
from training.common.int8_model import device_scores
from training.common.onnx import to_onnx
from training.common.plots import ConfusionPlot, plot_confusion
from training.common.progress import Progress
from training.common.tf_config import ends_before_export
from training.common.tflite import to_int8
from training.common.workers import start_training
from training.heart import network
from training.heart.beats import PLAIN, VIEWS, Beats, View, joined, load_beats
from training.heart.config import TrainingConfig
from training.heart.database import TEST_RECORDS, TRAINING_RECORDS, find_records
from training.heart.evaluation import Evaluation, choose_bias
from training.heart.export import LABELS, int8_model, model_card, model_file
from training.heart.network import fit, scores

log = logging.getLogger(__name__)

BIAS_STEPS = tuple(np.arange(-4, 1.01, 0.25).tolist())
CALIBRATION = 2000  # beats
RANDOM_TEST_SHARE = 0.2


def train(config: TrainingConfig) -> None:
    """Write the model, its card (.md), confusion matrices (.png) and float network (.onnx)."""
    start_training(config.out)
    records = find_records(config.data, config.cache)
    test_names = [name for name in TEST_RECORDS if name in records]
    views = {view: load(records, TRAINING_RECORDS, view, config) for view in VIEWS}
    test = load(records, test_names, PLAIN, config)

    validated = validate(views, config)
    bias = choose_bias(validated, BIAS_STEPS)
    log.info("bias of the classes: %s", dict(zip(LABELS, bias.tolist(), strict=True)))
    logarithms = np.log(np.maximum(validated.scores, 1e-9)) + bias
    validated = Evaluation(validated.name, validated.beats, logarithms.astype(np.float32))
    log.info("%s", validated.summary())

    trained = network.biased(fit(joined(list(views.values())), config, "training"), bias)
    int8 = to_int8(trained, calibration_tensors(views[PLAIN], config))
    tested = Evaluation(
        f"{len(test_names)} test patients",
        test,
        device_scores(int8_model(int8), test.tensors),
    )
    log.info("%s", tested.summary())
    flattering = measure_random_split(joined([views[PLAIN], test]), config)

    if ends_before_export():
        return
    export(trained, int8, [validated, tested, flattering], test_names, views[PLAIN], config)


def load(
    records: dict[str, Path], names: Sequence[str], view: View, config: TrainingConfig
) -> Beats:
    """The beats of these records."""
    progress = Progress("reading records:", len(names))
    parts = []
    for done, name in enumerate(names, 1):
        parts.append(load_beats(records[name], view, config.cache))
        progress.report(done, name)
    return joined(parts)


def validate(views: dict[View, Beats], config: TrainingConfig) -> Evaluation:
    """Scores of the training patients by networks that were trained on the others."""
    plain = views[PLAIN]
    found = np.zeros((len(plain), len(LABELS)), np.float32)
    for fold in range(config.folds):
        held_out = TRAINING_RECORDS[fold :: config.folds]
        others = [name for name in TRAINING_RECORDS if name not in held_out]
        beats = joined([view.of(others) for view in views.values()])
        fitted = fit(beats, config, f"validation {fold + 1} of {config.folds}")
        rows = np.isin(plain.patients, held_out)
        found[rows] = scores(fitted, plain.of(held_out))
    return Evaluation("patients held out of the training set", plain, found)


def measure_random_split(beats: Beats, config: TrainingConfig) -> Evaluation:
    """Scores of random beats by a network that was trained on other beats of the same patients.

    All beats are drawn equally often, and none is changed: this network has met every patient.
    """
    config = replace(
        config,
        class_weights=(1.0,) * len(LABELS),
        patient_balance=1.0,
        swapped_rhythms=0.0,
        simulated_patients=0,
    )
    rng = np.random.default_rng(config.seed)
    tested = rng.random(len(beats)) < RANDOM_TEST_SHARE
    fitted = fit(_some(beats, ~tested), config, "random split")
    test = _some(beats, tested)
    return Evaluation("random split over beats", test, scores(fitted, test))


def calibration_tensors(beats: Beats, config: TrainingConfig) -> NDArray[np.float32]:
    """Model inputs that show the converter the ranges of all activations."""
    rng = np.random.default_rng(config.seed)
    return beats.tensors[rng.choice(len(beats), min(CALIBRATION, len(beats)), replace=False)]


def export(
    trained: keras.Model,
    int8: bytes,
    evaluations: Sequence[Evaluation],
    test_names: Sequence[str],
    beats: Beats,
    config: TrainingConfig,
) -> None:
    """Write all files, and print the card."""
    onnx, onnx_error = to_onnx(trained, calibration_tensors(beats, config)[:500])
    write_file(config.out, model_file(int8, evaluations, config))
    write_file(config.out.with_suffix(".onnx"), onnx)
    plots = [ConfusionPlot(one.confusion(), one.name) for one in evaluations]
    plot_confusion(plots, LABELS, "annotated", config.out.with_suffix(".png"))
    card = model_card(config.out, evaluations, test_names, onnx_error)
    write_file(config.out.with_suffix(".md"), card)
    print(card)
    print(f"wrote {config.out}; try it: ecg-live --model {config.out} --mock")


def _some(beats: Beats, chosen: NDArray[np.bool_]) -> Beats:
    none = np.empty(0, np.intp)
    return Beats(beats.tensors[chosen], beats.classes[chosen], beats.patients[chosen], none)

"""Train the pressure model: load, split by people, fit, measure, export."""

from __future__ import annotations

import logging

import numpy as np
from numpy.typing import NDArray

from training.common.atomic_write import write_file
from training.common.licences import corpora_and_licences
from training.common.onnx import to_onnx
from training.common.provenance import command_line, folder_names, model_path, provenance
from training.common.tf_config import ends_before_export
from training.common.tflite import to_int8
from training.common.workers import start_training
from training.pressure.config import TrainingConfig
from training.pressure.evaluation import Evaluation, usual_pressures
from training.pressure.export import int8_model, int8_pressures, model_file
from training.pressure.network import fit, pressures
from training.pressure.recorded import load_folder
from training.pressure.report import model_card, plot_waveforms
from training.pressure.simulated import simulated_windows
from training.pressure.split import Split, split_at_random, split_by_person
from training.pressure.windows import PressureWindows

log = logging.getLogger(__name__)

SIMULATED_CORPUS = "simulated people of this project: no recordings"
ONNX_SAMPLES = 50  # windows on which the ONNX network is compared with the Keras network


def train(config: TrainingConfig) -> None:
    """Write the model, its card (.md), waveforms (.png) and float network (.onnx)."""
    start_training(config.out)
    others = {folder: load_folder(folder, config.hop) for folder in config.test}
    windows = load_folder(config.data, config.hop) if config.data else simulated_windows(config)
    split = split_by_person(windows, config.test_share, config.seed)
    log.info(
        "training on %d windows of %d people, testing on %d of %d",
        *(len(split.train), len(np.unique(split.train.person))),
        *(len(split.test), len(np.unique(split.test.person))),
    )
    network = fit(split.train, config, "training")
    samples = calibration(split.train, config)
    int8 = to_int8(network, samples)
    model = int8_model(int8)
    estimated = int8_pressures(model, split.test)
    usual = usual_pressures(split.train.pressure)
    evaluations = [_evaluation(_name(split, config), split.test, estimated, usual)]
    for folder, tested in others.items():
        found = int8_pressures(model, tested)
        name = f"Real records: {folder_names([folder])[0]}"
        evaluations.append(_evaluation(name, tested, found, usual))
    # Of simulated people a random split shows nothing about real ones.
    flattering = _measure_random_split(windows, config) if config.data else None
    if ends_before_export():
        return
    for one in evaluations:
        log.info("%s: %s", one.name, one.figures())
    onnx, onnx_error = to_onnx(network, samples[:ONNX_SAMPLES])
    write_file(config.out, model_file(int8, _provenance(evaluations, config)))
    write_file(config.out.with_suffix(".onnx"), onnx)
    title = f"{config.out.name}: {evaluations[0].name.lower()}"
    plot_waveforms(split.test, estimated, title, config.out.with_suffix(".png"))
    card = model_card(
        *(config.out, evaluations, flattering),
        *(config.data is None, split.by_person, onnx_error),
    )
    write_file(config.out.with_suffix(".md"), card)
    print(card)
    print(f"wrote {config.out}; try it: edge-live {config.out} --mock")


def calibration(windows: PressureWindows, config: TrainingConfig) -> NDArray[np.float32]:
    """Windows that show the converter the ranges of all activations."""
    rng = np.random.default_rng(config.seed)
    count = min(config.calibration, len(windows))
    return windows.ppg[rng.choice(len(windows), count, replace=False)]


def _name(split: Split, config: TrainingConfig) -> str:
    if config.data is None:
        return "Simulated people who are not in the training set"
    return "People who are not in the training set" if split.by_person else "The last windows"


def _measure_random_split(windows: PressureWindows, config: TrainingConfig) -> Evaluation:
    """The float network on random windows of people it was trained on."""
    split = split_at_random(windows, config.test_share, config.seed)
    network = fit(split.train, config, "random split")
    usual = usual_pressures(split.train.pressure)
    return _evaluation("Random split", split.test, pressures(network, split.test), usual)


def _evaluation(
    name: str, windows: PressureWindows, estimated: NDArray[np.float32], usual: dict[str, float]
) -> Evaluation:
    return Evaluation.of(name, estimated, windows.pressure, windows.person, usual)


def _provenance(evaluations: list[Evaluation], config: TrainingConfig) -> dict[str, object]:
    options = {
        "--data": config.data and folder_names([config.data])[0],
        "--people": None if config.data else config.people,
        "--test": folder_names(config.test),
        "--seed": config.seed,
        "--out": model_path(config.out),
    }
    corpora = corpora_and_licences([config.data]) if config.data else [SIMULATED_CORPUS]
    metrics = {one.name: one.figures() for one in evaluations}
    return provenance(command_line("training.ppg2abp", options), corpora, metrics)

"""Train the model of urban sounds: load, measure in ten folds, train on all folds, export."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from training.common.atomic_write import write_file
from training.common.licences import corpora_and_licences
from training.common.onnx import to_onnx
from training.common.plots import ConfusionPlot, plot_confusion
from training.common.provenance import command_line, folder_names, model_path, provenance
from training.common.tf_config import ends_before_export
from training.common.workers import start_training
from training.sound.export import to_int8
from training.urban.clips import load_spectra
from training.urban.config import TrainingConfig
from training.urban.export import model_file
from training.urban.metadata import LABELS, is_synthetic, read_metadata
from training.urban.report import model_card, threshold_for
from training.urban.ten_folds import TenFolds, calibration, measure_ten_folds, train_network

log = logging.getLogger(__name__)

ONNX_SAMPLES = 100  # windows on which the ONNX network is compared with the Keras network


def train(config: TrainingConfig) -> None:
    """Write the model, its card (.md), confusion matrix (.png) and float network (.onnx)."""
    start_training(config.out)
    folder = Path(config.data)
    spectra = load_spectra(read_metadata(folder), config.cache)
    folds = measure_ten_folds(spectra, config)
    log.info("ten folds: %.1f %%", 100 * folds.accuracy)
    every = np.arange(len(spectra.clips))
    network = train_network(spectra, every, config, "all folds")
    if ends_before_export():
        return
    windows = calibration(spectra, every)
    onnx, onnx_error = to_onnx(network, windows[:ONNX_SAMPLES])
    int8 = to_int8(network, config.network, windows)
    threshold = threshold_for(folds, config.thresholds, config.precision)
    write_file(config.out, model_file(int8, threshold, _provenance(folds, config)))
    write_file(config.out.with_suffix(".onnx"), onnx)
    title = f"{config.out.name}: {folds.accuracy:.1%} in ten folds"
    plots = [ConfusionPlot(folds.confusion(), title)]
    plot_confusion(plots, LABELS, "class", config.out.with_suffix(".png"))
    card = model_card(config.out, folds, onnx_error, is_synthetic(folder))
    write_file(config.out.with_suffix(".md"), card)
    print(card)
    print(f"wrote {config.out}; try it: edge-classify {config.out} {config.data}/audio/fold1")


def _provenance(folds: TenFolds, config: TrainingConfig) -> dict[str, object]:
    options = {
        "--data": folder_names([config.data])[0],
        "--seed": config.seed,
        "--out": model_path(config.out),
    }
    if is_synthetic(Path(config.data)):
        corpora = ["synthesised sounds (python -m tools.make_urbansound): no recordings"]
    else:
        corpora = corpora_and_licences([config.data])
    figures = {
        "clips": len(folds.classes),
        "accuracy": round(folds.accuracy, 4),
        "deviation": round(folds.deviation, 4),
    }
    command = command_line("training.urbansound", options)
    return provenance(command, corpora, {"ten folds": figures}, clips=len(folds.classes))

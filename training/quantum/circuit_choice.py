"""The choice of a circuit: of many random ones, the one behind which the base is imitated best.

A random circuit multiplies the values of several qubits, and the first layer of the network, which
is linear, cannot separate them again. So the first layer of the base is fitted behind each circuit,
and the circuit with the best fit is taken.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.quantum.quanvolution import Quanvolution
from training.quantum.circuits import random_quanvolution
from training.quantum.config import QcnnConfig
from training.quantum.imitation import (
    build_behind_stage,
    first_layer_outputs,
    fit_first_layer,
)
from training.quantum.training_set import stage_shape
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS
from training.sound.learn.network_config import NetworkConfig
from training.sound.learn.training_data import TrainingData
from training.sound.learn.training_sets import calibration_windows, task_training_set

log = logging.getLogger(__name__)

SEEDS = range(64)
WINDOWS = 200  # to which the first layer is fitted
SCALE = (-25.0, 19.0)
"""Nats, mapped to 0..1. Spectra have -14 to 12 nats, so they are encoded as 0.25 to 0.84: there
the cosine of pi x is nearly a straight line, and the first layer needs linear functions."""


def with_best_circuit(config: QcnnConfig, clips: Clips, data: TrainingData) -> QcnnConfig:
    """Return the config with the random circuit that fits its base best."""
    training = config.training
    training_set = task_training_set(clips, data.noise, training)
    keras.utils.set_random_seed(training.seed)
    windows = calibration_windows(training_set, training)[:WINDOWS]
    base = config.base.network_for(training_set.labels)
    seed, share = best_seed(base, windows, config.network)
    log.info("the circuit of seed %d fits best: %.1f %% of the variance", seed, 100 * share)
    name = f"quanvolution, random, seed {seed}"
    return replace(config, quanvolution=linear_quanvolution(seed), circuit=name)


def best_seed(
    base: keras.Model,
    windows: NDArray[np.float32],
    config: NetworkConfig,
    seeds: Iterable[int] = SEEDS,
) -> tuple[int, float]:
    """Return the seed of the circuit with the best fit, and the share of the variance it gives.

    Circuits that connect no qubits are left out.
    """
    candidates = {seed: linear_quanvolution(seed) for seed in seeds}
    connected = {seed: q for seed, q in candidates.items() if connects_qubits(q)}
    behind_stage = build_behind_stage(base, stage_shape(connected[min(connected)]), config)
    targets = first_layer_outputs(base, windows)
    shares = {
        seed: fit_first_layer(behind_stage, quanvolution, windows, targets).explained_share
        for seed, quanvolution in connected.items()
    }
    best = max(shares, key=shares.__getitem__)
    return best, shares[best]


def linear_quanvolution(seed: int) -> dict[str, Any]:
    """Return a random quanvolution that encodes spectra where the cosine is nearly linear."""
    return {**random_quanvolution(seed), "scale": [*SCALE]}


def connects_qubits(quanvolution: dict[str, Any]) -> bool:
    """Return whether a gate of the circuit acts on two qubits."""
    return any(len(gate.wires) > 1 for gate in Quanvolution(quanvolution, BANDS).circuit.gates)

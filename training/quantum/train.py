"""The training of a model behind a quanvolution: load, split, fit, choose thresholds, export."""

from __future__ import annotations

from training.common.tf_config import ends_before_export
from training.common.workers import start_training
from training.quantum.circuit_choice import with_best_circuit
from training.quantum.config import QcnnConfig
from training.quantum.export import export
from training.quantum.train_network import train_network
from training.sound.data.split import make_split
from training.sound.learn.training_data import load_data
from training.sound.train import validate_and_choose_thresholds


def train_qcnn(config: QcnnConfig) -> None:
    """Train a model and write it, with its card and its ONNX file, to `config.training.out`."""
    training = config.training
    start_training(training.out)
    data = load_data(training)
    split = make_split(data.clips, training.task.words, training.seed)
    if not config.quanvolution:
        config = with_best_circuit(config, split.train, data)
    trained = train_network(split.train, data, config)
    validation = validate_and_choose_thresholds(trained, split, data, config.behind_stage)
    if ends_before_export():
        return
    export(trained, validation, data, config)

"""The pipeline of the paper (arXiv 2010.13309) in float, as a reference.

60x126 magnitude mel spectrograms, a quanvolution of one random layer, U-Net, two BiLSTM and
attention, trained as by its authors. Two things differ from the paper: the speakers of the splits
are disjoint, and the epoch is chosen on the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tensorflow import keras

from edge.errors import EdgeError
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution
from training.common.atomic_write import write_file
from training.common.progress import Progress
from training.common.provenance import command_line, folder_names, model_path
from training.quantum.cost import microseconds
from training.quantum.reference.data import Split, load_splits
from training.quantum.reference.network import build_reference_network
from training.sound.learn.front_ends import PAPER
from training.sound.task import Task

FRAMES, BANDS = PAPER["shape"]


@dataclass(frozen=True)
class ReferenceConfig:
    """The hyperparameters of the paper's authors."""

    epochs: int = 14
    batch: int = 16
    learning_rate: float = 0.02
    """Of SGD."""
    timed_calls: int = 200
    """Number of calls whose median is the time of the network and of the quanvolution."""


def train_reference(
    folders: Sequence[str],
    out: Path,
    seed: int,
    task: Task,
    cache: Path,
    config: ReferenceConfig = ReferenceConfig(),
) -> None:
    """Train the network and write its results to `out`, in Markdown."""
    if out.suffix != ".md":
        raise EdgeError(f"--out {out}: the reference writes a table, not a model: name a table.md")
    stage = Quanvolution({"random_layers": {"seed": seed, "angles": random_angles(seed)}}, BANDS)
    splits = load_splits(folders, seed, task, stage, cache)
    keras.utils.set_random_seed(seed)
    network = build_reference_network(splits["train"].inputs.shape[1:], len(task.words))
    epoch = _fit(network, splits, config)
    command = {
        "--reference": True,
        "--data": folder_names(folders),
        "--seed": seed,
        "--out": model_path(out),
    }
    text = _report(command_line("training.qcnn", command), network, stage, splits, epoch, config)
    write_file(out, text)
    print(text)


def _fit(network: keras.Model, splits: Mapping[str, Split], config: ReferenceConfig) -> int:
    """Train the network, keep the weights of the best epoch on the validation split, return it."""
    optimizer = keras.optimizers.SGD(
        config.learning_rate, momentum=0.9, nesterov=True, clipnorm=5.0
    )
    network.compile(optimizer, keras.losses.SparseCategoricalCrossentropy())
    train, progress = splits["train"], Progress("reference: epoch", config.epochs)
    best, chosen, weights = -1.0, 0, network.get_weights()
    for epoch in range(1, config.epochs + 1):
        network.fit(train.inputs, train.classes, batch_size=config.batch, verbose=0)
        accuracy = _accuracy(network, splits["val"])
        progress.report(epoch, f"validation accuracy {accuracy:.4f}")
        if accuracy > best:
            best, chosen, weights = accuracy, epoch, network.get_weights()
    network.set_weights(weights)
    return chosen


def _accuracy(network: keras.Model, split: Split) -> float:
    predicted = network.predict(split.inputs, batch_size=128, verbose=0).argmax(axis=1)
    return float((predicted == split.classes).mean())


def _report(
    command: str,
    network: keras.Model,
    stage: Quanvolution,
    splits: Mapping[str, Split],
    epoch: int,
    config: ReferenceConfig,
) -> str:
    one = splits["test"].inputs[:1]
    graph = keras.Model(network.inputs, network.outputs)
    network_ms = microseconds(lambda: graph(one, training=False), config.timed_calls) / 1000
    spectrum = np.random.default_rng(0).uniform(0, 1, (FRAMES, BANDS)).astype(np.float32)
    stage_ms = microseconds(lambda: stage.apply(spectrum), config.timed_calls) / 1000
    sizes = ", ".join(
        f"{name} {len(split.clips)} clips of {split.speakers} speakers"
        for name, split in splits.items()
    )
    return "\n".join(
        [
            "# The pipeline of the paper, in float",
            "",
            f"`{command}`",
            "",
            "60x126 magnitude mel spectrograms, a quanvolution of one random layer to 63x30x4, "
            f"U-Net, two BiLSTM of 64 units, attention; SGD with a learning rate of "
            f"{config.learning_rate:g}, batches of {config.batch}, {config.epochs} epochs. Epoch "
            f"{epoch} had the best accuracy on the validation split. The clips are of the ten "
            f"words and the speakers of the splits are disjoint: {sizes}. There is no augmentation "
            "and there are no clips that exist as log-mel images only, because the paper needs "
            "other spectrograms.",
            "",
            "| | |",
            "|---|---|",
            f"| accuracy, test split | {_accuracy(network, splits['test']):.2%} |",
            f"| accuracy, validation split | {_accuracy(network, splits['val']):.2%} |",
            f"| parameters | {network.count_params()} |",
            f"| time of the quanvolution for a clip, NumPy, one core | {stage_ms:.2f} ms |",
            f"| time of the network for a clip, Keras | {network_ms:.1f} ms |",
            "",
        ]
    )

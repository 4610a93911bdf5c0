"""The card of a model behind a quanvolution, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.specification import FRAMES
from edge.model.model import Model
from training.quantum.config import QcnnConfig
from training.quantum.cost import microseconds, operations
from training.quantum.study.report import difference_sentences
from training.sound.data import simulated_speakers
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS
from training.sound.evaluate.card import model_card
from training.sound.evaluate.clip_accuracy.figures import clip_figures
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.tables import clip_table
from training.sound.export import ExportedModel
from training.sound.task import Task
from training.sound.train import Validation


def qcnn_card(
    exported: ExportedModel,
    validation: Validation,
    test: ClipScores | None,
    clips: Clips,
    config: QcnnConfig,
) -> str:
    """Return the card of a model; `clips` are those of the training set."""
    path = config.training.out
    card = model_card(
        *(path, exported.model, validation.scores, validation.speakers),
        *(exported.onnx_error, validation.threshold_audio),
    )
    lines = [card]
    if test:
        lines += _test_split(exported.model, path, test)
    lines += [*_training_set(clips, config.training.task), *_quanvolution(exported.model)]
    if config.study:
        lines += _study(config.study)
    return "\n".join(lines)


def _test_split(model: Model, path: Path, result: ClipScores) -> list[str]:
    """Return the accuracy on the test split."""
    thresholds = model.manifest.decision["thresholds"]
    metrics = model.manifest.provenance["metrics"]["test"]
    return [
        "## Test split",
        "",
        "None of these speakers is in the training set, and nothing was chosen on their clips. Of "
        f"the {metrics['words']} clips of the ten words, int8 recognises "
        f"{metrics['int8_words']:.2%} and float {metrics['float_words']:.2%}. There are few clips "
        "of other words and of "
        "silence, so these shares say little about false accepts.",
        "",
        *clip_table(clip_figures(result, thresholds), path.name),
        "",
    ]


def _training_set(clips: Clips, task: Task) -> list[str]:
    """Return the number of clips of each word."""
    lines = [
        "## Training set",
        "",
        "| word | recorded clips | clips as log-mel images | clips of simulated speakers |",
        "|---|---|---|---|",
    ]
    for word in task.words:
        part = clips[clips.word == word]
        simulated = part.corpus == simulated_speakers.CORPUS
        counts = (~part.image_only & ~simulated).sum(), part.image_only.sum(), simulated.sum()
        lines.append(f"| {word} | {' | '.join(map(str, counts))} |")
    return [*lines, ""]


def _quanvolution(model: Model) -> list[str]:
    """Return the circuit, its closed form and its cost."""
    stage = Quanvolution(model.manifest.input["quanvolution"], BANDS)
    low, high = stage.scale or (0.0, 1.0)
    factors, products = operations(stage)
    window = np.random.default_rng(0).uniform(low, high, (FRAMES, BANDS)).astype(np.float32)
    time_us = microseconds(lambda: stage.apply(window))
    patches = FRAMES // stage.rows_in * stage.shape[0]
    rows, columns = stage.patch
    return [
        "## Quanvolution",
        "",
        f"The log-mel spectrogram, mapped from {low:g}..{high:g} nats to 0..1, is cut into patches "
        f"of {rows}x{columns}. RY(pi x) encodes each value x of a patch in a qubit. The gates are "
        f"{', '.join(_gates(stage))}. The expectation values of "
        f"{', '.join(stage.circuit.observables)} are the channels of the network's input, which is "
        f"{'x'.join(map(str, model.input_shape))}. The circuit is that of "
        f"{model.manifest.provenance['circuit']}.",
        "",
        "No quantum computer takes part, and nothing is approximated: with this encoding, a "
        f"circuit of {stage.circuit.qubits} qubits is a weighted sum of "
        f"{len(stage.closed_form.terms)} products of cosines and sines, and this sum is computed. "
        "It is exact, and it is classical: a quantum computer has no advantage here.",
        "",
        f"Cost of a window of {patches} patches: {patches * factors} cosines and sines and "
        f"{patches * products} multiplications, {time_us:.0f} us in NumPy on one core of the "
        f"machine that trained the model. Live, only {stage.rows_in} new frames at a time are "
        "computed.",
        "",
    ]


def _study(study: Path) -> list[str]:
    """Return the comparison with other stages, from the file of a study."""
    runs = json.loads(study.read_text())["runs"]
    name = study.with_suffix(".md").name
    lines = [f"## Comparison with other stages ([{name}]({name}))", ""]
    lines += [f"- {sentence}" for sentence in difference_sentences(runs)]
    return [*lines, ""]


def _gates(stage: Quanvolution) -> Iterator[str]:
    for gate in stage.circuit.gates:
        if gate.name == "CNOT":
            yield f"CNOT {gate.wires[0]} to {gate.wires[1]}"
        else:
            yield f"{gate.name}({gate.angle:.3f}) on {gate.wires[0]}"

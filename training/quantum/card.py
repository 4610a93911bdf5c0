"""What the card of a model behind a quanvolution says besides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edge.features.quantum.quanvolution import Quanvolution
from edge.model.model import Model
from training.quantum import report
from training.quantum import stage as quantum
from training.quantum import study as quantum_study
from training.sound.data import simulated_speakers
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS
from training.sound.evaluate.card import model_card
from training.sound.evaluate.clip_accuracy.figures import clip_figures
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.tables import clip_table
from training.sound.task import Task


def text(
    path: Path,
    model: Model,
    result: ClipScores,
    tested: ClipScores | None,
    held: str,
    onnx_error: float,
    listened: str,
    learnt: Clips,
    task: Task,
    study: Path | None,
) -> str:
    """Markdown."""
    lines = [model_card(path, model, result, held, onnx_error, listened)]
    if tested:
        thresholds = model.manifest.decision["thresholds"]
        lines += [
            "## The test split",
            "",
            "Other speakers again, of whom nothing was learnt and by whom nothing was chosen.",
            _words(model.manifest.provenance["metrics"]["test"]),
            "",
            *clip_table(clip_figures(tested, thresholds), path.name),
            "",
        ]
    lines += ["## What it learnt from", "", *_counts(learnt, task), ""]
    lines += ["## The quantum convolution", "", *_stage(model, path), ""]
    if study:
        lines += _study(study)
    return "\n".join(lines)


def _words(figures: Mapping[str, Any]) -> str:
    return (
        f"Of the {figures['words']} clips of the ten words, int8 names {figures['int8_words']:.2%} "
        f"and float {figures['float_words']:.2%}; a test with fewer words of everything else than "
        "of these says little of what is no word."
    )


def _counts(learnt: Clips, task: Task) -> list[str]:
    lines = ["| word | clips as sound | as log-mel pictures alone | by simulated people |"]
    lines.append("|---|---|---|---|")
    for word in task.words:
        mine = learnt[learnt.word == word]
        made = mine.corpus == simulated_speakers.CORPUS
        counts = (~mine.image_only & ~made).sum(), mine.image_only.sum(), made.sum()
        lines.append(f"| {word} | {' | '.join(map(str, counts))} |")
    return lines


def _stage(model: Model, path: Path) -> list[str]:
    description = model.manifest.input["quanvolution"]
    stage = Quanvolution(description, BANDS)
    gates = ", ".join(
        f"{name}({rest[-1]:.3f}) on {rest[0]}" if name != "CNOT" else f"CNOT {rest[0]} to {rest[1]}"
        for name, *rest in description["gates"]
    )
    waves, products = report.operations(stage)
    window = np.random.default_rng(0).uniform(*quantum.SCALE, (quantum.FRAMES, BANDS))
    microseconds = quantum_study.microseconds(lambda: stage.apply(window.astype(np.float32)))
    patches = quantum.FRAMES // 2 * (BANDS // 2)
    return [
        f"The log-mel, {quantum.SCALE[0]:g} to {quantum.SCALE[1]:g} nats as 0 to 1, is cut in "
        f"patches of 2x2. Each turns four qubits by RY(pi x); then come {gates}; the expectation "
        f"of Z on each qubit is one of four channels: {'x'.join(map(str, model.input_shape))}. The "
        f"circuit is that of {model.manifest.provenance['circuit']}.",
        "",
        "Nothing quantum runs here, nor is anything approximated: a circuit of four qubits that "
        f"follows such an encoding is a fixed sum of {len(stage.closed_form.terms)} products of "
        "cosines and sines, and that is computed. It is exact, and it is classical: no device "
        "gains by a quantum computer here.",
        "",
        f"Cost of a whole window of {patches} patches: {patches * waves} cosines and sines and "
        f"{patches * products} multiplications, {microseconds:.0f} us in NumPy on one core of the "
        "machine it was trained on; live, only two new frames at a time go through it.",
    ]


def _study(study: Path) -> list[str]:
    kept = json.loads(study.read_text())
    name = study.with_suffix(".md").name
    said = [f"## What it is worth ([{name}]({name}))", ""]
    for sentence in report.sentences(kept["runs"]):
        said.append(f"- {sentence}")
    return [*said, ""]

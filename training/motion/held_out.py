"""Networks that are trained without the takes of a person, a session or a device, and tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tensorflow import keras

from edge.errors import RecordingError
from edge.model.model import Model
from training.common.tflite import to_int8
from training.motion import dataset, fit, network
from training.motion.config import TrainingConfig
from training.motion.evaluation import Evaluation, evaluate
from training.motion.export import int8_model
from training.motion.live_accuracy import live_accuracy
from training.motion.people.world import Shapes
from training.motion.protocols import HANDHELD, PHONE, Mask, Protocol, protocols
from training.motion.thresholds import Thresholds
from training.motion.training_data import calibration_tensors, load_shapes, simulated_people
from training.motion.validation import validation_set


@dataclass(frozen=True)
class Row:
    """The result of one protocol."""

    protocol: Protocol
    evaluation: Evaluation
    wrong_label: Mask
    """Which of the tested takes have a wrong label in the corpus."""


@dataclass(frozen=True)
class _Finetuned:
    network: keras.Model
    int8: bytes
    thresholds: tuple[Thresholds, Thresholds]


def held_out_table(config: TrainingConfig, new_people_only: bool = False) -> list[str]:
    """Train and test all networks, or those for new people only; a table in Markdown."""
    recorded = dataset.load_strokes(config.data)
    as_labelled = dataset.load_strokes(config.data, corrected=False)
    if {HANDHELD, PHONE} - set(recorded.corpus):
        raise RecordingError(f"--data must hold the folders {HANDHELD} and {PHONE}")
    shapes = load_shapes(config)
    simulated = simulated_people(config, shapes)
    validation = validation_set(config, shapes)
    # A user who adapts a model has no pen corpora.
    adaptation = simulated_people(replace(config, base="airdigit"), Shapes())
    calibration = calibration_tensors(simulated)
    pretrained = fit.pretrain(simulated.limbs, config)
    finetuned: dict[bytes, _Finetuned] = {}
    rows, live = [], []
    for protocol in protocols(recorded):
        if new_people_only and not protocol.new_person:
            continue
        key = protocol.held_out.tobytes()
        if key not in finetuned:
            trained = fit.finetune(pretrained, simulated, recorded[~protocol.held_out], config)
            int8 = to_int8(trained, calibration)
            chosen = validation.thresholds(int8_model(int8), config)
            finetuned[key] = _Finetuned(trained, int8, chosen)
        one = finetuned[key]
        trained, int8 = one.network, one.int8
        if protocol.own is not None:
            # As a user does it: from the int8 file, not from the float network behind it. An
            # adapted model keeps the thresholds of its base.
            base = network.from_tflite(one.int8)
            trained = fit.adapt(base, adaptation, recorded[protocol.own], config)
            int8 = to_int8(trained, calibration)
        model = int8_model(int8, one.thresholds)
        tested = as_labelled[protocol.tested]
        evaluation = evaluate(protocol.name, trained, model, tested, one.thresholds[1])
        rows.append(Row(protocol, evaluation, tested.label != recorded.label[protocol.tested]))
        if protocol.live_corpus:
            live.append(_live(protocol, model, config))
    return [*_table(rows), "", *_live_section(live)]


def _live(protocol: Protocol, model: Model, config: TrainingConfig) -> str:
    (folder,) = (f for f in config.data if Path(f).resolve().name == protocol.live_corpus)
    return live_accuracy(folder, model)


def _live_section(lines: Sequence[str]) -> list[str]:
    explanation = "The takes of a corpus that was held out, played to the live chain:"
    return ["## Live", "", explanation, "", *lines]


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "Two writers in all, one for each corpus: few people."
    yield ""
    yield (
        "| held out, and tested | strokes | goal | int8 | float | int8, right labels | "
        "int8, accepted |"
    )
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        result = row.evaluation
        correct = result.int8_scores.argmax(axis=1) == result.truth
        yield (
            f"| {row.protocol.name} | {len(result.truth)} | {row.protocol.goal:.2f} | "
            f"**{result.int8_accuracy:.3f}** | {result.float_accuracy:.3f} | "
            f"{_with_right_labels(row)} | {(correct & result.accepted).mean():.3f} |"
        )
    yield ""
    yield (
        "The column of right labels leaves out takes whose label in the corpus is wrong (ten 5s in "
        "a row that are labelled 4; `CORRECTIONS` in `training/motion/dataset.py` says how that "
        "was found). Training uses them as 5; the other columns count them as they are labelled. "
        "The last column counts the right ones that reach the threshold for recordings."
    )
    for row in rows:
        yield from ["", f"## {row.protocol.name}", "", *row.evaluation.table()]


def _with_right_labels(row: Row) -> str:
    if not row.wrong_label.any():
        return ""
    correct = row.evaluation.int8_scores.argmax(axis=1) == row.evaluation.truth
    return f"{correct[~row.wrong_label].mean():.3f}"

"""The training of a model of words, in five steps: load, split, fit, choose thresholds, export."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.model.model import Model
from training.common.int8_model import load_model
from training.common.licences import corpora_and_licences
from training.common.provenance import provenance
from training.common.tf_config import ends_before_export
from training.common.workers import start_training
from training.sound.data import simulated_speakers
from training.sound.data.clip_files import LabelledClip
from training.sound.data.clips import Clips, by_machine, said_by_machine_only
from training.sound.data.split import Split, exclude_held_out, make_split
from training.sound.data.words import SILENCE
from training.sound.evaluate import live_expectation
from training.sound.evaluate.card import LISTEN_COMMANDS, model_card
from training.sound.evaluate.clip_accuracy.scores import ClipScores, score_clips
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.evaluate.validation import (
    ValidationConfig,
    choose_decision,
    has_other_words,
    label_clips,
    score_with_keras,
)
from training.sound.export import export_model, export_report, load_int8, model_file, to_int8
from training.sound.learn.config import TrainingConfig
from training.sound.learn.train_network import TrainedNetwork, train_network
from training.sound.learn.training_data import TrainingData, load_data

log = logging.getLogger(__name__)


def train(config: TrainingConfig) -> None:
    """Train a model and write it, with its card and its ONNX file, to `config.out`."""
    start_training(config.out)
    data = load_data(config)
    split = make_split(data.clips, config.task.words, config.seed)
    trained = train_network(split.train, data, config)
    validation = validate_and_choose_thresholds(trained, split, data, config)
    if split.retrain:
        log.info("training once more, with the validation set, for the model that is written")
        trained = train_network(exclude_held_out(data.clips), data, config)
    if ends_before_export():
        return
    export(trained, validation, data, config)


@dataclass(frozen=True)
class Validation:
    """What was measured on the validation set, and the thresholds that were chosen with it."""

    scores: ClipScores
    speakers: str
    """Which speakers the validation set has, for the card."""
    decision: Mapping[str, Any]
    threshold_audio: str
    """What the thresholds were chosen on, for the card."""
    live: SpottingResult | None
    """What is detected of the validation set at these thresholds, in a quiet room."""
    by_machine: bool
    """Only machine voices say the words of the validation set."""


def validate_and_choose_thresholds(
    trained: TrainedNetwork, split: Split, data: TrainingData, config: TrainingConfig
) -> Validation:
    """Score the validation set with the int8 model, and choose the thresholds on long audio."""
    task = config.task
    int8 = to_int8(trained.network, config.network, trained.calibration)
    model = load_int8(int8, task, config.front_end)
    clips = label_clips(split.validation, task)
    scores = score_with_keras(model, trained.network, clips)
    log.info("validation set: %s", scores.summary())
    decision = choose_decision(
        *(model, split.validation, data.others, task, data.noise_files),
        ValidationConfig(hours=config.validation_hours),
        config.base.decision if config.base else None,
    )
    audio = describe_threshold_audio(clips, data, config)
    with_thresholds = model_file(int8, task, config.front_end, decision)
    live = live_expectation.spot_in_quiet_room(load_model(with_thresholds, task.name), clips, task)
    machine = said_by_machine_only(task.words, split.validation)
    return Validation(scores, split.description, decision, audio, live, machine)


def export(
    trained: TrainedNetwork, validation: Validation, data: TrainingData, config: TrainingConfig
) -> None:
    """Write the model, its ONNX file, its confusion matrix and its card."""
    scores = validation.scores
    origin = provenance(
        config.command,
        **({"base_command": config.base.command} if config.base else {}),
        **describe_clips(trained.training_set.clips, data, config),
        metrics={
            "validation": {
                "clips": len(scores.truth),
                "speakers": scores.speakers,
                "int8": round(scores.accuracy(scores.int8), 4),
            }
        },
    )
    int8 = to_int8(trained.network, config.network, trained.calibration)
    content = model_file(int8, config.task, config.front_end, validation.decision, origin)
    exported = export_model(config.out, content, trained.network, trained.calibration)
    card = model_card(
        *(config.out, exported.model, scores, validation.speakers),
        *(exported.onnx_error, validation.threshold_audio),
    )
    export_report(config.out, card, scores)
    command_name = LISTEN_COMMANDS[config.task.name]
    _report_test_folder(exported.model, data, config)
    if validation.live:
        people = len(set(trained.training_set.clips.speaker[recorded_by_people(trained)]) - {""})
        print(
            live_expectation.sentence(
                validation.live,
                validation.decision,
                people,
                config.task.name,
                validation.by_machine,
            )
        )
    print(live_expectation.closing_hint(command_name, config.out, config.task))


def recorded_by_people(trained: TrainedNetwork) -> NDArray[np.bool_]:
    """Return which clips of the training set are recordings of people."""
    clips = trained.training_set.clips
    recorded: NDArray[np.bool_] = (clips.path != "") & ~by_machine(clips)
    return recorded


def _report_test_folder(model: Model, data: TrainingData, config: TrainingConfig) -> None:
    """Print the figure of a folder `test`: nothing was trained or chosen on it."""
    clips = data.clips[data.clips.split == "test"]
    if not len(clips) or (clips.word == SILENCE).any():
        return  # the test set of a public corpus has its own commands
    scores = score_clips(model, label_clips(clips, config.task))
    print(f"test folder: {scores.accuracy(scores.int8):.1%} of {len(clips)} clips correct")


def describe_clips(clips: Clips, data: TrainingData, config: TrainingConfig) -> dict[str, Any]:
    """Return what the provenance says about the clips of a training set."""
    simulated = clips.corpus == simulated_speakers.CORPUS
    recorded = clips.path != ""
    folders = [*data.folders, *[simulated_speakers.CORPUS] * bool(simulated.any())]
    folders += [str(Path(file).parent) for file in config.noise]
    return {
        "corpora": list(dict.fromkeys(corpora_and_licences(folders))),
        "clips": int(recorded.sum()),
        "speakers": len(set(clips.speaker[recorded]) - {""}),
        "simulated": len(set(clips.speaker[simulated])),
    }


def describe_threshold_audio(
    validation_set: Sequence[LabelledClip], data: TrainingData, config: TrainingConfig
) -> str:
    """Return what the thresholds were chosen on, and what they say nothing about, for the card."""
    audio = "clean and in the noises of the training" if data.noise_files else "clean"
    if data.others or has_other_words(validation_set, config.task):
        return f"{audio}: other people and other noises may cause more false accepts."
    limit = ", and none is lower than the base's" if config.base else ""
    return f"{audio}{limit}; false accepts of other words were not measured."

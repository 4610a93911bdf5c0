"""Train a model that hears words behind a quantum convolution.

  python -m training.qcnn --data speech_commands/ speech_commands_extra/ speech_commands_logmel/ \
      --study models/kws_qcnn-study.json --out models/kws_qcnn.tflite
  python -m training.qcnn --reference --data speech_commands/ speech_commands_extra/ \
      --out models/kws_qcnn-reference.md

The circuit is that which did best on the validation split in a --study (training.qcnn_study), or
else a random one. What it computes is known in closed form, so it runs as a stage of the front end
in microseconds, and the int8 network behind it hears like any other: kws-listen --model. The
network goes on from what training.kws has learnt of all words: where that is not kept, allow an
hour for it, and a quarter of one for the rest.

--reference trains the paper's pipeline (arXiv 2010.13309) in float instead: 60x126 magnitudes,
quanvolution, U-Net, two BiLSTM and attention.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

from tensorflow import keras

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.simulation.seeds import seed
from training.common.atomic_write import check_model_path
from training.common.provenance import (
    command_line,
    file_names,
    folder_names,
    model_path,
    provenance,
)
from training.quantum import card, stage
from training.quantum.stage import SHAPES, StagedLesson
from training.sound.data.split import Split, make_split
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import (
    ValidationConfig,
    choose_decision,
    label_clips,
    score_with_keras,
)
from training.sound.export import export_model, export_report, load_int8, model_file, to_int8
from training.sound.learn.config import Schedule, TrainingConfig
from training.sound.learn.distillation import with_distillation
from training.sound.learn.fit import fit
from training.sound.learn.network_config import SIZES
from training.sound.learn.phases import WordNetwork, finetune, pretrain
from training.sound.learn.train_network import build_training_set
from training.sound.learn.training_data import TrainingData, load_data
from training.sound.learn.training_sets import all_words_training_set, calibration_windows
from training.sound.task import Task, keyword_task
from training.sound.train import describe_clips, describe_threshold_audio

log = logging.getLogger(__name__)

# Every word again, once the first layer is another one.
PRETRAINING_WITH_STAGE = Schedule(epochs=6, learning_rate=2e-3)
FINETUNING = Schedule(epochs=4, learning_rate=1e-3)
DEFAULTS = TrainingConfig(keyword_task(), finetuning=FINETUNING)


def main(
    argv: Sequence[str] | None = None,
    defaults: TrainingConfig = DEFAULTS,
    with_stage: Schedule = PRETRAINING_WITH_STAGE,
) -> int:
    parser = CommandParser("python -m training.qcnn", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="recordings of words"
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument(
        "--people", type=int, metavar="N", help="simulated people to learn from, as training.kws"
    )
    parser.add_argument(
        "--others", nargs="+", default=[], metavar="DIR", help="for thresholds, as training.kws"
    )
    parser.add_argument("--study", type=Path, metavar="FILE.json", help="whose best circuit it has")
    parser.add_argument(
        "--size", choices=list(SHAPES), default="normal", help="of the network (normal)"
    )
    parser.add_argument("--reference", action="store_true", help="the paper's pipeline, in float")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)

    def run(args: argparse.Namespace) -> None:
        if args.reference:
            from training.quantum import reference

            reference.train(args.data, args.out, args.seed, defaults.task, defaults.cache)
        else:
            build(args, defaults, with_stage)

    return run_command(parser, run, argv)


def build(args: argparse.Namespace, defaults: TrainingConfig, with_stage: Schedule) -> None:
    check_model_path(args.out)
    circuit, which = stage.best_of(args.study) if args.study else _random(args.seed)
    speakers = defaults.simulated_speakers if args.people is None else args.people
    config = replace(
        defaults,
        data=tuple(args.data),
        noise=tuple(args.noise),
        others=tuple(args.others),
        simulated_speakers=speakers,
        seed=args.seed,
        network=SIZES[args.size],
    )
    task, shape = config.task, SHAPES[args.size]
    data = load_data(config)
    split = make_split(data.clips, task.words, config.seed)
    training_set = StagedLesson.of(build_training_set(split.train, data, config), circuit)
    network = _learn(training_set, split, data, config, args.size, with_stage)
    ranges = calibration_windows(training_set, config)
    wanted = stage.wanted(circuit)
    int8 = to_int8(network, shape, ranges)
    model = load_int8(int8, task, wanted)
    clips = label_clips(split.validation, task)
    result = score_with_keras(model, network, clips)
    log.info("validation set: %s", result.summary())
    decision = choose_decision(
        *(model, split.validation, data.others, task, data.noise_files),
        ValidationConfig(hours=config.validation_hours),
    )
    test = data.clips[data.clips.split == "test"]
    tested = score_with_keras(model, network, label_clips(test, task)) if len(test) else None
    metrics = {"judged": _figures(result, task)}
    if tested:
        metrics["test"] = _figures(tested, task)
    described = describe_clips(training_set.clips, data, config)
    corpora = described.pop("corpora")
    origin = provenance(_command(args), corpora, metrics, **described, circuit=which)
    content = model_file(int8, task, wanted, decision, origin)
    exported = export_model(args.out, content, network, ranges)
    text = card.text(
        *(args.out, exported.model, result, tested, split.description, exported.onnx_error),
        *(describe_threshold_audio(clips, data, config), training_set.clips, task, args.study),
    )
    export_report(args.out, text, tested or result)
    print(f"wrote {args.out}; try it: kws-listen --model {args.out} --mock")


def _random(seed: int) -> tuple[dict[str, Any], str]:
    return stage.drawn(seed), f"quanvolution, random, seed {seed}"


def _learn(
    training_set: StagedLesson,
    split: Split,
    data: TrainingData,
    config: TrainingConfig,
    size: str,
    with_stage: Schedule,
) -> keras.Model:
    """What training.kws knows of all words goes on behind the stage, then with those of the task.

    That is kept since kws was trained on these clips, or else learnt now.
    """
    all_words = all_words_training_set(split.train, data.noise, config)
    known = pretrain(all_words, config)
    staged, shape = StagedLesson.of(all_words, training_set.quanvolution), SHAPES[size]
    keras.utils.set_random_seed(config.seed)
    again = stage.transplanted(known.network, staged, shape)
    schedule = config.shortened(with_stage, len(training_set.clips))
    fit(again, staged, schedule, config.fit, "all words, behind the circuit")
    training_set = with_distillation(training_set, split.train, data.noise, config)
    return finetune(WordNetwork(again, known.words), training_set, replace(config, network=shape))


def _figures(result: ClipScores, task: Task) -> dict[str, Any]:
    words = result.truth < len(task.event_labels)
    found: dict[str, Any] = {
        "clips": len(result.truth),
        "speakers": result.speakers,
        "words": int(words.sum()),
    }
    for name, answers in (("int8", result.int8), ("float", result.float32)):
        if answers is not None:
            right = answers.argmax(axis=1) == result.truth
            found[name] = round(float(right.mean()), 4)
            found[f"{name}_words"] = round(float(right[words].mean()), 4)
    return found


def _command(args: argparse.Namespace) -> str:
    return command_line(
        "training.qcnn",
        {
            "--data": folder_names(args.data),
            "--noise": file_names(args.noise),
            "--others": folder_names(args.others),
            "--people": args.people,
            "--study": args.study and model_path(args.study),
            "--size": args.size,
            "--seed": args.seed,
            "--out": model_path(args.out),
        },
    )


if __name__ == "__main__":
    sys.exit(main())

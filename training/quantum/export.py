"""Export of a model behind a quanvolution, with its accuracy on the test split."""

from __future__ import annotations

from typing import Any

from training.common.provenance import provenance
from training.quantum.card import qcnn_card
from training.quantum.config import QcnnConfig
from training.sound.data.clips import Clips
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.validation import label_clips, score_with_keras
from training.sound.export import export_model, export_report, load_int8, model_file, to_int8
from training.sound.learn.train_network import TrainedNetwork
from training.sound.learn.training_data import TrainingData
from training.sound.task import Task
from training.sound.train import Validation, describe_clips


def export(
    trained: TrainedNetwork, validation: Validation, data: TrainingData, config: QcnnConfig
) -> None:
    """Write the model, its ONNX file, its confusion matrix and its card."""
    staged, task, out = config.behind_stage, config.training.task, config.training.out
    int8 = to_int8(trained.network, staged.network, trained.calibration)
    test = _score_test_split(int8, trained, data.clips, config)
    metrics = {"validation": _metrics(validation.scores, task)}
    if test:
        metrics["test"] = _metrics(test, task)
    clips = trained.training_set.clips
    described = describe_clips(clips, data, config.training)
    origin = provenance(
        config.training.command,
        base_command=config.base.command,
        **described,
        metrics=metrics,
        circuit=config.circuit,
    )
    content = model_file(int8, task, staged.front_end, validation.decision, origin)
    exported = export_model(out, content, trained.network, trained.calibration)
    card = qcnn_card(exported, validation, test, clips, config)
    export_report(out, card, test or validation.scores)
    print(f"wrote {out}; try it: kws-listen --model {out} --mock")


def _score_test_split(
    int8: bytes, trained: TrainedNetwork, clips: Clips, config: QcnnConfig
) -> ClipScores | None:
    """Return the scores of the test split, or None if the corpora have none."""
    clips = clips[clips.split == "test"]
    if not len(clips):
        return None
    task = config.training.task
    model = load_int8(int8, task, config.behind_stage.front_end)
    return score_with_keras(model, trained.network, label_clips(clips, task))


def _metrics(scores: ClipScores, task: Task) -> dict[str, Any]:
    """Return the accuracy on all clips and on the clips of the words, for the manifest."""
    of_words = scores.truth < len(task.event_labels)
    metrics: dict[str, Any] = {
        "clips": len(scores.truth),
        "speakers": scores.speakers,
        "words": int(of_words.sum()),
    }
    for name, network_scores in (("int8", scores.int8), ("float", scores.float32)):
        if network_scores is not None:
            correct = network_scores.argmax(axis=1) == scores.truth
            metrics[name] = round(float(correct.mean()), 4)
            metrics[f"{name}_words"] = round(float(correct[of_words].mean()), 4)
    return metrics

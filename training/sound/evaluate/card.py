"""The card of a sound model: what it is, its accuracy and its thresholds, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edge.model.model import Model
from training.sound.evaluate.clip_accuracy.figures import clip_figures
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.evaluate.tables import clip_table

LISTEN_COMMANDS = {"kws": "kws-listen", "sounddigit": "sounddigit-listen"}


def model_card(
    path: Path,
    model: Model,
    scores: ClipScores,
    validation_set: str,
    onnx_error: float,
    threshold_audio: str,
) -> str:
    """Return the card of the model file at `path`.

    `scores` are those on the validation set. `validation_set` and `threshold_audio` say in words
    whose clips these are, and what the long audio contained on which thresholds were chosen.
    """
    thresholds = model.manifest.decision["thresholds"]
    lines = [
        *_model(path, model, onnx_error),
        "",
        "## Accuracy",
        "",
        f"Measured on {validation_set}. Printed by the command above.",
        "",
        *clip_table(clip_figures(scores, thresholds), path.name),
        "",
        f"![confusion matrix]({path.stem}.png)",
        "",
        "## Thresholds",
        "",
        *_thresholds(model, threshold_audio),
        "",
    ]
    return "\n".join(lines)


def _model(path: Path, model: Model, onnx_error: float) -> Iterator[str]:
    manifest, provenance = model.manifest, model.manifest.provenance
    front_end = manifest.input["front_end"]
    background = " or ".join(f"`{label}`" for label in model.settings.background_labels)
    simulated = provenance.get("simulated", 0)
    speakers = f"{provenance['speakers']} speakers"
    speakers += f" and {simulated} simulated speakers" if simulated else ""
    yield f"# {path.stem}"
    yield ""
    yield (
        f"Spots {', '.join(model.words)} in live audio (`{LISTEN_COMMANDS[manifest.task]}`). The "
        f"label of everything else is {background}."
    )
    yield ""
    yield f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and out."
    yield (
        f"- Input {manifest.input_hash}: {'x'.join(map(str, model.input_shape))} "
        f"{'MFCC' if front_end['coefficients'] else 'log-mel'}, "
        f"{front_end['rate_hz']} Hz, {front_end['low_hz']:g} to {front_end['high_hz']:g} Hz."
    )
    yield f"- ONNX beside it: float, within {onnx_error:.1g} of the Keras network."
    yield f"- Made by `{provenance['command']}`."
    if base_command := provenance.get("base_command"):
        yield f"- Its base, with which that training began, was made by `{base_command}`."
    yield (
        f"- Trained on {provenance['clips']} clips of {speakers}: "
        f"{'; '.join(provenance['corpora'])}."
    )


def _thresholds(model: Model, threshold_audio: str) -> Iterator[str]:
    decision = model.manifest.decision
    yield (
        f"Chosen on long audio that is mixed from these clips, {threshold_audio} "
        "`--max-false-per-hour` chooses a row of this table. The upper limit is that of the 95 % "
        "interval of the false accepts per hour."
    )
    yield ""
    yield "| false accepts per hour | false accepts | hours | upper limit per hour | hit rate |"
    yield "|---|---|---|---|---|"
    for point in decision["operating_points"]:
        yield (
            f"| {point['false_per_hour']:g} | {point['false_accepts']} | {point['hours']:g} "
            f"| {point['upper_limit']:g} | {point['hit_rate']:.1%} |"
        )
    for word, threshold in decision.get("strict_words", {}).items():
        yield ""
        yield (
            f"`{word}` is a strict word: its threshold is {threshold:g} in every row, since its "
            "false accepts would use up the budget of the other words. The table counts them."
        )

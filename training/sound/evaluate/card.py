"""What a model of sound says of itself, for people."""

from __future__ import annotations

from pathlib import Path

from edge.model.model import Model
from training.sound.evaluate import clip_accuracy
from training.sound.evaluate.clip_accuracy import Scored

LISTENERS = {"kws": "kws-listen", "sounddigit": "sounddigit-listen"}


def text(
    path: Path, model: Model, result: Scored, held: str, onnx_error: float, listened: str
) -> str:
    """The model's card, in Markdown; `listened`: to what, to choose thresholds."""
    manifest = model.manifest
    provenance, decision = manifest.provenance, manifest.decision
    front_end = manifest.input["front_end"]
    words = [label for label in model.labels if label not in decision["background_labels"]]
    lines = [
        f"# {path.stem}",
        "",
        f"Hears {', '.join(words)} in endless sound (`{LISTENERS[manifest.task]}`); "
        f"{' and '.join(decision['background_labels'])}: everything else.",
        "",
        f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and out.",
        f"- Input {manifest.input_hash}: {'x'.join(map(str, model.input_shape))} "
        f"{'MFCC' if front_end['coefficients'] else 'log-mel'}, "
        f"{front_end['rate_hz']} Hz, {front_end['low_hz']:g} to {front_end['high_hz']:g} Hz.",
        f"- ONNX beside it: float, within {onnx_error:.1g} of the Keras network.",
        f"- Made by `{provenance['command']}`.",
        f"- Trained on {provenance['clips']} clips of {provenance['speakers']} speakers"
        f"{_simulated(provenance.get('simulated', 0))}: "
        f"{'; '.join(provenance['corpora'])}.",
        "",
        "## What was measured",
        "",
        f"On {held}. Printed by the command above.",
        "",
        *clip_accuracy.table(
            {**clip_accuracy.record(result), "accepted": _accepted(result, model)}, path.name
        ),
        "",
        f"![confusion matrix]({path.stem}.png)",
        "",
        "## Thresholds",
        "",
        f"Chosen on long audio made of these clips, {listened} `--max-false-per-hour` moves along "
        "this curve. `most`: the rate that so few may still stand for, 95 %.",
        "",
        "| false accepts an hour | counted | in hours | most an hour | words heard |",
        "|---|---|---|---|---|",
    ]
    for point in decision["operating_points"]:
        lines.append(
            f"| {point['false_per_hour']:g} | {point['false_accepts']} | {point['hours']:g} "
            f"| {point['upper_limit']:g} | {point['hit_rate']:.1%} |"
        )
    for word, threshold in decision.get("strict_words", {}).items():
        lines += [
            "",
            f"`{word}` is held back at {threshold:g} in every row: at a threshold "
            "for all, it would leave the other words no budget. Its false accepts are counted.",
        ]
    return "\n".join([*lines, ""])


def _simulated(people: int) -> str:
    return f" and {people} simulated ones" if people else ""


def _accepted(result: Scored, model: Model) -> dict:  # type: ignore[type-arg]
    return clip_accuracy.at_thresholds(result, model.manifest.decision["thresholds"])

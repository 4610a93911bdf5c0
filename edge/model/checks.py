"""May this program run that model? Each refusal says what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edge import registry
from edge.decision import DECISIONS
from edge.decision.word_prior import ClipScorer
from edge.errors import ModelError
from edge.features import FEATURES
from edge.model.manifest import Manifest


def check_task(manifest: Manifest, path: Path, task: str | None) -> None:
    if task is not None and manifest.task != task:
        raise ModelError(
            f"{path} is a model for {manifest.task!r}: give one for {task!r}, "
            "which is what this command does"
        )


def check_input(manifest: Manifest, path: Path) -> None:
    """The model's features must be, value by value, the ones that this code computes."""
    kind = manifest.input.get("kind")
    if kind not in FEATURES:
        raise ModelError(
            f"{path} needs input of kind {kind!r}, and this edge-sense computes "
            f"{', '.join(FEATURES)}: use the edge-sense that the model was made with"
        )
    # A list that became a tuple is no difference: both are compared as the JSON they are.
    ours = json.loads(json.dumps(registry.load(FEATURES, kind).specification(manifest.input)))
    found = list(differences(manifest.input, ours))
    if found:
        raise ModelError(
            f"{path} was made for other input than this edge-sense computes "
            f"({'; '.join(found)}): train it again"
        )


def check_decision(manifest: Manifest, path: Path) -> None:
    kind = manifest.decision.get("kind")
    if kind not in DECISIONS:
        raise ModelError(
            f"{path} needs a decision of kind {kind!r}, and this edge-sense makes "
            f"{', '.join(DECISIONS)}: use the edge-sense that the model was made with"
        )
    try:
        registry.load(DECISIONS, kind)(manifest.labels, manifest.decision)
        ClipScorer(manifest.labels, manifest.decision)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} has decision settings that cannot be ({type(error).__name__} {error}): "
            "train it again"
        ) from None


def differences(model: Any, ours: Any, key: str = "") -> Iterator[str]:
    """Every leaf in which two specifications differ, with both values."""
    if isinstance(model, Mapping) and isinstance(ours, Mapping):
        for name in sorted(model.keys() | ours.keys()):
            inner = f"{key}.{name}" if key else str(name)
            if name not in ours:
                yield f"{inner} is {json.dumps(model[name])} in the model, unknown here"
            elif name not in model:
                yield f"{inner} is missing in the model, {json.dumps(ours[name])} here"
            else:
                yield from differences(model[name], ours[name], inner)
    elif model != ours:
        yield f"{key} is {json.dumps(model)} in the model, {json.dumps(ours)} here"

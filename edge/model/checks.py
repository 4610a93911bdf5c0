"""Checks whether this edge-sense can run a model; each refusal says what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edge.decision import DECISIONS, Decision, DecisionSettings
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
    kind = str(manifest.input.get("kind"))
    if kind not in FEATURES:
        raise ModelError(
            f"{path} needs input of kind {kind!r}, and this edge-sense computes "
            f"{', '.join(FEATURES)}: use the edge-sense that the model was made with"
        )
    # Compared as JSON, in which a tuple and a list are the same.
    ours = json.loads(json.dumps(FEATURES.load(kind).specification(manifest.input)))
    found = list(differences(manifest.input, ours))
    if found:
        raise ModelError(
            f"{path} was made for other input than this edge-sense computes "
            f"({'; '.join(found)}): train it again"
        )


def decision_settings(manifest: Manifest, path: Path) -> DecisionSettings:
    """The typed settings of the model's decision; ModelError if they are impossible."""
    kind = str(manifest.decision.get("kind"))
    if kind not in DECISIONS:
        raise ModelError(
            f"{path} needs a decision of kind {kind!r}, and this edge-sense has "
            f"{', '.join(DECISIONS)}: use the edge-sense that the model was made with"
        )
    try:
        decision: type[Decision] = DECISIONS.load(kind)
        settings = decision.settings_class.from_manifest(manifest.labels, manifest.decision)
        if set(settings.background_labels) >= set(manifest.labels):
            raise ValueError("every label is a background label")
        return settings
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path} has impossible decision settings ({type(error).__name__} {error}): "
            "train it again"
        ) from None


def differences(model: Any, ours: Any, key: str = "") -> Iterator[str]:
    """A sentence for every value in which two specifications differ."""
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

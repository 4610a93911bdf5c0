"""The settings file: thresholds that the page saved, and that the live commands read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from edge.decision import DecisionSettings
from edge.errors import ModelError
from edge.formats.atomic_write import atomic_write

MAX_SIZE = 1 << 16  # bytes
ALL = ""  # in place of a word: the threshold of a model that has only one


def read_settings(path: Path, settings: DecisionSettings) -> DecisionSettings:
    """The model's settings with the thresholds in the file; ModelError if they do not fit."""
    try:
        if path.stat().st_size > MAX_SIZE:
            raise ValueError("it is too large")
        document = json.loads(path.read_bytes())
        thresholds = document["thresholds"]
        if not all(0 <= float(score) <= 1 for score in thresholds.values()):
            raise ValueError("a threshold is not 0 to 1")
        scores = {word: float(score) for word, score in thresholds.items()}
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}): give a file that the page saved"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelError(
            f"{path} is not a settings file: save the thresholds again in the page, or delete it"
        ) from None
    try:
        return with_scores(settings, scores)
    except ModelError as error:
        raise ModelError(f"{path} does not fit the model: {error}") from None


def model_of(path: Path) -> str | None:
    """The name of the model whose thresholds are in the file; None if it cannot be read."""
    try:
        name = json.loads(path.read_bytes()[:MAX_SIZE])["model"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def with_scores(settings: DecisionSettings, scores: Mapping[str, float]) -> DecisionSettings:
    """The settings with these thresholds by word, or with the one of all words."""
    if set(scores) == {ALL}:
        return settings.with_threshold(scores[ALL])
    return settings.with_thresholds(scores)


def write_settings(path: Path, model: str, thresholds: Mapping[str, float]) -> None:
    """Replace the file. Of a model with one threshold for all labels, its word is ALL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"model": model, "thresholds": dict(thresholds)}
    atomic_write(path, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())

"""Check whether this edge-sense can run a model; each error names the difference."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from edge.decision import DECISIONS, Decision, DecisionSettings
from edge.errors import ModelError
from edge.features import FEATURES
from edge.fields import FieldError, Fields
from edge.model.manifest import Manifest
from edge.registry import Registry
from edge.text import MAX_VALUE, one_line, printable, quoted, shortened

MAX_DIFFERENCES = 20  # in one message


def check_task(manifest: Manifest, path: Path, task: str | None) -> None:
    if task is not None and manifest.task != task:
        raise ModelError(
            f"{path} is a model for {quoted(manifest.task)}: give one for {task!r}, "
            "the task of this command"
        )


def check_input(manifest: Manifest, path: Path) -> None:
    """ModelError unless each value of the model's features is the one that this code computes."""
    kind = _known_kind(manifest.input, FEATURES, path, "features")
    try:
        specification = FEATURES.load(kind).specification(manifest.input)
    except ModelError as error:
        raise ModelError(f"{path}: {one_line(str(error))}") from None
    # Compare as JSON, in which a tuple and a list are the same.
    computed = json.loads(json.dumps(specification))
    found = list(islice(differences(manifest.input, computed), MAX_DIFFERENCES))
    if found:
        raise ModelError(
            f"{path} needs other features than this edge-sense computes "
            f"({'; '.join(found)}): train it again"
        )


def decision_settings(manifest: Manifest, path: Path) -> DecisionSettings:
    """The typed settings of the model's decision; ModelError if a value is impossible."""
    kind = _known_kind(manifest.decision, DECISIONS, path, "decision")
    try:
        decision: type[Decision] = DECISIONS.load(kind)
        settings = decision.settings_class.from_manifest(manifest.labels, manifest.decision)
        if set(settings.background_labels) >= set(manifest.labels):
            raise ValueError("every label is a background label")
        return settings
    except (KeyError, TypeError, ValueError) as error:
        kind = "" if isinstance(error, FieldError) else f"{type(error).__name__} "
        raise ModelError(
            f"{path} has impossible decision settings ({kind}{error}): train it again"
        ) from None


def differences(model: Any, computed: Any, key: str = "") -> Iterator[str]:
    """A sentence for each value that differs between the specification in the model and here."""
    if isinstance(model, Mapping) and isinstance(computed, Mapping):
        for name in sorted(model.keys() | computed.keys()):
            inner = printable(shortened(f"{key}.{name}" if key else str(name), MAX_VALUE))
            if name not in computed:
                yield f"{inner} is {_shown(model[name])} in the model, unknown here"
            elif name not in model:
                yield f"{inner} is missing in the model, {_shown(computed[name])} here"
            else:
                yield from differences(model[name], computed[name], inner)
    elif model != computed:
        yield f"{key} is {_shown(model)} in the model, {_shown(computed)} here"


def _shown(value: Any) -> str:
    return shortened(json.dumps(value), MAX_VALUE)


def _known_kind(part: Mapping[str, Any], table: Registry, path: Path, name: str) -> str:
    """The kind of the model's features or decision; ModelError if it is not in the table."""
    kind = Fields(part, name).text("kind")
    if kind not in table:
        raise ModelError(
            f"{path} needs {name} of kind {quoted(kind)}, and this edge-sense has "
            f"{', '.join(table)}: use the edge-sense that the model was made with"
        )
    return kind

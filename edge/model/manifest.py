"""The manifest of a model: its task, labels, input, decision settings and provenance.

It is stored in the model file: `unzip -p models/airdigit.tflite manifest.json` shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.fields import Fields
from edge.model.digest import sha256

FORMAT = 2


def fingerprint(specification: Mapping[str, Any]) -> str:
    """16 hex digits that change with any value of an input specification."""
    canonical = json.dumps(specification, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(canonical.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Manifest:
    task: str
    """The task of the model, e.g. "airdigit"."""
    labels: list[str]
    """The label of each score, in the order of the scores."""
    input: dict[str, Any]
    """The features that the model was trained on: their kind, all constants, and the sensor."""
    decision: dict[str, Any]
    """How scores become events: a kind of decision and its settings."""
    provenance: dict[str, Any] = field(default_factory=dict)
    """Corpora, licences, the training command, the measured accuracy, the versions."""
    format: int = FORMAT

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Manifest:
        """The manifest in a parsed manifest.json.

        FieldError names a field that is missing or of a wrong type. The features and the decision
        check the values of their own kind.
        """
        fields = Fields(document)
        labels = fields.texts("labels")
        if not labels:
            raise fields.error("labels", "give the label of each score")
        for part in ("input", "decision"):
            fields.section(part).text("kind")
        return cls(
            task=fields.text("task"),
            labels=labels,
            input=dict(document["input"]),
            decision=dict(document["decision"]),
            provenance=dict(fields.section("provenance").values),
            format=fields.integer("format", FORMAT, FORMAT),
        )

    def document(self, network_hash: str) -> dict[str, Any]:
        """The values of manifest.json, for the network with that hash."""
        return {
            "format": self.format,
            "task": self.task,
            "labels": self.labels,
            "input": self.input,
            "input_hash": self.input_hash,
            "network_hash": network_hash,
            "decision": self.decision,
            "provenance": self.provenance,
        }

    @property
    def rate_hz(self) -> int:
        """The sample rate that the features need."""
        return int(self.input["sensor"]["rate_hz"])

    @property
    def input_hash(self) -> str:
        return fingerprint(self.input)

"""The settings of a training behind a quanvolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.quantum.circuits import model_input
from training.sound.learn.config import Schedule, TrainingConfig


@dataclass(frozen=True)
class QcnnConfig:
    """One training of a network behind a quanvolution."""

    training: TrainingConfig
    """The settings of the network for log-mel windows, from which the training starts."""
    quanvolution: Mapping[str, Any]
    """Its description."""
    circuit: str
    """The name of the circuit, for the provenance and the card."""
    study: Path | None = None
    """The file of the study that the circuit was chosen from; the card reports it."""
    pretraining_behind_stage: Schedule = Schedule(epochs=6, learning_rate=2e-3)
    """Trains all words again, because the first layer is a new one."""

    @property
    def behind_stage(self) -> TrainingConfig:
        """The settings of the network behind the stage.

        The stage halves the frames and the bands, so the first convolution has stride 1.
        """
        network = replace(self.training.network, stride=1)
        return replace(self.training, network=network, front_end=model_input(self.quanvolution))

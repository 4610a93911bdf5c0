"""The settings of a training behind a quanvolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from training.quantum.circuits import model_input
from training.sound.learn.config import TrainingConfig
from training.sound.learn.network_config import NetworkConfig
from training.sound.learn.pretrained_model import PretrainedModel


@dataclass(frozen=True)
class QcnnConfig:
    """One training of a network behind a quanvolution."""

    training: TrainingConfig
    """Its network is that of the base."""
    base: PretrainedModel
    """The model for log-mel windows whose scores the network behind the stage imitates."""
    quanvolution: Mapping[str, Any] = field(default_factory=dict)
    """Its description; empty: the best fitting circuit is taken, see
    training.quantum.circuit_choice."""
    circuit: str = ""
    """The name of the circuit, for the provenance and the card."""
    study: Path | None = None
    """The file of the study that the circuit was chosen from; the card reports it."""

    @property
    def network(self) -> NetworkConfig:
        """The network behind the stage.

        The stage halves the frames and the bands, so the first convolution has stride 1. There is
        no dropout, because the targets are the scores that the base gives without it.
        """
        return replace(self.training.network, stride=1, dropout=0.0)

    @property
    def behind_stage(self) -> TrainingConfig:
        """The settings of the network behind the stage."""
        front_end = model_input(self.quanvolution)
        return replace(self.training, network=self.network, front_end=front_end)

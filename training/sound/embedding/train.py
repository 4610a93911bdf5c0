"""The training of the embedding: load, fit, convert, make the bank, write."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import EmbeddingFile
from training.common.atomic_write import write_file
from training.common.licences import MACHINE_VOICES, corpora_and_licences
from training.common.provenance import provenance
from training.common.tf_config import warn_not_divided
from training.sound.data.clips import Clips
from training.sound.data.noise import background_noise, recorded_noise
from training.sound.embedding import export, fit
from training.sound.embedding.bank import BankConfig, make_bank
from training.sound.embedding.config import KEPT_OUT, EmbeddingConfig
from training.sound.embedding.material import machine_voices, people
from training.sound.embedding.people import bank_speakers, find_clips, tested_speakers
from training.sound.embedding.sequences import Sequences

log = logging.getLogger(__name__)

SYNTHETIC_NOISE = 300  # clips of each kind
CALIBRATION_BATCHES = 8


def train(config: EmbeddingConfig) -> None:
    """Write the file of the embedding, without figures, to `config.out`."""
    warn_not_divided("the training of the embedding")
    recordings = find_clips(config.data)
    clips, of_bank = people(config, tested_speakers(recordings), bank_speakers(recordings))
    noise_files = [Path(file) for file in config.noise]
    if config.network_of:
        file = EmbeddingFile.read(config.network_of)
        origin = {**file.provenance, "bank_command": config.command}
    else:
        file = _train_network(clips, noise_files, config)
        origin = _provenance(clips, noise_files, config)
    bank, fillers = make_bank(Embedding(file), of_bank, noise_files, KEPT_OUT, BankConfig())
    file = replace(file, bank=bank, fillers=fillers, measured={}, provenance=origin)
    write_file(config.out, export.content(file))
    log.info("wrote %s", config.out)


def _train_network(clips: Clips, noise_files: list[Path], config: EmbeddingConfig) -> EmbeddingFile:
    machine = machine_voices(config)
    noise = background_noise(clips, recorded_noise(noise_files), SYNTHETIC_NOISE, config.seed)
    folded = fit.train(machine, clips, noise, config)
    drawn = Sequences([machine], [1.0], noise, config)
    windows = np.concatenate([drawn.draw()[0] for _ in range(CALIBRATION_BATCHES)])
    return export.without_bank(export.to_int8(folded, windows, config), config)


def _provenance(clips: Clips, noise_files: list[Path], config: EmbeddingConfig) -> dict[str, Any]:
    return provenance(
        config.command,
        corpora=[
            *corpora_and_licences([*config.data, *_noise_folders(noise_files)]),
            MACHINE_VOICES,
        ],
        metrics={},
        clips=len(clips),
        speakers=len(set(clips.speaker) - {""}),
        kept_out=list(KEPT_OUT),
    )


def _noise_folders(files: list[Path]) -> list[str]:
    return sorted({str(file.parent) for file in files})

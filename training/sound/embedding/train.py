"""The training of the embedding: load, fit, convert, make the bank, write."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.enroll.embedding import Embedding
from training.common.atomic_write import write_file
from training.common.licences import MACHINE_VOICES, corpora_and_licences
from training.common.provenance import provenance
from training.sound.data.noise import background_noise, recorded_noise
from training.sound.embedding import export, fit
from training.sound.embedding.bank import BankConfig, make_bank
from training.sound.embedding.config import KEPT_OUT, EmbeddingConfig
from training.sound.embedding.material import machine_voices, people
from training.sound.embedding.people import find_clips, tested_speakers, training_clips
from training.sound.embedding.sequences import Sequences

log = logging.getLogger(__name__)

SYNTHETIC_NOISE = 300  # clips of each kind
CALIBRATION_BATCHES = 8


def train(config: EmbeddingConfig) -> None:
    """Train the embedding and write its file, without figures, to `config.out`."""
    recordings = find_clips(config.data)
    machine = machine_voices(config)
    clips = people(config, tested_speakers(recordings))
    noise_files = [Path(file) for file in config.noise]
    noise = background_noise(clips, recorded_noise(noise_files), SYNTHETIC_NOISE, config.seed)
    folded = fit.train(machine, clips, noise, config)
    drawn = Sequences([machine], [1.0], noise, config)
    windows = np.concatenate([drawn.draw()[0] for _ in range(CALIBRATION_BATCHES)])
    tflite = export.to_int8(folded, windows, config)
    file = export.without_bank(tflite, config)
    bank = make_bank(
        Embedding(file), training_clips(recordings), noise_files, KEPT_OUT, BankConfig()
    )
    origin = provenance(
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
    write_file(config.out, export.content(replace(file, bank=bank, provenance=origin)))
    log.info("wrote %s", config.out)


def _noise_folders(files: list[Path]) -> list[str]:
    return sorted({str(file.parent) for file in files})

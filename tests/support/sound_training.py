"""Settings and clips for tests of the training of words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.formats.sound import write_wav
from edge.simulation.seeds import person_seed
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS, RATE, ROWS
from training.sound.data.simulated_speakers import say_words
from training.sound.learn.augmentation_config import AugmentationConfig
from training.sound.learn.config import FitConfig, Schedule, TrainingConfig
from training.sound.learn.network_config import NetworkConfig
from training.sound.learn.sequence_config import SequenceConfig, SequenceTraining
from training.sound.task import Task

WORDS = ["yes", "no"]
NETWORK = NetworkConfig(stem=8, stages=((12, 2), (16, 2)), width=24, blocks=1)
FIT = FitConfig(batch_size=48, steps_per_epoch=50)
NO_AUGMENTATION = AugmentationConfig(
    tempo=0.0,
    vocal_tract=0.0,
    cut_rows=0,
    partial=0.0,
    neighbour=0.0,
    digital_silence=0.0,
    gain_db=0.0,
    tilt_nats=0.0,
    reverberant=0.0,
    noisy=0.0,
    masks=0,
)


def small_config(task: Task, cache: Path) -> TrainingConfig:
    """A training that takes seconds: few steps, small networks, little noise."""
    return TrainingConfig(
        task,
        simulated_speakers=0,
        network=NETWORK,
        fit=FIT,
        pretraining=Schedule(epochs=4, learning_rate=1e-2),
        finetuning=Schedule(epochs=5, learning_rate=4e-3, label_smoothing=0.0),
        adaptation=Schedule(epochs=2, learning_rate=3e-3),
        waveform_training=Schedule(epochs=6, learning_rate=1e-2),
        teacher_training=Schedule(epochs=1, learning_rate=1e-2, label_smoothing=0.0),
        full_size=1,
        min_epochs=1,
        teacher_network=NETWORK,
        synthetic_noises=50,
        calibration_windows=100,
        validation_hours=0.02,
        sequence_training=SequenceTraining(
            steps=20, batch_size=8, sequences=SequenceConfig(frames=150, synthetic_noises=5)
        ),
        cache=cache,
    )


def record_words(
    folder: Path,
    words: Sequence[str],
    speakers: Sequence[int],
    name: str = "{:x}_nohash_0.wav",
) -> None:
    """Write each word by each simulated speaker, in one folder for each word."""
    for number in speakers:
        seed = person_seed(77, number)
        for word, clip in zip(words, say_words(seed, words), strict=True):
            path = folder / word / name.format(seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, clip, RATE)


def speaker_name(number: int) -> str:
    """The name of a speaker in the files of `record_words`."""
    return f"{person_seed(77, number):x}"


def write_noise(path: Path, seconds: float = 3.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    write_wav(path, 0.01 * rng.standard_normal(round(seconds * RATE)), RATE)
    return path


def make_clips(
    words: Sequence[str], speakers: Sequence[str], corpus: str = "c", split: str = ""
) -> Clips:
    """Return one clip of each word and speaker. The spectra are noise, equal in equal corpora."""
    pairs = [(word, speaker) for speaker in speakers for word in words]
    count = len(pairs)
    rng = np.random.default_rng(len(corpus))
    return Clips(
        rows=rng.normal(-5, 1, (count, ROWS, BANDS)).astype(np.float16),
        word=np.array([word for word, _ in pairs]),
        speaker=np.array([speaker for _, speaker in pairs]),
        corpus=np.full(count, corpus),
        split=np.full(count, split),
        path=np.array([f"{speaker}/{word}/{k}.wav" for k, (word, speaker) in enumerate(pairs)]),
        image_only=np.zeros(count, bool),
    )

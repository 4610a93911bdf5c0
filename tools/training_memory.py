"""Print how much memory the training of words needs for a corpus that is larger than the memory.

  python -m tools.training_memory --clips 105000

Speech Commands has 105,000 clips. Their spectra are made at random and stored as a training stores
those of recordings; then a network is trained on them in the phases of training.kws, for a few
steps of each: the memory does not depend on the number of steps. The network recognises nothing.

The first figure is the peak while the spectra are made and stored, the second that of the training,
each in a process of its own. They contain Python and TensorFlow. Not contained: the choice of
thresholds, whose memory does not depend on the number of clips.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

import numpy as np

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.common.cache import cached_arrays
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS, ROWS
from training.sound.data.noise import recorded_noise
from training.sound.data.split import exclude_held_out
from training.sound.data.stored_rows import BLOCK, StoredRows
from training.sound.learn.config import FitConfig, Schedule, TrainingConfig
from training.sound.learn.train_network import train_network
from training.sound.learn.training_data import TrainingData
from training.sound.task import keyword_task

OTHER_WORDS = ("bed", "bird", "cat", "dog", "happy", "house", "marvin", "sheila", "tree", "wow")
SPEAKERS = 2000
STEPS = 5  # of each phase
CORPUS = "random"


def random_clips(path: Path, count: int) -> Clips:
    """Clips of random spectra; they are made and stored if the file is missing."""
    arrays = cached_arrays(path, lambda: _random_arrays(count), on_disk="rows")
    return Clips(StoredRows([arrays.pop("rows")]), **arrays)


def _random_arrays(count: int) -> dict[str, Any]:
    rng, rows = np.random.default_rng(0), np.empty((count, ROWS, BANDS), np.float16)
    for first in range(0, count, BLOCK):
        block = rows[first : first + BLOCK]
        block[:] = rng.standard_normal(block.shape, np.float32)
    words = np.array((*keyword_task().words, *OTHER_WORDS))
    number = np.arange(count)
    speaker = np.array([f"{k:08x}" for k in range(SPEAKERS)])[number // len(words) % SPEAKERS]
    return {
        "rows": rows,
        "word": words[number % len(words)],
        "speaker": speaker,
        "corpus": np.full(count, CORPUS),
        "split": np.full(count, "train"),
        "path": np.array([f"/corpora/speech_commands/word/{k:08x}_nohash_0.wav" for k in number]),
        "image_only": np.zeros(count, bool),
    }


def train_briefly(path: Path, count: int) -> None:
    """Train with every phase of training.kws, for a few steps."""
    short = Schedule(epochs=1, learning_rate=1e-3)
    config = TrainingConfig(
        keyword_task(),
        fit=FitConfig(steps_per_epoch=STEPS),
        pretraining=short,
        finetuning=short,
        teacher_training=short,
        cache=path.parent,
    )
    clips = exclude_held_out(random_clips(path, count))
    data = TrainingData(clips, (CORPUS,), recorded_noise([]), (), ())
    train_network(clips, data, config)


def peak(function: Callable[[Path, int], Any], path: Path, count: int) -> float:
    """Run a function in a process of its own; return its peak of memory in GB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (function, path, count))


def _measured(function: Callable[[Path, int], Any], path: Path, count: int) -> float:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    function(path, count)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.training_memory", __doc__)
    parser.add_argument("--clips", type=int, default=105_000, metavar="N", help="how many (105000)")
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, started = Path(folder) / "random.npz", time.monotonic()
        stored = peak(random_clips, path, args.clips)
        trained = peak(train_briefly, path, args.clips)
        seconds = time.monotonic() - started
    size = args.clips * ROWS * BANDS * np.dtype(np.float16).itemsize / 1e9
    print(f"{args.clips} clips, {size:.2f} GB of spectra: {seconds:.0f} s")
    print(f"peak of the memory: {stored:.2f} GB to store them, {trained:.2f} GB to train on them")


if __name__ == "__main__":
    sys.exit(main())

"""Print what a quantum convolution is worth, and what it costs, beside the plain alternatives.

  python -m training.qcnn_study --data speech_commands speech_commands_extra \
      speech_commands_logmel --out models/kws_qcnn-study.md

Four networks learn the same windows in the same order, from the same random numbers, for each seed:
behind a quanvolution of a random circuit, behind one whose angles are learnt with the network,
behind an ordinary convolution of the same size, and behind nothing. They are judged as int8 models
on speakers of whom none was learnt from. Allow half an hour on one core for five seeds. Runs are
kept in a .json beside the table, and those that are there are not made again; training.qcnn takes
its circuit from it. The picture (.png) shows every run.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as training.kws

import numpy as np

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError, RecordingError
from edge.features.sound.windows import SoundFeatures
from edge.samples import Chunk
from training.quantum import report, stage
from training.quantum.study import ARMS, Examples, run, scaled
from training.sound.data.clips import Clips
from training.sound.data.load import load_clips
from training.sound.data.log_mel import RATE, loudest_second
from training.sound.data.noise import recorded_noise
from training.sound.data.recordings import load_samples
from training.sound.data.split import make_split
from training.sound.evaluate.validation import label_clips
from training.sound.learn.config import TrainingConfig
from training.sound.learn.training_sets import example_batches, task_training_set
from training.sound.task import Task, keyword_task

log = logging.getLogger(__name__)

POOL = 51200  # windows that every network learns from
EPOCHS = 4
SEEDS = 5


DEFAULTS = TrainingConfig(keyword_task())


def main(argv: Sequence[str] | None = None, config: TrainingConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.qcnn_study", __doc__)
    parser.add_argument(
        "--data", nargs="+", required=True, metavar="DIR", help="recordings of words"
    )
    parser.add_argument(
        "--noise", nargs="+", default=[], metavar="FILE", help="recordings without speech"
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=f"({SEEDS})")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.md")
    add_common(parser)
    return run_command(parser, lambda args: study(args, config), argv)


def study(args: argparse.Namespace, config: TrainingConfig) -> None:
    task = config.task
    if args.out.suffix != ".md" or args.seeds < 2:
        raise EdgeError(f"--out {args.out} --seeds {args.seeds}: a name.md and two seeds at least")
    everything = load_clips(args.data, config.cache)
    judges = {split: everything[everything.split == split] for split in ("val", "test")}
    if not all(set(task.words) <= set(clips.word) for clips in judges.values()):
        raise RecordingError("no validation and test list with every word: give speech_commands")
    learnt = make_split(everything, task.words, 0).train
    noise = recorded_noise([Path(file) for file in args.noise])
    windows, classes = example_batches(task_training_set(learnt, noise, config), POOL, config.fit)
    pool = Examples(scaled(windows).astype(np.float16), classes.argmax(axis=1))
    heard = {split: _heard(clips, task) for split, clips in judges.items()}
    given = {
        "command": _command(args),
        "frames": stage.FRAMES,
        "pool": len(pool.windows),
        "epochs": EPOCHS,
        "clips": len(learnt),
        "judged": {split: len(clips) for split, clips in judges.items()},
        "speakers": {split: len(set(c.speaker) - {""}) for split, c in judges.items()},
    }
    kept = args.out.with_suffix(".json")
    runs = _kept_runs(kept)
    for seed in range(args.seeds):
        for arm in ARMS:
            if any((one["arm"], one["seed"]) == (arm, seed) for one in runs):
                continue
            runs.append(run(arm, seed, pool, heard, task, EPOCHS))
            kept.write_text(json.dumps({**given, "runs": runs}, indent=1) + "\n")
            log.info("seed %d, %s: %s in %g s", seed, arm, runs[-1]["int8"], runs[-1]["seconds"])
    text = report.text(runs, given, args.out.stem)
    args.out.write_text(text)
    report.picture(runs, args.out.with_suffix(".png"))
    print(text)


def _kept_runs(kept: Path) -> list[dict[str, Any]]:
    """Those of a study that was stopped. EdgeError if its windows were of another length."""
    if not kept.exists():
        return []
    study: dict[str, Any] = json.loads(kept.read_text())
    if study.get("frames") != stage.FRAMES:
        raise EdgeError(
            f"{kept} holds runs on windows of another length than today's: remove it, or give "
            "another --out"
        )
    runs: list[dict[str, Any]] = study["runs"]
    return runs


def _heard(clips: Clips, task: Task) -> Examples:
    """Windows as devices hear them."""
    specification = SoundFeatures.specification()
    spoken, windows = label_clips(clips, task), []
    for one in spoken:
        samples = loudest_second(load_samples(one.path, RATE))
        chunk = Chunk(np.arange(len(samples)) / RATE, samples[:, None])
        windows.append(next(iter(SoundFeatures.windows_of_recording(specification, chunk))).tensor)
    classes = np.array([task.labels.index(one.word) for one in spoken])
    return Examples(scaled(np.stack(windows)), classes)


def _command(args: argparse.Namespace) -> str:
    command = ["python", "-m", "training.qcnn_study", "--data"]
    command += [Path(folder).resolve().name for folder in args.data]
    if args.noise:
        files = (Path(file).resolve() for file in args.noise)
        command += ["--noise", *(f"{file.parent.name}/{file.name}" for file in files)]
    command += ["--seeds", str(args.seeds), "--out", f"models/{args.out.name}"]
    return shlex.join(command)


if __name__ == "__main__":
    sys.exit(main())

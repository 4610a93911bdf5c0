"""A study in four steps: load the stored runs and the data, run what is missing, report."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from edge.errors import EdgeError
from edge.features.sound.specification import FRAMES
from training.common.atomic_write import write_file
from training.common.tf_config import warn_not_divided
from training.quantum.study.arms import ARMS
from training.quantum.study.config import StudyConfig
from training.quantum.study.data import StudyData, load_study_data
from training.quantum.study.plot import plot_study
from training.quantum.study.report import report
from training.quantum.study.results import Study, stored_runs
from training.quantum.study.run import run_arm

log = logging.getLogger(__name__)


def run_study(config: StudyConfig) -> None:
    """Train the networks that are not stored yet, and write the report to `config.training.out`.

    The runs are stored in a .json beside it.
    """
    warn_not_divided("the study")
    out = config.training.out
    if out.suffix != ".md" or config.seeds < 2:
        raise EdgeError(f"--out {out} --seeds {config.seeds}: give a name.md and two or more seeds")
    runs = stored_runs(out.with_suffix(".json"), FRAMES)
    data = load_study_data(config.training, config.windows)
    study = _describe(config, data, runs)
    _run_missing(study, config, data, out.with_suffix(".json"))
    _write_report(study, out)


def _describe(config: StudyConfig, data: StudyData, runs: list[dict[str, Any]]) -> Study:
    return Study(
        command=config.training.command,
        frames=FRAMES,
        windows=len(data.training.windows),
        epochs=config.epochs,
        clips=data.clips,
        evaluated={split: len(part.windows) for split, part in data.evaluation.items()},
        speakers=data.speakers,
        runs=runs,
    )


def _run_missing(study: Study, config: StudyConfig, data: StudyData, path: Path) -> None:
    for seed in range(config.seeds):
        for arm in ARMS:
            if study.has_run(arm, seed):
                continue
            run = run_arm(arm, seed, data, config)
            study.runs.append(run)
            study.save(path)
            log.info("seed %d, %s: int8 %s in %g s", seed, arm, run["int8"], run["seconds"])


def _write_report(study: Study, out: Path) -> None:
    picture = out.with_suffix(".png")
    text = report(study, picture.name)
    write_file(out, text)
    plot_study(study.runs, picture)
    print(text)

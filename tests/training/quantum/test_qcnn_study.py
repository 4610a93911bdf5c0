"""The study: equal conditions for all arms, interrupted studies, statistics, the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.features.sound.specification import FRAMES
from qcnn_training import BEHIND_STAGE, qcnn_training, study_runs, write_corpus
from training import qcnn_study
from training.quantum.circuits import random_quanvolution
from training.quantum.study.arms import ORDINARY, RANDOM, TRAINED, build_arm
from training.quantum.study.config import StudyConfig
from training.quantum.study.paired import mean_of, paired_difference
from training.quantum.study.report import difference_sentences, report
from training.quantum.study.results import read_study

pytestmark = pytest.mark.filterwarnings("ignore")  # warnings of Keras and of the converters

MODELS = Path(__file__).parents[3] / "models"


def test_interrupted_study_runs_only_what_is_missing(tmp_path, capsys):
    data, out = write_corpus(tmp_path / "corpus"), tmp_path / "study.md"
    training = qcnn_training(tmp_path / "cache")
    config = StudyConfig(training, windows=96, epochs=1, batch_size=48, network=BEHIND_STAGE)
    options = ["--data", str(data), "--seeds", "2", "--out", str(out)]
    missing = TRAINED, 1
    stored = [run for run in study_runs(2) if (run["arm"], run["seed"]) != missing]
    study = out.with_suffix(".json")
    study.write_text(json.dumps({"runs": stored, "frames": FRAMES - 2}))
    assert qcnn_study.main(options, config) == 1
    assert "windows of another length" in capsys.readouterr().err
    study.write_text(json.dumps({"runs": stored, "frames": FRAMES}))
    assert qcnn_study.main(options, config) == 0
    assert "| quanvolution, trained - quanvolution, random |" in capsys.readouterr().out
    assert out.with_suffix(".png").read_bytes()[:4] == b"\x89PNG"
    runs = json.loads(study.read_text())["runs"]
    assert runs[: len(stored)] == stored and len(runs) == len(stored) + 1
    added = runs[-1]
    assert (added["arm"], added["seed"]) == missing
    assert 0 <= added["int8"]["test"] <= 1 and added["stage_us"] > 0
    before, after = random_quanvolution(1)["gates"], added["circuit"]["gates"]
    assert [gate[:2] for gate in before] == [gate[:2] for gate in after]
    assert before != after, "the angles are trained"


def test_arms_of_a_seed_have_equal_initial_weights_behind_the_stage():
    """So a difference between the arms is a difference between the stages."""
    arms = [build_arm(name, 4, 4, BEHIND_STAGE) for name in (RANDOM, TRAINED, ORDINARY)]
    first, *others = [arm.network.get_weights() for arm in arms]
    for weights in others:
        assert all(np.array_equal(a, b) for a, b in zip(weights, first, strict=True))


def test_mean_has_the_confidence_interval_of_student():
    found = mean_of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.mean == 3 and found.deviation == pytest.approx(1.58114, abs=1e-5)
    assert found.half_width == pytest.approx(2.776 * 1.58114 / 5**0.5, abs=1e-4)
    assert found.significant
    assert not mean_of([-1.0, 1.5]).significant
    with pytest.raises(ValueError, match="at least two"):
        mean_of([1.0])


def test_difference_is_paired_by_seed():
    accuracies = {0: 0.7, 1: 0.9, 2: 0.8}
    better = {2: 0.81, 0: 0.71, 1: 0.91, 9: 0.1}
    found = paired_difference(better, accuracies)
    assert found.mean == pytest.approx(0.01) and found.half_width < 1e-9 and found.significant


def test_difference_sentences_agree_with_the_runs():
    sentences = list(difference_sentences(study_runs()))
    assert "quanvolution, random, compared with no stage: -3.10 (" in sentences[0]
    assert sentences[0].endswith("percentage points over 3 seeds, worse.")
    assert "+1.00 (+1.00 to +1.00)" in sentences[3] and "better" in sentences[3]


def test_report_of_the_shipped_study_is_up_to_date(tmp_path):
    path = MODELS / "kws_qcnn-study.json"
    study = read_study(path)
    assert report(study, "kws_qcnn-study.png") == path.with_suffix(".md").read_text()
    study.save(tmp_path / "copy.json")
    assert (tmp_path / "copy.json").read_text() == path.read_text()


def test_report_names_only_significant_differences():
    study = replace(read_study(MODELS / "kws_qcnn-study.json"), runs=study_runs())
    text = report(study, "x.png")
    assert "Significant differences: quanvolution, random, compared with no stage: -3.10" in text

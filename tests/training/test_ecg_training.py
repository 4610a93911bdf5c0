"""Training of the ECG model on a small database of simulated hearts, and its figures."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.formats.ecg.annotation_file import LABELS
from edge.model import Model
from edge.simulation.ecg.heart import Heart, record
from edge.simulation.ecg.noise import NoiseLevels
from wfdb_record import write_record

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training.heart.beats import FALSE, IGNORED, PLAIN, VIEWS, Beats, load_beats, match
    from training.heart.config import TrainingConfig
    from training.heart.database import TEST_RECORDS, TRAINING_RECORDS, find_records
    from training.heart.evaluation import Evaluation, choose_bias
    from training.heart.rhythm_kinds import KINDS
    from training.heart.simulated_beats import COLUMN, simulated_beats
    from training.heart.simulated_rhythms import simulate
    from training.heart.train import train
    from training.heart.training_set import batches

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

BEATS = "NNNNNNNNNVNNNNNVNNNNSNNNNFNNNQNNNNNVNNNNSNNN"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """Records with the names of the training patients, and of one test patient."""
    folder = tmp_path_factory.mktemp("mitbih")
    for name in (*TRAINING_RECORDS, "100"):
        values, beats = record(Heart(int(name)), BEATS, 180, NoiseLevels(), int(name))
        marks = [((beat.start + beat.end) / 2, beat.label) for beat in beats]
        leads = {"MLII": values, "V1": -values}
        write_record(folder / f"{name}.hea", leads, rate=180, beats=marks)
    return folder


@pytest.fixture
def config(database, tmp_path):
    return TrainingConfig(
        data=str(database),
        out=tmp_path / "ecg.tflite",
        folds=2,
        steps=150,
        simulated_patients=30,
        cache=tmp_path / "cache",
    )


def test_a_training_writes_a_model_that_knows_the_beats_of_strangers(config, capsys):
    train(config)
    card = capsys.readouterr().out
    assert "This is no medical device" in card and "| 100 |" in card
    model = Model.load(config.out)
    assert (model.manifest.task, model.labels) == ("ecg", list(LABELS))
    assert config.out.stat().st_size < 40_000
    figures = model.manifest.provenance["metrics"]["1 test patients"]
    assert figures["accuracy"] > 0.8 and figures["V"]["beats"] == BEATS.count("V")
    for suffix in (".md", ".png", ".onnx"):
        assert config.out.with_suffix(suffix).stat().st_size > 100


def test_no_patient_is_in_both_sets_and_paced_patients_are_in_none():
    assert not set(TRAINING_RECORDS) & set(TEST_RECORDS)
    assert not {"102", "104", "107", "217"} & {*TRAINING_RECORDS, *TEST_RECORDS}
    assert len(TRAINING_RECORDS) == len(TEST_RECORDS) == 22


def test_a_folder_without_the_records_is_one_clear_line(tmp_path):
    with pytest.raises(RecordingError, match=r"lacks records .*\(101, 106, 108, 109, 112\)"):
        find_records(str(tmp_path), tmp_path)


def test_each_beat_belongs_to_the_nearest_detection():
    beats = np.array([1.0, 2.0, 3.0, 4.0])
    detected = np.array([1.1, 1.95, 2.08, 3.2, 4.0])
    assert match(detected, beats).tolist() == [0, 1, -1, -1, 3]
    assert match(np.empty(0), beats).tolist() == []


@pytest.mark.parametrize("view", VIEWS)
def test_the_beats_of_a_record_have_the_labels_of_its_annotations(database, tmp_path, view):
    beats = load_beats(database / "101.hea", view, tmp_path)
    labels = "".join(LABELS[number] for number in beats.classes if number >= 0)
    assert abs(len(labels) - len(BEATS)) <= 2
    if view == PLAIN:
        assert labels == BEATS and len(beats.missed) == 0
    again = load_beats(database / "101.hea", view, tmp_path)
    assert np.array_equal(again.tensors, beats.tensors)


def test_figures_count_missed_beats_and_false_detections():
    n, s, v = (LABELS.index(label) for label in "NSV")
    classes = np.array([n, n, s, v, v, FALSE, IGNORED])
    recognised = np.array([n, s, s, v, n, v, v])
    beats = Beats(np.zeros((7, 1), np.float32), classes, np.full(7, "100"), np.array([v]))
    scores = np.eye(5, dtype=np.float32)[recognised]
    evaluation = Evaluation("test", beats, scores)
    assert evaluation.of_class("S") == (1.0, 0.5, 1)
    assert evaluation.of_class("V") == (pytest.approx(1 / 3), 0.5, 3)
    assert evaluation.detection() == (pytest.approx(5 / 6), pytest.approx(5 / 6))
    assert evaluation.accuracy() == pytest.approx(3 / 6)


def test_the_bias_makes_a_class_rarer_that_is_recognised_too_often():
    rng = np.random.default_rng(0)
    classes = rng.choice([0, 1], 2000, p=[0.95, 0.05])
    scores = np.full((2000, 5), 1e-3, np.float32)
    evidence = np.where(classes == 1, 0.5, -0.5) + rng.normal(0, 0.6, 2000)
    scores[:, 1] = 1 / (1 + np.exp(-4 * evidence - 2))
    scores[:, 0] = 1 - scores[:, 1]
    beats = Beats(
        np.zeros((2000, 1), np.float32), classes, np.full(2000, "101"), np.empty(0, np.intp)
    )
    bias = choose_bias(Evaluation("test", beats, scores), [-4, -3, -2, -1, 0, 1])
    assert bias[1] < 0 == bias[0]


def test_simulated_rhythms_have_early_beats_and_fibrillation():
    rng = np.random.default_rng(0)
    patients = [simulate(rng) for _ in range(60)]
    labels = "".join(label for patient in patients for label in patient.labels)
    assert set(labels) == set("NSV") and labels.count("N") > len(labels) / 2
    assert 0 < sum(patient.is_fibrillation for patient in patients) < 4 * 60 / len(KINDS)
    before = [
        values["before_to_sinus"]
        for patient in patients
        for values, label in zip(patient.values, patient.labels, strict=True)
        if label == "S"
    ]
    assert np.median(before) < -0.5


def test_simulated_early_beats_have_the_shape_of_a_normal_beat_with_another_p_wave(config):
    rng = np.random.default_rng(0)
    tensors = rng.normal(0, 0.1, (400, len(COLUMN))).astype(np.float32)
    tensors[:, COLUMN["p_alone_match"]] = tensors[:, COLUMN["usual_p_match"]] = 1.8
    classes = np.tile([LABELS.index("N"), LABELS.index("V")], 200)
    patients = np.repeat(["101", "106"], 200)
    config = replace(config, changed_p_waves=1.0)
    made, labels, _ = simulated_beats(rng, tensors, classes, patients, config)
    is_s, is_n = (labels == LABELS.index(label) for label in "SN")
    for name in ("p_alone_match", "before_to_sinus"):
        values = made[:, COLUMN[name]]
        assert np.median(values[is_s]) < np.median(values[is_n]) - 0.5
    assert np.ptp(made[is_n, COLUMN["p_alone_match"]]) < 1e-6
    assert np.array_equal(tensors[:, COLUMN["p_alone_match"]], np.full(400, 1.8, np.float32))


def test_batches_depend_on_the_seed_alone(database, config, tmp_path):
    beats = load_beats(database / "101.hea", PLAIN, tmp_path)
    first, second = (next(batches(beats, config)) for _ in range(2))
    assert np.array_equal(first[0], second[0]) and np.array_equal(first[1], second[1])
    assert first[0].shape == (config.batch_size, beats.tensors.shape[1])

"""Training of AirDigit with small schedules: splits, thresholds, conversions, whole trainings."""

from __future__ import annotations

import argparse
import json
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edge.errors import EdgeError
from edge.formats.motion import Recording, own_csv
from edge.model import Model
from edge.model.model_file import read_model
from edge.samples import MOTION
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Sensor, take
from training.motion.split import hold_out, last_of_each_label
from training.motion.strokes import LABELS, Strokes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training import airdigit, airdigit_figures
    from training.common.int8_model import device_scores
    from training.common.onnx import to_onnx
    from training.common.tflite import to_int8
    from training.motion import dataset, fit, network, thresholds
    from training.motion.config import Schedule, TrainingConfig
    from training.motion.export import int8_model
    from training.motion.protocols import HANDHELD, PHONE, PHONE_FIRST
    from training.motion.simulated_people import IDLE, simulate
    from training.motion.train import train
    from training.motion.training_data import adaptation_people, validation_people

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

PEOPLE = 24


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainingConfig:
    """A training of seconds."""
    return TrainingConfig(
        data=(),
        people=PEOPLE,
        adapt_people=8,
        validation_people=6,
        pretrain=Schedule(epochs=3, steps=60, learning_rate=3e-3),
        finetune=Schedule(epochs=1, steps=20, learning_rate=1e-3, recorded_share=0.4),
        adapt=Schedule(epochs=2, steps=30, learning_rate=1e-3, recorded_share=0.5),
        cache=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture(scope="module")
def simulated(config) -> Strokes:
    return simulate(PEOPLE, 0, config.cache)


def record_takes(
    folder: Path, person: Person, takes: int, day: str, digits: str = "0123456789"
) -> None:
    """Write what `airdigit-record` would record of one person on one day."""
    folder.mkdir(parents=True, exist_ok=True)
    sensor = Sensor(Imu(person.rng))
    for number in range(takes):
        for digit in digits:
            scene = take(person, digit, partial(person.draw, digit))
            t, values, (mark,) = sensor.read(scene)
            keep = t < mark.end + 0.3
            text = own_csv.render(Recording.checked(t[keep], values[keep], MOTION))
            (folder / f"{digit}_{day}_10{number:02d}{digit}0.csv").write_text(text)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """Two sessions of one person."""
    folder = tmp_path_factory.mktemp("takes") / "ada"
    person = Person(1)
    person.hand.speed = max(person.hand.speed, 1.5)
    for day in ("20260101", "20260102"):
        record_takes(folder, person, 3, day)
    return folder


# --- data ---


def test_simulated_strokes_have_all_labels_and_are_cached(simulated, config):
    assert set(simulated.label) == set(LABELS)
    again = simulate(PEOPLE, 0, config.cache)
    assert np.array_equal(again.motion, simulated.motion)
    assert len(list(config.cache.glob("*.npz"))) >= 1


def test_training_set_and_validation_set_have_different_people(simulated, config):
    validation = set(validation_people(config).session)
    assert not validation & set(simulated.session)
    assert not validation & set(adaptation_people(config).session)


def test_hold_out_never_splits_a_session(recorded):
    strokes = dataset.load_strokes([str(recorded)])
    split = hold_out(strokes, 0.2)
    assert len(set(strokes.session)) == 2
    assert not set(split.test.session) & set(split.train.session)
    assert set(split.train.label) == set(strokes.label)
    assert len(split.train) + len(split.test) == len(strokes)
    assert "session" in split.description[0]


def test_hold_out_takes_the_last_takes_of_a_single_session(recorded):
    strokes = dataset.load_strokes([str(recorded)])
    strokes = strokes[strokes.session == strokes.session[0]]
    split = hold_out(strokes, 0.2)
    for label in set(strokes.label):
        last_trained = max(split.train.order[split.train.label == label])
        assert last_trained < min(split.test.order[split.test.label == label])
    assert "by time" in split.description[0]


def test_last_of_each_label_keeps_the_first_takes(recorded):
    strokes = dataset.load_strokes([str(recorded)])
    everything = np.ones(len(strokes), dtype=bool)
    later = last_of_each_label(strokes, everything, first=2)
    assert {(strokes.label[~later] == label).sum() for label in "0123456789"} == {2}


def test_copies_of_a_take_count_once(recorded, tmp_path):
    for name in ("3_20260101_100000.csv", "3_20260105_100000.csv"):
        source = next(recorded.glob("3_20260101_*.csv"))
        (tmp_path / name).write_text(source.read_text())
    assert len(dataset.load_strokes([str(tmp_path)])) == 1


def test_sampling_weights_balance_labels_and_give_none_its_share():
    label = np.array(["1"] * 6 + ["2"] * 2 + ["none"] * 12)
    column = np.full(len(label), "a")
    strokes = Strokes(column, column, label, column, column, column)
    weights = fit.sampling_weights(strokes, 0.35)
    shares = [weights[label == name].sum() for name in ("1", "2", "none")]
    assert shares == pytest.approx([0.325, 0.325, 0.35])


# --- network and threshold ---


def test_folding_and_quantisation_keep_the_scores(simulated, config):
    trained = fit.pretrain(simulated, config)
    plain = network.fold_batchnorm(trained)
    x = simulated.tensors[:400]
    scores = network.probabilities(trained, x)
    assert np.abs(network.probabilities(plain, x) - scores).max() < 1e-4

    content, error = to_onnx(plain, x)
    assert content and error < 1e-4

    int8 = to_int8(plain, x)
    same = device_scores(int8_model(int8), x).argmax(1) == scores.argmax(1)
    assert same.mean() > 0.97

    back = network.from_tflite(int8)
    same = network.probabilities(back, x).argmax(1) == scores.argmax(1)
    assert same.mean() > 0.97


def test_a_pretrained_network_is_trained_once(simulated, config):
    first, again = fit.pretrain(simulated, config), fit.pretrain(simulated, config)
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(one, other)
    other_seed = replace(config, seed=5, pretrain=Schedule(epochs=1, steps=1, learning_rate=1e-3))
    before = len(list(config.cache.glob("*.h5")))
    fit.pretrain(simulated, other_seed)
    assert len(list(config.cache.glob("*.h5"))) == before + 1


def test_the_threshold_keeps_false_digits_within_the_budget():
    none, digit = LABELS.index("none"), 3
    scores = np.zeros((100, len(LABELS)), np.float32)
    scores[:, digit] = np.linspace(0, 0.9, 100)
    scores[:, none] = 1 - scores[:, digit]
    column = np.full(100, "")
    idle = np.full(100, IDLE)
    validation = Strokes(column, column, np.full(100, "none"), column, column, idle)
    budget = TrainingConfig.max_false_digits
    threshold = thresholds.lowest_threshold(scores, validation, 1800.0, budget)
    assert (scores[:, digit] >= threshold).sum() <= budget
    lowest = thresholds.lowest_threshold(scores, validation, 1e9, budget)
    assert lowest == pytest.approx(thresholds.THRESHOLDS[0])


# --- whole trainings ---


def test_a_model_is_trained_on_recordings_and_another_is_adapted_from_it(
    recorded, config, tmp_path, capsys
):
    out = tmp_path / "shipped.tflite"
    train(replace(config, data=(str(recorded),), out=out))
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    printed = capsys.readouterr().out
    assert "held out of training" in printed and "| float | int8 |" in printed
    model = Model.load(out, task="airdigit")
    provenance = model.manifest.provenance
    assert provenance["corpora"][1].startswith("ada")
    assert json.dumps(provenance["metrics"])
    assert provenance["command"] == (
        "python -m training.airdigit --data ada --people 24 --seed 0 --out models/shipped.tflite"
    )
    assert out.stat().st_size <= 40_000

    own = tmp_path / "own.tflite"
    train(replace(config, data=(str(recorded),), base=str(out), out=own))
    command = Model.load(own).manifest.provenance["command"]
    assert "--base shipped.tflite --people 8 --seed 0" in command
    before, after = (network.from_tflite(read_model(path)[0]) for path in (out, own))
    strokes = dataset.load_strokes([str(recorded)])
    truth = np.arange(len(strokes)), strokes.classes()
    scores = [network.probabilities(n, strokes.tensors)[truth].mean() for n in (before, after)]
    assert scores[1] > scores[0]


def test_figures_are_printed_for_every_protocol(config, tmp_path, capsys):
    writer, other = Person(3), Person(5)
    writer.hand.speed = other.hand.speed = 2.0
    record_takes(tmp_path / HANDHELD, writer, 6, "20260101", digits="12345")
    record_takes(tmp_path / PHONE, other, PHONE_FIRST + 2, "20260101", digits="2")
    out = tmp_path / "figures.md"
    data = (str(tmp_path / HANDHELD), str(tmp_path / PHONE))
    short = Schedule(epochs=1, steps=2, learning_rate=1e-3, recorded_share=0.5)
    airdigit_figures.measure(replace(config, data=data, finetune=short, adapt=short), out)
    text = capsys.readouterr().out
    assert out.read_text() == text
    assert text.count("| 0.85 |") == text.count("| 0.96 |") == 2
    assert text.count(f"- {HANDHELD}: ") == text.count(f"- {PHONE}: ") == 1
    assert f"## {HANDHELD}, session 20260101-am left out" in text


# --- commands ---


def test_options_become_hyperparameters(monkeypatch, tmp_path):
    trained = []
    monkeypatch.setattr(airdigit, "train", trained.append)
    out = tmp_path / "m.tflite"
    arguments = ["--data", "a", "b", "--out", str(out)]
    assert airdigit.main(arguments) == 0
    more = ["--base", "airdigit", "--people", "7", "--seed", "3"]
    assert airdigit.main([*arguments, *more]) == 0
    plain, chosen = trained
    assert plain == TrainingConfig(data=("a", "b"), out=out)
    assert chosen == replace(plain, base="airdigit", seed=3, people=7, adapt_people=7)


def test_options_of_the_figures_become_hyperparameters():
    args = argparse.Namespace(data=["a"], seed=2, people=9)
    assert airdigit_figures.config_of(args) == TrainingConfig(data=("a",), seed=2, people=9)


def test_folders_without_a_recording_are_refused(tmp_path, capsys):
    assert airdigit.main(["--data", str(tmp_path), "--out", str(tmp_path / "m.tflite")]) == 1
    assert "airdigit-record" in capsys.readouterr().err


def test_a_model_file_needs_the_suffix_of_a_model(tmp_path):
    with pytest.raises(EdgeError, match=r"\.tflite"):
        train(TrainingConfig(data=(), out=tmp_path / "model.h5"))

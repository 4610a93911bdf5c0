"""Training end to end, in small: splits do not leak, conversions agree, files run."""

from __future__ import annotations

import argparse
import json
import warnings
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from edge.errors import EdgeError
from edge.formats.motion import Recording, own_csv
from edge.model import Model
from edge.model.manifest import read_model
from edge.samples import MOTION
from edge.simulation.motion.imu import Imu
from edge.simulation.motion.person import Person
from edge.simulation.motion.stream import Sensor, take
from training.motion.split import held_out, last_of_each_label
from training.motion.strokes import LABELS, Strokes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training import airdigit
    from training.common import tflite
    from training.common.onnx import to_onnx
    from training.motion import dataset, export, fit, network, simulated_people
    from training.motion.fit import Plan

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves


@pytest.fixture(scope="module", autouse=True)
def in_small(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr(simulated_people, "CACHE", tmp_path_factory.mktemp("cache"))
    patch.setattr(fit, "PRETRAIN", Plan(epochs=3, steps=60, rate=3e-3))
    patch.setattr(fit, "FINISH", Plan(epochs=1, steps=20, rate=1e-3, real_share=0.4))
    patch.setattr(fit, "ADAPT", Plan(epochs=2, steps=30, rate=1e-3, real_share=0.5))
    patch.setattr(airdigit, "JUDGES", 6)
    patch.setattr(airdigit, "ADAPT_PEOPLE", 8)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def world() -> Strokes:
    return simulated_people.people(24)


def record_takes(folder: Path, person: Person, takes: int, day: str) -> None:
    """What `airdigit-record` would leave behind for one person on one day."""
    folder.mkdir(parents=True, exist_ok=True)
    sensor = Sensor(Imu(person.rng))
    for number in range(takes):
        for digit in "0123456789":
            scene = take(person, digit, partial(person.draw, digit))
            t, values, (mark,) = sensor.read(scene)
            keep = t < mark.end + 0.3
            text = own_csv.render(Recording.checked(t[keep], values[keep], MOTION))
            (folder / f"{digit}_{day}_10{number:02d}{digit}0.csv").write_text(text)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("takes") / "ada"
    person = Person(1)
    person.hand.speed = max(person.hand.speed, 1.5)
    for day in ("20260101", "20260102"):
        record_takes(folder, person, 3, day)
    return folder


def test_simulated_strokes_hold_all_labels_and_come_from_the_cache_the_second_time(world):
    assert set(world.label) == set(LABELS)
    again = simulated_people.people(24)
    assert np.array_equal(again.motion, world.motion)
    assert len(list(simulated_people.CACHE.glob("*.npz"))) >= 1


def test_training_and_judging_people_are_different_people(world):
    judges = simulated_people.people(4, airdigit.FIRST_JUDGE)
    assert not set(judges.session) & set(world.session)


def test_a_session_is_never_on_both_sides(recorded):
    strokes = dataset.recordings([str(recorded)])
    out, said = held_out(strokes)
    assert len(set(strokes.session)) == 2
    assert not set(strokes.session[out]) & set(strokes.session[~out])
    assert set(strokes.label[~out]) == set(strokes.label)
    assert "session" in said[0]


def test_one_session_is_split_by_time(recorded):
    strokes = dataset.recordings([str(recorded)])
    strokes = strokes[strokes.session == strokes.session[0]]
    out, said = held_out(strokes)
    for label in set(strokes.label):
        mine = strokes.label == label
        assert max(strokes.order[mine & ~out]) < min(strokes.order[mine & out])
    assert "by time" in said[0]


def test_first_takes_are_kept(recorded):
    strokes = dataset.recordings([str(recorded)])
    everything = np.ones(len(strokes), dtype=bool)
    later = last_of_each_label(strokes, everything, first=2)
    assert {(strokes.label[~later] == label).sum() for label in "0123456789"} == {2}


def test_the_same_take_under_two_names_counts_once(recorded, tmp_path):
    for name in ("3_20260101_100000.csv", "3_20260105_100000.csv"):
        source = next(recorded.glob("3_20260101_*.csv"))
        (tmp_path / name).write_text(source.read_text())
    assert len(dataset.recordings([str(tmp_path)])) == 1


def test_folding_and_quantising_keep_what_the_network_says(world):
    learnt = fit.pretrain(world, 0)
    plain = network.folded(learnt)
    x = world.tensors[:400]
    scores = network.probabilities(learnt, x)
    assert np.abs(network.probabilities(plain, x) - scores).max() < 1e-4

    content, error = to_onnx(plain, x)
    assert content and error < 1e-4

    model = export.quantised(plain, x)
    same = export.device_scores(model, world[np.arange(400)]).argmax(1) == scores.argmax(1)
    assert same.mean() > 0.97

    back = network.from_model(tflite.to_int8(plain, x))
    same = network.probabilities(back, x).argmax(1) == scores.argmax(1)
    assert same.mean() > 0.97


def test_the_threshold_keeps_false_digits_within_the_budget():
    none, digit = LABELS.index("none"), 3
    scores = np.zeros((100, len(LABELS)), np.float32)
    scores[:, digit] = np.linspace(0, 0.9, 100)
    scores[:, none] = 1 - scores[:, digit]
    column = np.full(100, "")
    idle = np.full(100, simulated_people.IDLE)
    judges = Strokes(column, column, np.full(100, "none"), column, column, idle)
    threshold = export.threshold_for(scores, judges, 1800.0)
    assert (scores[:, digit] >= threshold).sum() <= export.FALSE_DIGITS
    assert export.threshold_for(scores, judges, 1e9) == pytest.approx(export.THRESHOLDS[0])


def test_a_model_from_recordings_and_one_adapted_from_it(recorded, tmp_path, capsys):
    out = tmp_path / "shipped.tflite"
    arguments = ["--data", str(recorded), "--people", "24", "--out", str(out)]
    assert airdigit.main(arguments) == 0
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    printed = capsys.readouterr().out
    assert "held out of training" in printed and "| float | int8 |" in printed
    model = Model.load(out, task="airdigit")
    assert model.manifest.provenance["corpora"][1].startswith("ada")
    assert json.dumps(model.manifest.provenance["metrics"])
    assert out.stat().st_size <= 40_000

    own = tmp_path / "own.tflite"
    assert airdigit.main(["--data", str(recorded), "--base", str(out), "--out", str(own)]) == 0
    before, after = (network.from_model(read_model(path)[0]) for path in (out, own))
    strokes = dataset.recordings([str(recorded)])
    truth = np.arange(len(strokes)), strokes.classes()
    sure = [network.probabilities(n, strokes.tensors)[truth].mean() for n in (before, after)]
    assert sure[1] > sure[0]


def test_nothing_to_learn_from_is_said(tmp_path, capsys):
    assert airdigit.main(["--data", str(tmp_path), "--out", str(tmp_path / "m.tflite")]) == 1
    assert "airdigit-record" in capsys.readouterr().err


def test_the_model_must_be_called_a_model(tmp_path):
    with pytest.raises(EdgeError, match=r"\.tflite"):
        airdigit.train(argparse.Namespace(out=tmp_path / "model.h5"))

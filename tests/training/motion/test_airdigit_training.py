"""Training of AirDigit with small schedules: splits, examples, conversions, whole trainings."""

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
from edge.features.motion.inputs import stroke_inputs
from edge.features.motion.pose import flipped
from edge.model import Model
from edge.model.model_file import read_model
from edge.simulation.motion.person import Person
from tests.support.airdigit_takes import record_takes
from tests.support.pen_strokes import write_pen_strokes
from training.common.jobs import JobOptions
from training.motion.examples import Simulated, mix, recorded_examples, simulated_examples
from training.motion.people.counts import FigureCounts
from training.motion.people.figures import SHAPE
from training.motion.people.world import Shapes, simulate, simulate_hands
from training.motion.scoring import stroke_scores
from training.motion.shares import Shares
from training.motion.split import hold_out, last_of_each_label
from training.motion.strokes import DIGITS, IDLE, MODEL_LABELS, NONE, UPSIDE_DOWN, Strokes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training import airdigit, airdigit_figures
    from training.common.int8_model import device_scores
    from training.common.onnx import to_onnx
    from training.common.tflite import to_int8
    from training.motion import dataset, fit, network
    from training.motion.config import (
        ADAPTATION_PEOPLE,
        TRAINING_PEOPLE,
        Schedule,
        TrainingConfig,
        ValidationTakes,
    )
    from training.motion.export import int8_model
    from training.motion.held_out import held_out_table
    from training.motion.protocols import HANDHELD, PHONE, PHONE_FIRST
    from training.motion.train import train

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

PEOPLE = FigureCounts(forms=200, shapes=30, turns=1, idle=2, hands=1)


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainingConfig:
    """A training of seconds."""
    return TrainingConfig(
        data=(),
        people=PEOPLE,
        adaptation_people=FigureCounts(forms=30, shapes=8, turns=1, idle=1, hands=1),
        validation_people=FigureCounts(forms=30, shapes=8, turns=1, idle=1, hands=1),
        validation_takes=ValidationTakes(digits=24, letters=12, idle_people=1, idle_seconds=20.0),
        pretrain=Schedule(epochs=2, steps=50, learning_rate=3e-3),
        finetune=Schedule(
            epochs=1, steps=10, learning_rate=1e-3, recorded_share=0.4, hands_share=0.2
        ),
        adapt=Schedule(epochs=2, steps=20, learning_rate=1e-3, recorded_share=0.5),
        batch_size=64,
        cache=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture(scope="module")
def simulated(config) -> Strokes:
    return simulate(PEOPLE, "train", 1, Shapes(), config.cache, "training")


@pytest.fixture(scope="module")
def hands(config) -> Strokes:
    return simulate_hands(PEOPLE, "train", 1, Shapes(), config.cache, "training")


@pytest.fixture(scope="module")
def examples(simulated, hands, config) -> Simulated:
    made = (simulated_examples(one, config.shares) for one in (simulated, hands))
    return Simulated(*made)


@pytest.fixture(scope="module")
def pretrained(examples, config):
    return fit.pretrain(examples.limbs, config)


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


# --- examples ---


def test_kinds_of_simulated_strokes_have_their_shares(simulated):
    shares = Shares(digits=0.6, shapes=0.2, turns=0.1, idle=0.1)
    examples = simulated_examples(simulated, shares)
    assert examples.weight.sum() == pytest.approx(1)
    assert examples.weight[simulated.corpus == IDLE].sum() == pytest.approx(0.1)
    assert examples.weight[simulated.corpus == SHAPE].sum() == pytest.approx(0.2)
    for digit in DIGITS:
        assert examples.weight[simulated.label == digit].sum() == pytest.approx(0.06)


def test_digits_have_a_sign_if_they_are_another_drawing_upside_down(simulated):
    examples = simulated_examples(simulated, Shares())
    assert set(simulated.label[~examples.signed]) <= {"0", "8", NONE}
    assert examples.signed[np.isin(simulated.label, list("1234567"))].all()
    # What draws nothing has no sign.
    assert not examples.signed[simulated.corpus == IDLE].any()


def test_the_sign_of_a_recorded_stroke_follows_from_the_network_if_physics_is_unsure(recorded):
    strokes = dataset.load_strokes([str(recorded)])
    first = stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)

    def sure_of_the_other_sign(tensors: np.ndarray) -> np.ndarray:
        other = np.abs(tensors - flipped(first.tensors)).max() < 1e-6
        return np.full((len(tensors), len(MODEL_LABELS)), 0.99 if other else 0.0)

    examples = recorded_examples(strokes, sure_of_the_other_sign)
    assert np.allclose(examples.trajectories, flipped(first.trajectories))
    without_opinion = recorded_examples(strokes, lambda x: np.ones((len(x), len(MODEL_LABELS))))
    assert np.allclose(without_opinion.trajectories, first.trajectories)


def test_a_mixture_holds_its_parts_in_their_shares(examples):
    mixed = mix([(examples.limbs, 0.7), (examples.hands, 0.3)])
    assert len(mixed) == len(examples.limbs) + len(examples.hands)
    assert mixed.weight[len(examples.limbs) :].sum() == pytest.approx(0.3)


# --- network ---


def test_folding_and_quantisation_keep_the_scores(simulated, pretrained):
    plain = network.fold_batchnorm(pretrained)
    x = simulated_examples(simulated, Shares()).tensors[:300]
    scores = network.probabilities(pretrained, x)
    assert np.abs(network.probabilities(plain, x) - scores).max() < 1e-4

    content, error = to_onnx(plain, x)
    assert content and error < 1e-4

    int8 = to_int8(plain, x)
    same = device_scores(int8_model(int8), x).argmax(1) == scores.argmax(1)
    assert same.mean() > 0.95

    back = network.from_tflite(int8)
    same = network.probabilities(back, x).argmax(1) == scores.argmax(1)
    assert same.mean() > 0.95


def test_a_pretrained_network_recognises_digits_and_what_is_upside_down(simulated, pretrained):
    examples = simulated_examples(simulated, Shares())
    digits = simulated[simulated.label != NONE]
    scores = stroke_scores(partial(network.probabilities, pretrained), digits)
    assert (scores.argmax(axis=1) == digits.classes()).mean() > 0.5
    signed = examples[examples.signed & (simulated.label != NONE) & (examples.weight > 0)]
    wrong = network.probabilities(pretrained, flipped(signed.tensors)).argmax(axis=1)
    assert (wrong == MODEL_LABELS.index(UPSIDE_DOWN)).mean() > 0.4


def test_a_pretrained_network_is_trained_once(examples, pretrained, config):
    again = fit.pretrain(examples.limbs, config)
    for one, other in zip(pretrained.get_weights(), again.get_weights(), strict=True):
        assert np.array_equal(one, other)
    other_seed = replace(config, seed=5, pretrain=Schedule(epochs=1, steps=1, learning_rate=1e-3))
    before = len(list(config.cache.glob("*.h5")))
    fit.pretrain(examples.limbs, other_seed)
    assert len(list(config.cache.glob("*.h5"))) == before + 1


# --- whole trainings ---


def test_a_model_is_trained_on_recordings_and_another_is_adapted_from_it(
    recorded, config, tmp_path, capsys
):
    out = tmp_path / "shipped.tflite"
    pen = write_pen_strokes(tmp_path / "pen_strokes")
    few = replace(
        config,
        people=FigureCounts(
            unipen_digits=40, letters=10, forms=20, shapes=10, turns=1, idle=1, hands=2
        ),
        pretrain=Schedule(epochs=1, steps=10, learning_rate=3e-3),
    )
    train(replace(few, data=(str(recorded), str(pen)), out=out))
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    printed = capsys.readouterr().out
    assert "held out of training" in printed and "| float | int8 |" in printed
    assert "letters taken for a digit" in printed
    model = Model.load(out, task="airdigit")
    assert model.labels == list(MODEL_LABELS)
    provenance = model.manifest.provenance
    assert provenance["corpora"][1].startswith("ada")
    assert json.dumps(provenance["metrics"])
    assert provenance["command"] == (
        "python -m training.airdigit --data ada pen_strokes --people 80 --seed 0 "
        "--out models/shipped.tflite"
    )
    assert out.stat().st_size <= 48_000

    own = tmp_path / "own.tflite"
    train(replace(config, data=(str(recorded),), base=str(out), out=own))
    adapted = Model.load(own)
    command = adapted.manifest.provenance["command"]
    assert "--base shipped.tflite --people 38 --seed 0" in command
    assert adapted.manifest.decision == model.manifest.decision
    before, after = (network.from_tflite(read_model(path)[0]) for path in (out, own))
    strokes = dataset.load_strokes([str(recorded)])
    truth = np.arange(len(strokes)), strokes.classes()
    scores = [
        stroke_scores(partial(network.probabilities, n), strokes)[truth].mean()
        for n in (before, after)
    ]
    assert scores[1] > scores[0]

    # Of two takes of each digit, none is held out.
    record_takes(tmp_path / "two", Person(3), 2, "20260101", digits="12")
    train(replace(config, data=(str(tmp_path / "two"),), base=str(out), out=own))
    assert "too few takes of each label to hold any out" in own.with_suffix(".md").read_text()
    assert Model.load(own).manifest.provenance["metrics"] == {}


def test_figures_are_printed_for_every_protocol(config, tmp_path):
    writer, other = Person(3), Person(5)
    writer.hand.speed = other.hand.speed = 2.0
    record_takes(tmp_path / HANDHELD, writer, 6, "20260101", digits="12345")
    record_takes(tmp_path / PHONE, other, PHONE_FIRST + 2, "20260101", digits="2")
    data = (str(tmp_path / HANDHELD), str(tmp_path / PHONE))
    short = Schedule(epochs=1, steps=2, learning_rate=1e-3, recorded_share=0.5)
    text = "\n".join(held_out_table(replace(config, data=data, finetune=short, adapt=short)))
    assert text.count("| 0.95 |") >= 2 and text.count("| 0.96 |") == 2
    assert text.count(f"- {HANDHELD}: ") == text.count(f"- {PHONE}: ") == 1
    assert f"## {HANDHELD}, session 20260101-am left out" in text


# --- commands ---


def test_options_become_hyperparameters(monkeypatch, tmp_path):
    trained = []
    monkeypatch.setattr(airdigit, "train", trained.append)
    out = tmp_path / "m.tflite"
    arguments = ["--data", "a", "b", "--out", str(out)]
    assert airdigit.main(arguments) == 0
    more = ["--base", "airdigit", "--people", "700", "--seed", "3"]
    assert airdigit.main([*arguments, *more]) == 0
    plain, chosen = trained
    assert plain == TrainingConfig(data=("a", "b"), out=out)
    people, adaptation = TRAINING_PEOPLE.scaled(700), ADAPTATION_PEOPLE.scaled(700)
    assert people.figures == adaptation.figures == 700
    wanted = replace(plain, base="airdigit", seed=3, people=people, adaptation_people=adaptation)
    assert chosen == wanted


def test_options_of_the_figures_become_hyperparameters():
    args = argparse.Namespace(data=["a"], seed=2, people=900, cluster="auto")
    config = TrainingConfig(data=("a",), seed=2, jobs=JobOptions("auto")).with_people(900)
    assert airdigit_figures.config_of(args) == config


def test_figures_of_a_shipped_model_need_a_corpus(tmp_path, capsys):
    assert airdigit_figures.main(["--data", str(tmp_path), "--shipped"]) == 1
    assert "watch_letters" in capsys.readouterr().err


def test_folders_without_a_recording_are_refused(tmp_path, capsys):
    assert airdigit.main(["--data", str(tmp_path), "--out", str(tmp_path / "m.tflite")]) == 1
    assert "airdigit-record" in capsys.readouterr().err


def test_a_model_file_needs_the_suffix_of_a_model(tmp_path):
    with pytest.raises(EdgeError, match=r"\.tflite"):
        train(TrainingConfig(data=(), out=tmp_path / "model.h5"))

"""Tests of the shipped model on other people's data: readers, takes, the table."""

from __future__ import annotations

import gzip
import json
import logging

import numpy as np
import pytest

from edge.model import Model
from edge.model.shipped import find_model
from edge.samples import Chunk
from tests.support.pen_strokes import write_pen_strokes
from training.motion.playback import answer, play, recording_scores
from training.motion.strangers.backwards import are_backwards
from training.motion.strangers.results import Result, table
from training.motion.strangers.simulated import digits_of_new_people, false_digits
from training.motion.strangers.test_sets import TestSet, test_sets
from training.motion.strangers.watch_letters import read_watch_letters
from training.motion.strokes import LABELS, NONE
from training.motion.takes import DrawnLine, Take, draw_takes
from training.motion.writers import digit_lines, letter_lines


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(find_model("airdigit"))


@pytest.fixture(scope="module")
def pen(tmp_path_factory):
    return write_pen_strokes(tmp_path_factory.mktemp("corpora") / "pen_strokes")


@pytest.fixture(scope="module")
def takes(pen, tmp_path_factory):
    """Digits of writers, drawn by simulated hands."""
    lines = digit_lines(pen, "unipen_digits", "test", 20, 1)
    return draw_takes(lines, 1, tmp_path_factory.mktemp("cache"), "digits")


def write_watch_letters(folder) -> None:
    """A file of a person, and one whose columns are swapped: rest with gravity in one axis."""
    folder.mkdir()
    for name in ("train_1", "train_6", "test_2"):
        rows = np.zeros((20, 9))
        rows[:, 7 if name == "train_6" else 4] = 9.8
        rows[10:, 8] = 36 if name.startswith("test") else 14
        rows[:10, 8] = 37 if name.startswith("test") else 0
        np.savetxt(folder / f"{name}.csv", rows, delimiter=",")


def test_watch_letters_have_labels_and_the_columns_of_the_accelerometer_first(tmp_path):
    write_watch_letters(tmp_path / "watch_letters")
    found = read_watch_letters(tmp_path / "watch_letters")
    assert [(t.group, t.figure, t.label) for t in found] == [
        ("test_2", "$", NONE),
        ("test_2", "#", NONE),
        ("train_1", "A", NONE),
        ("train_1", "O", "0"),
        ("train_6", "A", NONE),
        ("train_6", "O", "0"),
    ]
    assert all(t.chunk.values[:, 2] == pytest.approx(9.8) for t in found)


def test_letters_and_digits_come_from_the_writers_of_one_part(pen):
    letters = letter_lines(pen, "test", 100, 1)
    assert {(d.figure, d.label) for d in letters} == {("N", NONE), ("V", NONE)}
    writers = {d.group for d in digit_lines(pen, "unipen_digits", "train", 100, 1)}
    assert writers and not writers & {d.group for d in letters}


def test_takes_are_drawn_once(pen, tmp_path):
    lines = digit_lines(pen, "unipen_digits", "test", 4, 1)
    one = draw_takes(lines, 1, tmp_path, "digits")
    other = draw_takes(lines, 1, tmp_path, "digits")
    assert len(list(tmp_path.glob("*.npz"))) == 1
    assert all(
        np.array_equal(a.chunk.values, b.chunk.values) for a, b in zip(one, other, strict=True)
    )
    assert [t.label for t in one] == [d.label for d in lines]


def test_a_path_that_was_recorded_from_its_end_is_backwards(pen):
    lines = digit_lines(pen, "unipen_digits", "test", 200, 1)
    sevens = [d for d in lines if d.label == "7"]
    assert not are_backwards(sevens, pen).any()
    reverse = [DrawnLine(d.line[::-1], d.label, d.figure, d.group) for d in sevens]
    assert are_backwards(reverse, pen).all()


def test_a_recording_without_a_stroke_is_none(model):
    rest = Chunk(np.arange(200) / 100, np.tile(np.float32([0, 0, 9.8, 0, 0, 0]), (200, 1)))
    assert LABELS[int(recording_scores(model, rest).argmax())] == NONE
    found = answer(model, rest)
    assert (found.label, found.accepted, found.live) == (NONE, False, ())


def test_digits_of_writers_are_recognised(model, takes):
    right = [answer(model, take.chunk).label == take.label for take in takes]
    assert np.mean(right) > 0.7


def test_the_live_chain_answers_in_time(model, takes):
    answers = [one for t in takes for one in play(model, t.chunk, model.decision())]
    assert answers and max(one.latency_ms for one in answers) <= 300


def test_the_table_has_a_row_for_each_set(model, takes, monkeypatch):
    monkeypatch.setattr(
        "training.motion.strangers.results.digits_of_new_people",
        lambda model: digits_of_new_people(model, 1),
    )
    monkeypatch.setattr(
        "training.motion.strangers.results.false_digits", lambda model: false_digits(model, 0)
    )
    letters = [Take(t.chunk, NONE, "N", t.group) for t in takes[:3]]
    results = [
        Result(one, [answer(model, t.chunk) for t in one.takes])
        for one in (TestSet("digits of a test", takes[:5]), TestSet("letters of a test", letters))
    ]
    text = "\n".join(table(model, results))
    assert "| digits of a test | 5 |" in text and "| letters of a test | 3 |" in text
    assert "10 digits of new simulated people" in text


def test_sets_are_those_of_the_folders(pen, tmp_path, caplog):
    write_watch_letters(tmp_path / "watch_letters")
    (tmp_path / "wand_strokes").mkdir()
    points = [{"x": x, "y": 1 - x} for x in np.linspace(0, 1, 30).tolist()]
    strokes = {"strokes": [{"label": "1", "strokePoints": points}]}
    (tmp_path / "wand_strokes" / "nhl01.json").write_text(json.dumps(strokes))
    (tmp_path / "leap3d").mkdir()
    with gzip.open(tmp_path / "leap3d" / "paths.jsonl.gz", "wt") as file:
        pts = [[p["x"], p["y"], 0] for p in points]
        file.write(json.dumps({"pts": pts, "label": "1", "part": "a"}) + "\n")
    folders = [str(tmp_path / name) for name in ("watch_letters", "wand_strokes", "leap3d")]
    with caplog.at_level(logging.WARNING):
        names = [one.name for one in test_sets(folders, tmp_path / "cache")]
    assert names[-2:] == ["wand_strokes: nhl01", "leap3d: a finger before a camera"]
    assert sum(name.startswith("watch_letters") for name in names) == 4
    assert "Thomas427788.json is missing" in caplog.text

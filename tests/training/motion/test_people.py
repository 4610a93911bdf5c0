"""Simulated people of the training: pen characters, shapes, arms, sensors, sets of strokes."""

from __future__ import annotations

import numpy as np
import pytest

from edge.features.motion.inputs import stroke_inputs
from edge.simulation.motion.hand import STEP
from tests.support.pen_strokes import WRITERS, write_pen_strokes
from training.motion.likeness import is_known, likeness
from training.motion.people import pen_corpora, sensors
from training.motion.people.counts import FigureCounts
from training.motion.people.drawing import draw
from training.motion.people.figures import SHAPES, figures
from training.motion.people.hands import HAND
from training.motion.people.pace import deform, pace, resample
from training.motion.people.pen_line import join_strokes
from training.motion.people.turns import turn_strokes
from training.motion.people.world import Shapes, simulate, simulate_hands
from training.motion.strokes import DIGITS, IDLE, NONE, TURNS, WAY_BACK

COUNTS = FigureCounts(
    unipen_digits=40,
    letters=16,
    letters_as_digits=4,
    forms=20,
    circles=4,
    shapes=16,
    turns=1,
    idle=2,
    hands=2,
)


@pytest.fixture(scope="module")
def pen(tmp_path_factory):
    return write_pen_strokes(tmp_path_factory.mktemp("corpora") / "pen_strokes")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def strokes(pen, cache):
    return simulate(COUNTS, pen_corpora.TRAIN, 1, Shapes(pen), cache, "training")


def test_strokes_of_the_pen_become_one_line_of_height_one():
    cross = [np.array([[0, 50], [100.0, 50]] * 5), np.array([[50, 0.0], [50, 100]] * 5)]
    pen = join_strokes(cross)
    assert pen is not None
    assert np.ptp(pen.line[:, 1]) == pytest.approx(1, abs=1e-6)
    assert pen.time[0] == 0 and pen.time[-1] == 1
    assert (np.diff(pen.time) > 0).all()


def test_dots_and_empty_characters_are_left_out():
    assert join_strokes([]) is None
    assert join_strokes([np.zeros((20, 2))]) is None


def test_a_pen_that_rests_before_and_after_adds_no_time():
    line = np.stack([np.zeros(30), np.linspace(100, 0, 30)], axis=1)
    resting = np.concatenate([np.repeat(line[:1], 40, axis=0), line])
    assert join_strokes([resting]).time == pytest.approx(join_strokes([line]).time, abs=1e-6)


def test_a_writer_is_in_one_part_of_all_corpora(pen):
    parts: dict[str, set[str]] = {}
    for name in ("unipen_digits", "unipen_upper"):
        for one in pen_corpora.read_corpus(pen, name):
            parts.setdefault(one.writer, set()).add(one.part)
    assert len(parts) == len(WRITERS)
    assert all(len(of_writer) == 1 for of_writer in parts.values())
    assert {part for (part,) in parts.values()} == {"train", "validation", "test"}


def test_the_evaluation_corpus_is_never_trained_on(pen):
    assert {one.part for one in pen_corpora.read_corpus(pen, "digilets")} == {pen_corpora.TEST}
    counts = FigureCounts(unipen_digits=50, letters=50)
    sources = {f.source for f in figures(counts, pen_corpora.TRAIN, 1, pen, {})}
    assert sources == {"unipen_digits", "unipen_upper"}


def test_letters_that_look_like_digits_are_never_none(pen):
    some = list(figures(FigureCounts(letters=60, letters_as_digits=20), "train", 1, pen, {}))
    assert {f.name for f in some if f.label == NONE} == {"N", "V"}
    assert {(f.name, f.label) for f in some if f.label != NONE} == {("O", "0")}


def test_counts_are_scaled_to_a_number_of_figures():
    scaled = FigureCounts(forms=900, shapes=100, turns=5, idle=30).scaled(24)
    assert scaled.figures == 24 and scaled.turns == 1 and scaled.idle == 1


@pytest.mark.parametrize("make", [make for _, make in SHAPES], ids=lambda make: make.__name__)
def test_shapes_are_finite_lines(make):
    rng = np.random.default_rng(0)
    for _ in range(20):
        line = make(rng)
        assert line.ndim == 2 and line.shape[1] == 2 and np.isfinite(line).all()
        assert np.ptp(line, axis=0).max() > 0.2


def test_pace_starts_and_ends_slowly_and_never_goes_back():
    rng = np.random.default_rng(0)
    line = np.stack([np.zeros(50), np.linspace(1, 0, 50)], axis=1)
    points, own = resample(line, np.linspace(0, 1, 50))
    lines = deform(rng, np.stack([points] * 20))
    times = pace(rng, lines, np.stack([own] * 20))
    assert (np.diff(times, axis=1) > 0).all()
    assert times[:, 0] == pytest.approx(0) and times[:, -1] == pytest.approx(1)


def test_a_sensor_at_rest_measures_gravity_along_its_own_axes():
    rng = np.random.default_rng(0)
    mounting = sensors.random_mountings(rng, 3)
    place, turned = np.zeros((3, 50, 3)), np.broadcast_to(np.eye(3), (3, 50, 3, 3))
    signal = sensors.ideal_signals(place, turned, mounting)
    assert np.linalg.norm(signal[..., :3], axis=2) == pytest.approx(9.80665)
    assert np.abs(signal[..., 3:]).max() < 1e-9


def test_the_turn_rate_is_that_of_the_rotation():
    angle = np.zeros((1, 100, 3))
    angle[0, :, 1] = 0.8 * np.arange(100) * STEP
    turned = sensors.rotations(angle)
    signal = sensors.ideal_signals(np.zeros((1, 100, 3)), turned, np.eye(3)[None])
    assert signal[0, 50, 3:] == pytest.approx([0, 0.8, 0], abs=1e-3)


def test_simulated_strokes_have_all_kinds_and_look_like_what_was_drawn(strokes):
    assert set(strokes.corpus) >= {"unipen_digits", "unipen_upper", "form", "shape", TURNS, IDLE}
    assert set(strokes.label) == {*DIGITS, NONE}
    known = strokes[is_known(strokes.drawn)]
    inputs = stroke_inputs(known.motion, known.duration, known.clipped)
    best = likeness(inputs.trajectories, known.drawn).max(axis=(1, 2))
    assert np.median(best) > 0.85


def test_hands_draw_their_digits_and_other_figures_and_go_back_in_between(pen, cache):
    strokes = simulate_hands(COUNTS, pen_corpora.TRAIN, 1, Shapes(pen), cache, "training")
    assert set(strokes.label[strokes.corpus == HAND]) >= set("2356")
    assert len(set(strokes.corpus) - {HAND, WAY_BACK}) > 1
    assert set(strokes.label[strokes.corpus == WAY_BACK]) == {NONE}
    inputs = stroke_inputs(strokes.motion, strokes.duration, strokes.clipped)
    best = likeness(inputs.trajectories, strokes.drawn).max(axis=(1, 2))
    assert np.median(best[strokes.label != NONE]) > 0.9
    assert np.median(best[strokes.corpus == WAY_BACK]) > 0.5


def test_the_same_people_are_simulated_once(strokes, pen, cache):
    before = sorted(cache.glob("*.npz"))
    again = simulate(COUNTS, pen_corpora.TRAIN, 1, Shapes(pen), cache, "training")
    assert np.array_equal(again.motion, strokes.motion)
    assert sorted(cache.glob("*.npz")) == before


def test_drawing_with_the_same_seed_gives_the_same_strokes():
    some = list(figures(FigureCounts(forms=6), "train", 1, None, {}))
    one, other = (list(draw(np.random.default_rng(5), some)) for _ in range(2))
    assert [d.span.rows for d in one] == [d.span.rows for d in other]


def test_turns_of_the_wrist_are_strokes():
    spans = list(turn_strokes(3))
    assert len(spans) > 10
    assert all(not span.too_long for span in spans)

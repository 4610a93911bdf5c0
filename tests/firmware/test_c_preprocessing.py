"""The preprocessing in C gives the same strokes and the same model input as the one in Python.

In double the input is the same bit for bit. In float, which a microcontroller uses, a value half
way between two levels may be rounded to either. `pytest -s` prints the figures.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import stroke_network
from c_preprocessing import CPreprocessing
from edge.decision.stroke import StrokeDecision
from edge.decision.stroke_settings import StrokeSettings
from edge.decision.views import view_scores
from edge.events import Detection, Retraction
from edge.features import Window
from edge.features.motion.binning import INTEGRATION_BINS, binned
from edge.features.motion.facts import StrokeFacts
from edge.features.motion.gate import LIVE_HANG, Gate
from edge.features.motion.inputs import StrokeInputs, stroke_inputs
from edge.features.motion.pose import flipped
from edge.features.motion.span import Span
from edge.features.motion.stroke import StrokeFeatures
from edge.features.motion.views import views
from edge.model import Model
from edge.model.shipped import shipped_models
from edge.samples import DEGREE, STANDARD_GRAVITY
from edge.source.simulated.hand import SimulatedHand
from firmware_bridge import preprocessing

SENSOR = StrokeFeatures.specification()["sensor"]
STROKES = 1000
LARGEST_DIFFERING_SHARE = 0.0005  # of the int8 values in float, each by one level
NUMBER_TYPES = ("float", "double")


@dataclass(frozen=True)
class Expected:
    """A stream, and the strokes that Python finds in it."""

    t: NDArray[np.float64]
    values: NDArray[np.float32]
    spans: NDArray[np.float64]
    facts: NDArray[np.float64]
    tensors: NDArray[np.float32]

    @classmethod
    def of(cls, t: NDArray[np.float64], values: NDArray[np.float32]) -> Expected:
        gate = Gate(LIVE_HANG)
        spans = [span for row in np.column_stack([t, values]).tolist() for span in gate.push(row)]
        spans += gate.finish()
        times = np.array([_times(span) for span in spans]).reshape(-1, 7)
        made, clipped = _inputs(spans)
        facts = np.column_stack([made.agreement, made.lateral, made.trust, clipped])
        return cls(t, values, times, facts, made.tensors)

    def first(self, count: int) -> Expected:
        """Return the stream up to the end of stroke number `count`."""
        end = int(np.searchsorted(self.t, self.spans[count - 1, 3], "right"))
        parts = (self.spans[:count], self.facts[:count], self.tensors[:count])
        return Expected(self.t[:end], self.values[:end], *parts)


def _times(span: Span) -> tuple[float, ...]:
    last = span.rows[-1][0]
    flags = (float(span.joined), float(span.too_long), float(span.torn))
    return (span.start, last, span.end, span.decided, *flags)


def _inputs(spans: list[Span]) -> tuple[StrokeInputs, NDArray[np.float64]]:
    parts = [binned(span) for span in spans]
    motion = np.array([part[0] for part in parts]).reshape(len(spans), INTEGRATION_BINS, 6)
    clipped = np.array([part[2] for part in parts]).reshape(-1, 2)
    return stroke_inputs(motion, np.array([part[1] for part in parts]), clipped), clipped


def simulated(digits: int, seed: int, pastime: float = 0.0) -> tuple[NDArray, NDArray]:
    text = "".join(map(str, np.random.default_rng(seed).integers(0, 10, digits)))
    with SimulatedHand(SENSOR, text, seed, pastime, speed=float("inf")) as source:
        chunks = list(source)
    values = np.concatenate([chunk.values for chunk in chunks])
    return np.concatenate([chunk.t for chunk in chunks]), values


@pytest.fixture(scope="module")
def thousand_strokes() -> Expected:
    """Digits by 60 people, the return of the hand after each, ten minutes of other motion."""
    expected = Expected.of(*simulated(600, seed=11, pastime=600.0))
    assert len(expected.spans) >= STROKES
    return expected.first(STROKES)


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CPreprocessing]:
    return {
        number_type: CPreprocessing(
            tmp_path_factory.mktemp(number_type), double=number_type == "double"
        )
        for number_type in NUMBER_TYPES
    }


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    if "airdigit" in shipped_models():
        return Model.load("airdigit")
    return Model.load(stroke_network.write_model(tmp_path_factory.mktemp("model") / "any.tflite"))


def best_labels(model: Model, inputs: NDArray[np.int8]) -> list[int]:
    """Return the most probable label of each input."""
    return [int(model.run(levels).argmax()) for levels in inputs]


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_strokes_begin_and_end_at_the_same_samples(code, thousand_strokes, number_type):
    found = code[number_type].run(thousand_strokes.t, thousand_strokes.values)
    np.testing.assert_array_equal(found.spans[:STROKES], thousand_strokes.spans)


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_strokes_give_the_same_int8_input(code, thousand_strokes, model, number_type):
    found = code[number_type].run(thousand_strokes.t, thousand_strokes.values)
    scale, zero = model.input_scale, model.input_zero
    c_inputs = np.array(
        [code[number_type].quantised(tensor, scale, zero) for tensor in found.tensors[:STROKES]]
    )
    python_inputs = np.stack([model.quantised(tensor) for tensor in thousand_strokes.tensors])
    difference = np.abs(c_inputs.astype(int) - python_inputs)
    identical = (difference == 0).all(axis=(1, 2)).mean()
    differing, largest = (difference > 0).mean(), difference.max()
    error = np.abs(found.tensors[:STROKES] - thousand_strokes.tensors).max()
    print(
        f"\n{number_type}: {identical:.1%} of {STROKES} inputs identical, {differing:.2e} of the "
        f"values differ, by at most {largest} level; before quantisation by at most {error:.1e}"
    )
    if number_type == "double":
        assert largest == 0
    else:
        assert differing <= LARGEST_DIFFERING_SHARE and largest <= 1
    assert best_labels(model, c_inputs) == best_labels(model, python_inputs)


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_strokes_give_the_same_facts(code, thousand_strokes, number_type):
    """Agreement, lateral axis, trust and clipped shares."""
    found = code[number_type].run(thousand_strokes.t, thousand_strokes.values).facts[:STROKES]
    error = np.abs(found - thousand_strokes.facts).max(axis=1)
    assert np.quantile(error, 0.99) < (1e-6 if number_type == "double" else 2e-3)
    # Where angle and position agree under neither sign, rounding may choose the other one.
    assert (thousand_strokes.facts[error > 0.01, 0] < 0.01).all()


def test_the_tensor_under_the_other_sign_is_the_same(code, thousand_strokes):
    tensor = thousand_strokes.tensors[0]
    np.testing.assert_array_equal(code["float"].flipped(tensor), flipped(tensor))


def test_the_views_of_a_stroke_are_the_same(code, thousand_strokes):
    tensor, trust = thousand_strokes.tensors[0], np.array([0.4, 0.8])
    for number, (expected,) in enumerate(views(tensor[None], trust[None])):
        found = code["float"].view(tensor, trust, number)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_mean_scores_of_the_views_are_the_same(code):
    rng = np.random.default_rng(1)
    for _ in range(20):
        scores = rng.dirichlet(np.full(12, 0.2), 3).astype(np.float32)
        weights = rng.uniform(0.1, 3, 3)
        in_turn = Mock(side_effect=list(scores[:, None]))
        tensors = np.ones((1, 64, 8), np.float32)
        expected = view_scores(in_turn, tensors, np.ones((1, 2)), weights)
        found = code["float"].mean_scores(scores, weights)
        np.testing.assert_allclose(found, expected[0], rtol=1e-4)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_scores_give_the_same_decisions(code, seed):
    """Strokes of one to three movements, in streams of twenty."""
    rng = np.random.default_rng(seed)
    labels = stroke_network.LABELS
    limits = rng.uniform(0.2, 0.7, 10).astype(np.float32)
    values = {
        "none_label": "none",
        "upside_down_label": "upside down",
        "thresholds": dict(zip(labels, limits.tolist(), strict=False)),
        "recording_thresholds": dict.fromkeys(labels[:10], 0.5),
    }
    decision = StrokeDecision(labels, StrokeSettings.from_manifest(labels, values))
    code["double"].library.host_decision_init()
    starts: list[float] = []
    for number in range(20):
        starts = [*starts, float(2 * number)][-3:]
        for joined in range(len(starts), 0, -1):
            scores = rng.dirichlet(np.full(len(labels), 0.1), 2).astype(np.float32)
            lateral = rng.normal(0, 1, 3)
            lateral /= np.linalg.norm(lateral)
            facts = StrokeFacts(starts[-joined], joined, rng.uniform(0, 3), lateral, 1, 1, 0)
            end = starts[-1] + 1.0
            tensor = np.zeros((64, 8), np.float32)
            window = Window(end, end + 0.25, tensor, other_sign=tensor, stroke=facts)
            events = list(decision.process(window, scores))
            found = code["double"].decide(
                (facts.start, end, end + 0.25, joined, facts.agreement, *lateral),
                scores,
                limits,
                upside_down=11,
            )
            detections = [event for event in events if isinstance(event, Detection)]
            retracted = [event.retracted_t for event in events if isinstance(event, Retraction)]
            assert found[0] == (labels.index(detections[0].label) if detections else -1)
            if detections:
                assert found[1] == pytest.approx(detections[0].score, abs=1e-5)
            assert found[2] == retracted
        if rng.random() < 0.3:
            starts = []


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_samples_exactly_ten_milliseconds_apart_give_the_same_strokes(code, number_type):
    """Durations are then exactly equal to the limits that they are compared with."""
    _, values = simulated(30, seed=5)
    expected = Expected.of(np.arange(len(values)) * 10_000 / 1e6, values)
    found = code[number_type].run(expected.t, expected.values)
    np.testing.assert_array_equal(found.spans, expected.spans)


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_gaps_interrupt_strokes_in_the_same_way(code, number_type):
    t, values = simulated(60, seed=6)
    rng = np.random.default_rng(0)
    kept = np.ones(len(t), bool)
    for start in rng.integers(0, len(t), 120):
        kept[start : start + rng.integers(1, 40)] = False
    expected = Expected.of(t[kept], values[kept])
    interrupted = expected.spans[:, 3] - expected.spans[:, 2] < LIVE_HANG - 0.02
    assert interrupted.sum() > 5
    found = code[number_type].run(expected.t, expected.values)
    np.testing.assert_array_equal(found.spans, expected.spans)
    np.testing.assert_allclose(found.tensors, expected.tensors, atol=2e-3)


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_clipped_turn_rates_are_restored_in_the_same_way(code, number_type):
    t, values = simulated(60, seed=7)
    rail = np.repeat([2 * STANDARD_GRAVITY, 100 * DEGREE], 3).astype(np.float32)
    expected = Expected.of(t, np.clip(values, -rail, rail))
    assert (np.abs(expected.values[:, 3:]) == rail[3:]).any(axis=1).sum() > 200
    found = code[number_type].run(expected.t, expected.values)
    np.testing.assert_array_equal(found.spans, expected.spans)
    np.testing.assert_allclose(found.tensors, expected.tensors, atol=2e-3)


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_endless_motion_stays_within_the_buffer(code, number_type):
    t = np.arange(0, 60, 1 / (SENSOR["rate_hz"] * (1 + preprocessing.LARGEST_RATE_ERROR)))
    values = np.zeros((len(t), 6), np.float32)
    values[:, 2] = STANDARD_GRAVITY
    values[200:-200, 3:] = 2 * np.sin(np.arange(len(t) - 400)[:, None] / [5, 7, 9])
    expected = Expected.of(t, values)
    assert expected.spans[:, 5].tolist() == [1.0]
    found = code[number_type].run(t, values)
    np.testing.assert_array_equal(found.spans, expected.spans)


@pytest.mark.parametrize("number_type", NUMBER_TYPES)
def test_too_high_a_rate_loses_only_the_oldest_samples(code, number_type):
    t = np.arange(0, 30, 1 / 1000)
    values = np.zeros((len(t), 6), np.float32)
    values[:, 2] = STANDARD_GRAVITY
    values[1000:5000, 3] = 2 * np.sin(np.arange(4000) / 50)
    ((first, last, *_),) = code[number_type].run(t, values).spans
    assert 4.9 < last < 5.2
    assert last - first < preprocessing.max_rows() / 1000


@given(
    seed=st.integers(0, 2**32 - 1),
    amplitude=st.floats(0.0, 6.0),
    gaps=st.lists(st.tuples(st.integers(0, 800), st.floats(0.02, 3.0)), max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_random_motion_gives_the_same_strokes(code, seed, amplitude, gaps):
    rng = np.random.default_rng(seed)
    steps = rng.uniform(0.008, 0.012, 800)
    for at, seconds in gaps:
        steps[min(at, 799)] += seconds
    envelope = np.repeat(rng.uniform(0, 1, 16) ** 2, 50)[:, None]
    values = rng.normal(0, 1, (800, 6)) * envelope * np.repeat([2 * amplitude, amplitude], 3)
    values[:, 0] += STANDARD_GRAVITY
    expected = Expected.of(np.cumsum(steps), values.astype(np.float32))
    found = code["double"].run(expected.t, expected.values)
    np.testing.assert_array_equal(found.spans, expected.spans)
    np.testing.assert_allclose(found.tensors, expected.tensors, atol=1e-5)


def test_constants_header_is_up_to_date():
    assert preprocessing.CONSTANTS_HEADER.read_text() == preprocessing.constants(), (
        "edge/features has changed: run python -m firmware_bridge.preprocessing"
    )


def test_changed_constant_changes_the_header(monkeypatch):
    before = preprocessing.constants()
    monkeypatch.setattr(preprocessing.gate, "QUIET", 0.31)
    assert preprocessing.constants() != before


def test_memory_is_within_the_documented_limit(code):
    gate, total = (getattr(code["float"].library, f"host_{what}bytes")() for what in ("gate_", ""))
    print(f"\ngate {gate} bytes, workspace {total - gate} bytes")
    assert total < 36 * 1024


def test_raw_counts_are_converted_to_si_units(code):
    counts = np.array([32767, -32768, 8192, -1, 100, -32768], np.int16)
    sample = np.empty(6, np.float32)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (counts, sample)]
    code["float"].library.es_gate_to_si(*pointers)
    unit = np.repeat([4 * STANDARD_GRAVITY, 500 * DEGREE], 3) / 32768
    np.testing.assert_allclose(sample, counts * unit, rtol=3e-7)

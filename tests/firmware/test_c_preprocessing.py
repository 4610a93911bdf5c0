"""The preprocessing in C gives the same strokes and the same model input as the one in Python.

In double the input is the same bit for bit. In float, which a microcontroller uses, a value half
way between two levels may be rounded to either. `pytest -s` prints the figures.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import stroke_network
from c_preprocessing import CPreprocessing
from edge.events import Detection
from edge.features import Window
from edge.features.motion.gate import Gate, Span
from edge.features.motion.pose import CHANNELS
from edge.features.motion.stroke import LIVE_HANG, POINTS, StrokeFeatures, binned, tensors
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
    tensors: NDArray[np.float32]

    @classmethod
    def of(cls, t: NDArray[np.float64], values: NDArray[np.float32]) -> Expected:
        gate = Gate(LIVE_HANG)
        found = [gate.push(row) for row in np.column_stack([t, values]).tolist()]
        spans = [span for span in (*found, gate.finish()) if span is not None]
        return cls(t, values, np.array([_times(span) for span in spans]), _tensors(spans))

    def first(self, count: int) -> Expected:
        """Return the stream up to the end of stroke number `count`."""
        end = int(np.searchsorted(self.t, self.spans[count - 1, 3], "right"))
        return Expected(self.t[:end], self.values[:end], self.spans[:count], self.tensors[:count])


def _times(span: Span) -> tuple[float, ...]:
    return span.rows[0][0], span.rows[-1][0], span.end, span.decided, float(span.too_long)


def _tensors(spans: list[Span]) -> NDArray[np.float32]:
    if not spans:
        return np.empty((0, POINTS, CHANNELS), np.float32)
    motions, durations = zip(*map(binned, spans), strict=True)
    return tensors(np.array(motions), np.array(durations))


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


def decisions(model: Model, inputs: NDArray[np.int8]) -> list[str | None]:
    """Return the label of each input, or None for a rejection."""
    labels: list[str | None] = []
    for levels in inputs:
        scores = (model.run(levels).astype(np.float32) - model.output_zero) * model.output_scale
        (event,) = model.decision().process(Window(0.0, 0.0, levels.astype(np.float32)), scores)
        labels.append(event.label if isinstance(event, Detection) else None)
    return labels


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
    assert decisions(model, c_inputs) == decisions(model, python_inputs)


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
    assert expected.spans[:, 4].tolist() == [1.0]
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
    np.testing.assert_array_equal(found.spans, expected.spans.reshape(-1, 5))
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

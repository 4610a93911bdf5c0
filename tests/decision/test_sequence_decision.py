"""Waveforms of windows become events, and the waveform of a whole recording."""

from __future__ import annotations

import numpy as np
import pytest

from edge.decision.sequence import SequenceDecision, SequenceSettings, joined
from edge.errors import ModelError
from edge.features import Window
from edge.fields import FieldError
from edge.sink import StreamInfo
from edge.sink.event_json import event_object
from edge.sink.sequence_text import drawings

RATE = 10.0


def settings(labels=("abp",), **values):
    return SequenceSettings.from_manifest(labels, {"count": 8, "rate_hz": RATE, **values})


def outputs(wanted, windows, labels=("abp",)):
    """`windows`: the number of the first sample, and the output of the network."""
    decision = SequenceDecision(labels, wanted)
    found = []
    for first, values in windows:
        t = (first + 7) / RATE
        window = Window(t, t + 0.05, np.zeros((8, 1), np.float32))
        found += decision.process(window, np.asarray(values, np.float32))
    return found


def test_an_event_has_the_values_in_their_unit_and_their_times():
    wanted = settings(unit="mmHg", offset=50, factor=100)
    (event,) = outputs(wanted, [(20, np.arange(8) / 10)])
    assert (event.names, event.unit, event.rate) == (("abp",), "mmHg", RATE)
    assert (event.start, event.t) == (pytest.approx(2.0), pytest.approx(2.7))
    assert event.values[:, 0] == pytest.approx(50 + 10 * np.arange(8))
    assert event.latency_ms == pytest.approx(50)


def test_the_ends_of_a_window_can_be_left_out():
    (event,) = outputs(settings(first=2, last=6), [(0, np.arange(8))])
    assert event.values[:, 0].tolist() == [2, 3, 4, 5]
    assert (event.start, event.t) == (pytest.approx(0.2), pytest.approx(0.5))
    assert event.latency_ms == pytest.approx(250)


def test_a_model_may_compute_several_waveforms():
    labels = ("abp", "flow")
    values = np.arange(16).reshape(8, 2)
    (event,) = outputs(settings(labels), [(0, values)], labels)
    assert event.values.tolist() == values.tolist()
    assert settings(labels).output_shapes(2) == [[1, 8, 2]]
    assert settings().output_shapes(1) == [[1, 8, 1], [1, 8]]


def test_an_event_may_have_the_signals_that_the_network_saw():
    wanted = settings(first=2, last=6, inputs=["pleth", "ecg"])
    decision = SequenceDecision(("abp",), wanted)
    seen = np.arange(16, dtype=np.float32).reshape(8, 2)
    (event,) = decision.process(Window(0.7, 0.7, seen), np.zeros(8, np.float32))
    assert {name: values.tolist() for name, values in event.inputs.items()} == {
        "pleth": [4, 6, 8, 10],
        "ecg": [5, 7, 9, 11],
    }
    together = joined([event, event])
    assert together.inputs["ecg"].tolist() == [5, 7, 9, 11]
    assert event_object(event, StreamInfo(RATE, ("pleth",)))["inputs"]["pleth"] == [4, 6, 8, 10]
    assert [line for line in drawings(event, 40, True) if line in (" pleth", " ecg", " abp")] == [
        " pleth",
        " ecg",
        " abp",
    ]
    with pytest.raises(ModelError, match=r"names the inputs .* its windows have 8 values in all"):
        list(decision.process(Window(0.7, 0.7, seen[:, :1]), np.zeros(8, np.float32)))


def test_the_waveform_of_a_recording_is_the_mean_where_windows_overlap():
    found = joined(outputs(settings(), [(0, np.zeros(8)), (4, np.ones(8)), (14, np.full(8, 3))]))
    expected = [0] * 4 + [0.5] * 4 + [1] * 4 + [np.nan] * 2 + [3] * 8
    assert np.array_equal(found.values[:, 0], np.array(expected, np.float32), equal_nan=True)
    assert (found.start, found.t) == (pytest.approx(0), pytest.approx(2.1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"count": 0}, "decision.count is 0"),
        ({"first": 8}, "decision.first is 8"),
        ({"first": 5, "last": 5}, "decision.last is 5"),
        ({"rate_hz": 0}, "decision.rate_hz is 0"),
        ({"unit": 3}, "decision.unit is 3"),
        ({"factor": "x"}, "decision.factor is 'x'"),
    ],
)
def test_impossible_settings_are_refused(values, message):
    with pytest.raises(FieldError, match=message):
        settings(**values)


def test_a_waveform_has_no_threshold():
    with pytest.raises(ModelError, match="no threshold"):
        settings().with_threshold(0.5)

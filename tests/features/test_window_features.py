"""Windows of samples: they do not depend on the chunks, the rate or the gaps of the stream."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ModelError, RecordingError, SampleError
from edge.features.window.windows import WindowFeatures
from edge.samples import Chunk

RATE = 50


def specification(length=40, hop=15, channels=("a", "b"), rate=RATE, **more):
    return WindowFeatures.specification(
        {
            "length": length,
            "hop": hop,
            "sensor": {"channels": list(channels), "rate_hz": rate},
            **more,
        }
    )


def signal(count, rate=RATE, channels=2, jitter=0.0, seed=0):
    rng = np.random.default_rng(seed)
    t = (np.arange(count) + rng.uniform(-jitter, jitter, count)) / rate
    values = rng.normal(size=(count, channels)).cumsum(axis=0).astype(np.float32)
    return t, values


def streamed(wanted, t, values, sizes):
    features, found, start, number = WindowFeatures(wanted), [], 0, 0
    while start < len(t):
        size = sizes[number % len(sizes)]
        found += features.process(Chunk(t[start : start + size], values[start : start + size]))
        start, number = start + size, number + 1
    return [*found, *features.finish()]


def test_samples_at_the_rate_of_the_model_are_taken_as_they_are():
    t, values = signal(100)
    windows = streamed(specification(), t + 3, values, [7])
    assert len(windows) == 5
    for number, window in enumerate(windows):
        assert np.array_equal(window.tensor, values[number * 15 : number * 15 + 40])
        assert window.t == pytest.approx(3 + (number * 15 + 39) / RATE)
        assert window.decided_t == pytest.approx(window.t)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    rate=st.sampled_from([30.0, 49.7, 50.0, 50.04, 73.0, 100.0, 101.0, 360.0]),
    jitter=st.sampled_from([0.0, 0.2]),
    hop=st.sampled_from([1, 15, 40, 90]),
    filtering=st.booleans(),
    scaling=st.sampled_from(["fixed", "standard", "range"]),
    gap=st.booleans(),
)
def test_windows_of_a_stream_are_those_of_the_whole_recording(
    sizes, rate, jitter, hop, filtering, scaling, gap
):
    band = {"low_hz": 0.5, "high_hz": 8, "taps": 21} if filtering else None
    wanted = specification(hop=hop, filter=band, scaling={"kind": scaling})
    t, values = signal(round(4 * rate), rate, jitter=jitter)
    if gap:
        t[len(t) // 2 :] += 0.7
    whole = list(WindowFeatures.windows_of_recording(wanted, Chunk(t, values)))
    cut = streamed(wanted, t, values, sizes)
    assert [(w.t, w.decided_t) for w in cut] == [(w.t, w.decided_t) for w in whole]
    for one, other in zip(cut, whole, strict=True):
        assert np.array_equal(one.tensor, other.tensor)


@pytest.mark.parametrize("rate", [30.0, 49.7, 100.0, 360.0, 1000.0])
def test_a_slow_wave_is_the_same_at_every_rate(rate):
    t = np.arange(round(4 * rate)) / rate
    wave = np.sin(2 * np.pi * 0.8 * t).astype(np.float32)
    wanted = specification(channels=("a",))
    for window in WindowFeatures.windows_of_recording(wanted, Chunk(t, wave)):
        times = window.t + np.arange(-39, 1) / RATE
        assert np.abs(window.tensor[:, 0] - np.sin(2 * np.pi * 0.8 * times)).max() < 0.03
        assert window.t <= window.decided_t < window.t + 2 / min(rate, RATE)


def test_a_fast_wave_does_not_appear_as_a_slow_one():
    t = np.arange(4000) / 1000
    wave = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    wanted = specification(channels=("a",))
    for window in WindowFeatures.windows_of_recording(wanted, Chunk(t, wave)):
        assert np.abs(window.tensor[1:]).max() < 0.05


def test_no_window_spans_a_gap():
    t, values = signal(200)
    t[100:] += 5
    windows = streamed(specification(hop=40), t, values, [200])
    ends = [round(window.t * RATE) for window in windows]
    assert ends == [39, 79, 350 + 39, 350 + 79]


def test_a_filter_passes_its_band_without_shifting_it():
    t = np.arange(1000) / RATE
    slow, fast = np.sin(2 * np.pi * t), np.sin(2 * np.pi * 15 * t)
    band = {"low_hz": 0.4, "high_hz": 5, "taps": 151}
    wanted = specification(length=200, hop=200, channels=("a",), filter=band)
    _, *windows = WindowFeatures.windows_of_recording(wanted, Chunk(t, 7 + slow + fast))
    for window in windows[:-1]:
        expected = np.sin(2 * np.pi * (window.t + np.arange(-199, 1) / RATE))
        assert np.abs(window.tensor[:, 0] - expected).max() < 0.1
        assert window.decided_t == pytest.approx(window.t + 75 / RATE)


def test_scaling_shape_and_order_of_the_channels():
    t, values = signal(40)
    fixed = {"kind": "fixed", "offset": [1, 2], "factor": [2, 0.5]}
    (window,) = streamed(specification(scaling=fixed), t, values, [40])
    assert window.tensor == pytest.approx((values - [1, 2]) * [2, 0.5], abs=1e-5)
    (window,) = streamed(specification(scaling={"kind": "standard"}), t, values, [40])
    assert window.tensor.mean(axis=0) == pytest.approx([0, 0], abs=1e-5)
    assert window.tensor.std(axis=0) == pytest.approx([1, 1], abs=1e-3)
    (window,) = streamed(specification(scaling={"kind": "range"}), t, values, [40])
    assert (window.tensor.min(), window.tensor.max()) == pytest.approx((0, 1), abs=1e-4)
    wanted = specification(shape=[1, 2, 40], channels_first=True)
    (window,) = streamed(wanted, t, values, [40])
    assert np.array_equal(window.tensor, values.T[None])


def test_a_flat_line_has_no_infinite_values():
    t, values = np.arange(40) / RATE, np.full((40, 2), 3, np.float32)
    for kind in ("standard", "range"):
        (window,) = streamed(specification(scaling={"kind": kind}), t, values, [40])
        assert np.array_equal(window.tensor, np.zeros((40, 2)))


def test_channels_of_a_motion_sensor_are_selected():
    t = np.arange(40) / RATE
    values = np.tile(np.arange(6, dtype=np.float32), (40, 1))
    wanted = specification(channels=("az", "gx"))
    assert wanted["sensor"]["accel_g"] == 4
    (window,) = streamed(wanted, t, values, [40])
    assert window.tensor[0].tolist() == [2, 3]


def test_a_recording_that_is_too_short_is_refused():
    t, values = signal(30)
    with pytest.raises(RecordingError, match="has 0.6 s, and a window of the model has 0.8 s"):
        list(WindowFeatures.windows_of_recording(specification(), Chunk(t, values)))


def test_samples_that_come_too_slowly_are_refused():
    t, values = signal(100, rate=20)
    with pytest.raises(SampleError, match="come at 20 Hz, and the model needs 50 Hz"):
        streamed(specification(), t, values, [3])


def test_another_number_of_channels_is_refused():
    t, values = signal(100, channels=3)
    with pytest.raises(SampleError, match="have 3 columns, and the model takes 2"):
        streamed(specification(), t, values, [100])


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"length": 0}, "input.length is 0"),
        ({"hop": 0}, "input.hop is 0"),
        ({"shape": [3, 3]}, "must hold 40 x 2 values"),
        ({"filter": {"taps": 5}}, "give low_hz, high_hz or both"),
        ({"filter": {"low_hz": 9, "high_hz": 3, "taps": 5}}, "must be below high_hz"),
        ({"filter": {"low_hz": 1, "taps": 4}}, "give an odd number"),
        ({"filter": {"low_hz": 26, "taps": 5}}, "give a number from 0.001 to 25"),
        ({"scaling": {"kind": "none"}}, "scaling.kind is 'none'"),
        ({"scaling": {"offset": [1]}}, "give a list of 2"),
        ({"channels": ()}, "give 1 to 64 names"),
        ({"rate": 0}, "sensor.rate_hz is 0"),
    ],
)
def test_an_impossible_specification_is_refused(wanted, message):
    with pytest.raises(ModelError, match=message):
        specification(**wanted)


def test_a_specification_is_its_own():
    wanted = specification(filter={"high_hz": 5, "taps": 21}, scaling={"kind": "standard"})
    assert WindowFeatures.specification(wanted) == wanted

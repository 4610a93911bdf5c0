"""The resampler: no aliases, no images, no change in the passband, no shift in time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.resample import Resampler, resampled

RATES = (8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000)
EDGE = 200  # output samples at each end, where the tone starts and stops abruptly


def tone(hz: float, rate: int, seconds: float = 0.5) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate + 0.5)


def sweep(low: float, high: float, rate: int) -> np.ndarray:
    """Return two seconds of a sweep at full scale."""
    t = np.arange(2 * rate) / rate
    return np.sin(2 * np.pi * (low * t + (high - low) * t**2 / 4))


def db(x: np.ndarray) -> float:
    return 20 * np.log10(np.abs(x).max())


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hz", [100, 1000, 3400, 6800])
def test_tone_in_the_passband_is_unchanged(rate: int, hz: int) -> None:
    if hz > 0.43 * rate:
        pytest.skip("above the passband of the input rate")
    new = resampled(tone(hz, rate), rate, 16000)
    assert len(new) == -(-int(rate * 0.5) * 16000 // rate)
    expected = tone(hz, 16000, 0.6)[: len(new)]
    assert db((new - expected)[EDGE:-EDGE]) < -60


@pytest.mark.parametrize("rate", [rate for rate in RATES if rate > 16000])
def test_sweep_above_the_output_rate_is_removed(rate: int) -> None:
    new = resampled(sweep(8000, rate / 2, rate), rate, 16000)
    assert db(new[EDGE:-EDGE]) < -60


@pytest.mark.parametrize("rate", [8000, 11025])
def test_no_image_appears_above_half_the_input_rate(rate: int) -> None:
    """Of a sweep, all output above half the input rate is 60 dB below the sweep."""
    new = resampled(sweep(50, 0.43 * rate, rate), rate, 16000)[EDGE:-EDGE]
    spectrum = np.abs(np.fft.rfft(new * np.blackman(len(new))))
    hz = np.fft.rfftfreq(len(new), 1 / 16000)
    assert spectrum[hz > 1.01 * rate / 2].max() < spectrum.max() / 1000


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([*RATES, 12345, 47999]),
    st.lists(st.integers(0, 3000), max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_result_does_not_depend_on_the_pieces(rate: int, sizes: list[int], seed: int) -> None:
    samples = np.random.default_rng(seed).uniform(-1, 1, sum(sizes)).astype(np.float32)
    resampler = Resampler(rate, 16000)
    pieces = [resampler.process(p) for p in np.split(samples, np.cumsum(sizes))]
    pieces.append(resampler.finish())
    assert np.array_equal(np.concatenate(pieces), resampled(samples, rate, 16000))
    assert sum(map(len, pieces)) == -(-len(samples) * 16000 // rate)


def test_time_does_not_drift_over_hours() -> None:
    """At 44.1 kHz; positions are integers and cannot drift."""
    resampler = Resampler(44100, 16000)
    hour = 441 * 100 * 3600  # periods of a 100 Hz tone: every hour of it is equal
    resampler._samples_in = hour
    resampler._samples_out = hour * 160 // 441
    assert resampler._samples_out % resampler._run == 0
    resampler._input_start += hour
    new = np.concatenate([resampler.process(tone(100, 44100)), resampler.finish()])
    assert db((new - tone(100, 16000)[: len(new)])[EDGE:-EDGE]) < -60


def test_silence_and_constant_are_unchanged() -> None:
    assert not resampled(np.zeros(4410), 44100, 16000).any()
    constant = resampled(np.full(4410, 0.5), 44100, 16000)[EDGE:-EDGE]
    assert np.abs(constant - 0.5).max() < 1e-6


def test_lag_is_at_most_ten_milliseconds() -> None:
    resampler = Resampler(48000, 16000)
    count = sum(len(resampler.process(np.zeros(960))) for _ in range(50))
    assert 16000 - count <= 160


@pytest.mark.parametrize("rate", [767_999, 767_993, 654_321, 300_007, 96_001, 47_999])
def test_a_rate_without_common_divisor_takes_little_memory(rate: int) -> None:
    tracemalloc.start()
    new = resampled(tone(100, rate, 0.2), rate, 16000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 90 << 20
    expected = tone(100, 16000, 0.3)[: len(new)]
    assert db((new - expected)[EDGE:-EDGE]) < -55


@settings(deadline=None, max_examples=300)
@given(st.integers(1000, 768_000))
def test_the_ratio_of_any_rate_is_right_to_ten_parts_per_million(rate: int) -> None:
    resampler = Resampler(rate, 16000)
    assert abs(resampler._down / resampler._up * 16000 / rate - 1) < 1e-5


@pytest.mark.parametrize("rate", [*RATES, 88200, 176400, 12345, 44101])
def test_the_ratio_of_rates_in_use_is_exact(rate: int) -> None:
    resampler = Resampler(rate, 16000)
    assert resampler._down * 16000 == resampler._up * rate

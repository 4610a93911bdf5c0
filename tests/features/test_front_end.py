"""The front end: equal to librosa, to its golden spectra, and independent of the chunks.

`python tests/features/test_front_end.py` writes the golden spectra again after an intended change.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import ModelError
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.specification import FRAMES
from edge.features.sound.streaming import StreamingFrontEnd
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.features.sound.windows import SoundFeatures
from training.sound.learn.front_ends import FRONT_ENDS, LECTURE, PAPER, SHIPPED

GOLDEN = Path(__file__).parent / "golden_spectra.npz"
BY_NAME = {name: FrontEnd(**wanted["front_end"]) for name, wanted in FRONT_ENDS.items()}


def chirp(rate, samples, seed=0):
    """A tone that rises from 80 Hz to 90 % of the Nyquist frequency, in a little noise."""
    t = np.arange(samples) / rate
    slope = (0.45 * rate - 80) / t[-1]
    tone = 0.4 * np.sin(2 * np.pi * (80 + slope / 2 * t) * t) * (0.2 + np.sin(5 * t) ** 2)
    return (tone + np.random.default_rng(seed).normal(0, 0.003, samples)).astype(np.float32)


@pytest.fixture(scope="module")
def librosa():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import librosa

        # Loads its submodules now, while warnings are ignored.
        librosa.feature.mfcc(y=np.ones(4096, np.float32))
        return librosa


def assert_same(actual, expected):
    """Equal to 1e-4, relative for values above 1: both are computed in float32."""
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-4)


def mel_energies(librosa, front_end, samples):
    # librosa puts a window shorter than the FFT in its middle, this front end at its start.
    pad = (front_end.fft - front_end.window) // 2
    return librosa.feature.melspectrogram(
        y=np.pad(samples, pad),
        sr=front_end.rate_hz,
        n_fft=front_end.fft,
        win_length=front_end.window,
        hop_length=front_end.hop,
        center=False,
        power=front_end.power,
        n_mels=front_end.mels,
        fmin=front_end.low_hz,
        fmax=front_end.high_hz,
        htk=front_end.scale == "htk",
        norm=front_end.norm,
    ).T


@pytest.mark.parametrize(
    "front_end",
    [
        FrontEnd(),
        FrontEnd(hop=160),
        FrontEnd(scale="slaney", norm="slaney"),
        FrontEnd(norm="slaney", power=1),
        FrontEnd(rate_hz=8000, window=240, hop=80, fft=256, mels=24, high_hz=3800.0),
        FrontEnd(rate_hz=44100, window=1102, hop=441, fft=2048, mels=64, high_hz=20000.0),
    ],
)
def test_log_mel_equals_librosa(librosa, front_end):
    samples = chirp(front_end.rate_hz, front_end.rate_hz)
    expected = np.log(np.maximum(mel_energies(librosa, front_end, samples), front_end.floor))
    actual = front_end.frames(samples)
    assert_same(actual, expected[: len(actual)])
    assert len(actual) == 1 + (len(samples) - front_end.window) // front_end.hop


def test_decibels_equal_librosa(librosa):
    front_end = FrontEnd(log="db", floor=1e-10)
    samples = chirp(16000, 16000)
    spectrum = mel_energies(librosa, front_end, samples)
    actual = front_end.frames(samples)
    assert_same(actual, librosa.power_to_db(spectrum, top_db=None)[: len(actual)])


def test_padded_second_equals_librosa_centred_spectrum_of_the_paper(librosa):
    second = chirp(16000, 16000)
    expected = librosa.feature.melspectrogram(
        y=second, sr=16000, n_fft=1024, hop_length=128, power=1.0, n_mels=60, fmin=40, fmax=8000
    )
    actual = BY_NAME["paper"].frames(pad_or_crop(second, window_samples(PAPER)))
    assert list(actual.shape) == PAPER["shape"] == [126, 60]
    assert_same(actual, expected.T)


def test_padded_clip_equals_librosa_default_mfcc_of_the_lecture(librosa):
    clip = chirp(22050, 61 * 512)
    expected = librosa.feature.mfcc(y=clip, n_mfcc=40)
    actual = BY_NAME["lecture"].frames(pad_or_crop(clip, window_samples(LECTURE)))
    assert list(actual.shape) == LECTURE["shape"] == [62, 40]
    assert_same(actual, expected.T)


@pytest.mark.parametrize("name", FRONT_ENDS)
def test_spectra_equal_the_golden_spectra(name):
    with np.load(GOLDEN) as golden:
        assert json.loads(str(golden[f"{name}_specification"])) == FRONT_ENDS[name]["front_end"]
        # Tolerance for rounding by other releases of NumPy and other processors.
        np.testing.assert_allclose(_golden(name), golden[name], rtol=1e-5, atol=1e-4)


def test_golden_spectra_cover_every_band_and_differ_after_any_change():
    with np.load(GOLDEN) as golden:
        stored = golden["shipped"]
    assert stored.shape == (9, 40)
    shipped = BY_NAME["shipped"]
    for other in (
        replace(shipped, scale="slaney"),
        replace(shipped, low_hz=21.0),
        replace(shipped, window=479),
        replace(shipped, floor=1e-4, power=1),
    ):
        assert np.abs(other.frames(_golden_sound(shipped)) - stored).max() > 1e-3


def _golden_sound(front_end):
    return chirp(front_end.rate_hz, 8 * front_end.hop + front_end.window, seed=1)


def _golden(name):
    return BY_NAME[name].frames(_golden_sound(BY_NAME[name]))


@pytest.mark.parametrize("name", FRONT_ENDS)
@given(
    sizes=st.lists(st.one_of(st.integers(0, 700), st.integers(1, 9)), max_size=60),
    block=st.integers(1, 3),
)
@settings(deadline=None, max_examples=40)
def test_streamed_frames_do_not_depend_on_the_chunks(name, sizes, block):
    front_end = BY_NAME[name]
    samples = chirp(front_end.rate_hz, sum(sizes) + 2 * front_end.window)
    whole, chunked = (StreamingFrontEnd(front_end, block) for _ in range(2))
    expected = whole.push(samples)
    found = [b for piece in np.split(samples, np.cumsum(sizes)) for b in chunked.push(piece)]
    assert [b.tobytes() for b in found] == [b.tobytes() for b in expected]
    assert chunked.pending == whole.pending == len(samples) - len(found) * chunked.block_hop
    frames = front_end.frames(samples)[: len(found) * block]
    np.testing.assert_allclose(np.concatenate([*found, frames[:0]]), frames, rtol=1e-4, atol=1e-4)


def test_reset_discards_pending_samples():
    stream = StreamingFrontEnd(FrontEnd())
    stream.push(chirp(16000, 1000))
    stream.reset()
    assert stream.pending == 0
    assert np.array_equal(stream.push(chirp(16000, 480))[0], FrontEnd().frames(chirp(16000, 480)))


def test_sound_shorter_than_a_window_has_no_frame():
    assert FrontEnd().frames(np.zeros(479, np.float32)).shape == (0, 40)
    assert FrontEnd().frames(np.zeros(480, np.float32)).shape == (1, 40)


def test_silence_and_nan_are_at_the_floor():
    front_end = FrontEnd()
    assert front_end.silent_frame == pytest.approx(np.log(1e-6))
    damaged = np.full(480, np.nan, np.float32)
    assert np.array_equal(front_end.frames(damaged)[0], front_end.silent_frame)


@pytest.mark.parametrize("log", ["ln", "db"])
@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("coefficients", [0, 13])
def test_level_is_in_nats_of_energy(log, power, coefficients):
    front_end = FrontEnd(log=log, power=power, coefficients=coefficients, floor=1e-12)
    sound = chirp(16000, 480 * 4)
    levels = [front_end.level(front_end.frames(s)) for s in (sound, sound * np.float32(np.e))]
    assert levels[1] - levels[0] == pytest.approx(2, abs=1e-3)


@pytest.mark.parametrize("power", [1, 2])
def test_level_is_in_nats_of_energy_without_a_logarithm(power):
    front_end = FrontEnd(log=None, power=power)
    sound = chirp(16000, 480 * 4)
    levels = [front_end.level(front_end.frames(s)) for s in (sound, sound * np.float32(np.e))]
    assert levels[1] - levels[0] == pytest.approx(2, abs=1e-3)


INVALID = [
    {"hop": 0},
    {"hop": 481},
    {"hop": 160.0},
    {"window": 0},
    {"window": 513},
    {"fft": 1 << 30},
    {"mels": 0},
    {"mels": 400},
    {"low_hz": -1.0},
    {"low_hz": 4000.0},
    {"low_hz": float("nan")},
    {"high_hz": 8001.0},
    {"rate_hz": 0},
    {"rate_hz": "16000"},
    {"scale": "bark"},
    {"norm": "area"},
    {"power": 3},
    {"log": "log2"},
    {"floor": 0.0},
    {"floor": float("nan")},
    {"coefficients": -1},
    {"coefficients": 41},
]


@pytest.mark.parametrize("wanted", INVALID, ids=str)
def test_invalid_parameters_raise_a_one_line_error(wanted):
    with pytest.raises(ValueError) as error:
        FrontEnd(**wanted)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "wanted",
    [
        *({"front_end": wanted} for wanted in INVALID),
        {"front_end": {"colour": 1}},
        {"front_end": [1, 2]},
        {"front_end": None},
        {"shape": []},
        {"shape": None},
        {"shape": [0]},
        {"step": 0},
        {"step": FRAMES + 1},
        {"step": "often"},
    ],
    ids=str,
)
def test_invalid_front_end_in_a_manifest_raises_a_one_line_error(wanted):
    with pytest.raises(ModelError, match="train the model again") as error:
        SoundFeatures.specification(wanted)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("specification", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_specification_is_unchanged_by_json(specification):
    carried = json.loads(json.dumps(specification))
    assert SoundFeatures.specification(carried) == specification
    assert SHIPPED["shape"] == [FRAMES, 40]


if __name__ == "__main__":
    spectra = {name: _golden(name) for name in FRONT_ENDS}
    specifications = {
        f"{name}_specification": np.array(json.dumps(FRONT_ENDS[name]["front_end"]))
        for name in FRONT_ENDS
    }
    np.savez_compressed(GOLDEN, **spectra, **specifications)

"""edge.Recognizer: it accepts blocks of samples of any type, shape and rate, and returns events."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import edge
import tiny_sound
from edge.errors import ModelError, SampleError
from edge.resample import resampled
from edge.source import HAND_MOTION
from edge.source.simulated.hand import SimulatedHand

UTTERANCE = ".l----h.nn.hh."


@pytest.fixture
def model(tiny_word_model: Path) -> Path:
    return tiny_word_model


def labels(model: Path, samples: np.ndarray, size: int = 1600, **options: object) -> list[str]:
    recogniser = edge.Recognizer(model, **options)  # type: ignore[arg-type]
    found = []
    for start in range(0, len(samples), size):
        found += recogniser.feed(samples[start : start + size])
    return [event.label for event in [*found, *recogniser.finish()]]


def test_floats_at_the_rate_of_the_model_are_recognised(model: Path) -> None:
    samples = tiny_sound.say(UTTERANCE)
    assert labels(model, samples) == ["yes", "no", "no"]


@pytest.mark.parametrize("size", [1, 7, 480, 10**6])
def test_the_events_do_not_depend_on_the_block_size(model: Path, size: int) -> None:
    samples = tiny_sound.say(".l--h.") if size < 10 else tiny_sound.say(UTTERANCE)
    assert labels(model, samples, size) == labels(model, samples)


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
def test_every_sample_type_gives_the_same_events(model: Path, dtype: str) -> None:
    samples = tiny_sound.say(UTTERANCE)
    scale = {"int16": 2**15 - 1, "int32": 2**31 - 1}.get(dtype, 1)
    assert labels(model, (samples * scale).astype(dtype)) == ["yes", "no", "no"]


def test_stereo_is_mixed_to_mono(model: Path) -> None:
    samples = tiny_sound.say(UTTERANCE)
    stereo = np.stack([1.5 * samples, 0.5 * samples], axis=1)
    assert labels(model, stereo) == ["yes", "no", "no"]


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
def test_other_rates_are_resampled(model: Path, rate: int) -> None:
    samples = resampled(tiny_sound.say(UTTERANCE), tiny_sound.RATE, rate)
    found = labels(model, samples, rate=rate)
    if rate >= 11025:  # at a lower rate the frequencies of the word "no" are missing
        assert found == ["yes", "no", "no"]
    else:
        assert "yes" in found


def test_times_are_seconds_since_the_first_sample(model: Path) -> None:
    recogniser = edge.Recognizer(model, rate=48000)
    samples = resampled(tiny_sound.say(UTTERANCE), tiny_sound.RATE, 48000)
    events = [*recogniser.feed(samples), *recogniser.finish()]
    assert all(before.t < after.t for before, after in pairwise(events))
    assert 0 < events[0].t < events[-1].t < len(samples) / 48000 + 0.5
    assert recogniser.health.samples == pytest.approx(len(samples) / 3, abs=2)


def test_clipped_samples_are_counted(model: Path) -> None:
    recogniser = edge.Recognizer(model)
    recogniser.feed(np.array([0, 32767, -32768, 5], np.int16))
    assert recogniser.health.clipped == 2


def test_a_threshold_of_one_finds_nothing(model: Path) -> None:
    assert labels(model, tiny_sound.say(UTTERANCE), threshold=1.0) == []


def test_digits_are_joined_into_numbers(tmp_path: Path) -> None:
    model = tiny_sound.write_model(tmp_path / "d.tflite", "sounddigit", ["4", "2", "none"])
    recogniser = edge.Recognizer(model, numbers=True)
    events = [*recogniser.feed(tiny_sound.say(".l-h.......")), *recogniser.finish()]
    assert [type(event) for event in events] == [edge.Detection, edge.Detection, edge.Number]
    assert events[-1].label == "42"
    assert 0 < events[-1].score <= 1


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (np.zeros(100, np.uint8), "give int16, int32, float32 or float64"),
        (b"\0\0\1\1", "numpy.frombuffer"),
        (np.zeros((2, 3, 4), np.float32), r"shape \(2, 3, 4\)"),
        (np.full(100, 3000.0), "divide int16 values by 32768"),
        (np.full(100, np.nan), "full scale is 1"),
        (["yes"], "give int16"),
    ],
)
def test_a_block_that_is_not_sound_is_refused_in_one_sentence(
    model: Path, block: object, message: str
) -> None:
    with pytest.raises(SampleError, match=message) as caught:
        edge.Recognizer(model).feed(block)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, edge.EdgeError) and isinstance(caught.value, ValueError)


def test_an_empty_block_gives_no_events(model: Path) -> None:
    assert edge.Recognizer(model).feed(np.empty(0)) == []


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1e9])
def test_an_impossible_rate_is_refused(model: Path, rate: float) -> None:
    with pytest.raises(SampleError, match="rate"):
        edge.Recognizer(model, rate=rate)


def test_threshold_and_budget_together_are_refused(model: Path) -> None:
    with pytest.raises(ModelError, match="give one of them"):
        edge.Recognizer(model, threshold=0.5, max_false_per_hour=1)
    with pytest.raises(ModelError, match="0 to 1"):
        edge.Recognizer(model, threshold=5)


# Motion, recognised by the shipped model


def simulated_strokes() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Times and samples of a simulated hand, and the digits that it draws."""
    with SimulatedHand(HAND_MOTION, "0123", 1, speed=np.inf) as source:
        chunks = list(source)
    t = np.concatenate([chunk.t for chunk in chunks])
    return t, np.concatenate([chunk.values for chunk in chunks]), [m.label for m in source.marks]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_motion_is_recognised(dtype: str) -> None:
    _, values, truth = simulated_strokes()
    recogniser = edge.Recognizer("airdigit", rate=100)
    events = [*recogniser.feed(values.astype(dtype)), *recogniser.finish()]
    found = [event.label for event in events]
    assert set(found) <= set(truth) and len(found) >= 3
    assert all(isinstance(event, edge.Detection) for event in events)


def test_rejections_are_returned_if_they_are_chosen() -> None:
    _, values, _ = simulated_strokes()
    recogniser = edge.Recognizer("airdigit", rejections=True, threshold=1.0)
    events = [*recogniser.feed(values), *recogniser.finish()]
    assert any(isinstance(event, edge.Rejection) for event in events)


def test_motion_can_have_a_time_for_each_sample() -> None:
    t, values, _ = simulated_strokes()
    by_rate, by_time = edge.Recognizer("airdigit"), edge.Recognizer("airdigit", rate=50)
    first = [*by_rate.feed(values), *by_rate.finish()]
    second = [*by_time.feed(values, t + 1000.0), *by_time.finish()]
    assert [event.label for event in first] == [event.label for event in second]
    assert [event.t for event in second] == pytest.approx(
        [event.t * t[-1] / ((len(t) - 1) / 100) + 1000 for event in first], abs=0.1
    )


@pytest.mark.parametrize(
    ("block", "t", "message"),
    [
        (np.zeros((5, 3)), None, r"\(5, 3\).*\(n, 6\): ax, ay, az, gx, gy, gz"),
        (np.zeros((5, 6), np.int16), None, "samples are int16"),
        (np.zeros((2, 6)), [1.0], "1 times for 2 samples"),
        (np.zeros((2, 6)), [1.0, 1.0], "increasing"),
        (np.full((2, 6), np.inf), None, "NaN or infinity"),
    ],
)
def test_a_block_that_is_not_motion_is_refused_in_one_sentence(
    block: np.ndarray, t: object, message: str
) -> None:
    with pytest.raises(SampleError, match=message) as caught:
        edge.Recognizer("airdigit").feed(block, t)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_times_must_increase_from_block_to_block() -> None:
    recogniser = edge.Recognizer("airdigit")
    recogniser.feed(np.zeros((2, 6)), [1.0, 2.0])
    with pytest.raises(SampleError, match="increasing"):
        recogniser.feed(np.zeros((2, 6)), [2.0, 3.0])


# Chunks that a program makes itself


def test_a_chunk_of_float64_gives_the_windows_of_float32(model: Path) -> None:
    samples = tiny_sound.say(UTTERANCE).astype(np.float64)
    t = np.arange(len(samples)) / tiny_sound.RATE
    model = edge.Model.load(model)
    exact, converted = (
        [w.tensor for w in model.features().process(edge.Chunk(t, values))]
        for values in (samples.astype(np.float32)[:, None], samples)
    )
    assert len(exact) == len(converted) > 10
    assert all(np.array_equal(a, b) for a, b in zip(exact, converted, strict=True))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((10, 1), np.int16), "samples are int16, without a unit"),
        (np.zeros((9, 1), np.float32), r"shape \(9, 1\) and there are 10 times"),
        (np.zeros((10, 1, 1), np.float32), "one row per sample"),
    ],
)
def test_a_chunk_of_a_wrong_type_or_shape_is_refused(values: np.ndarray, message: str) -> None:
    with pytest.raises(SampleError, match=message):
        edge.Chunk(np.arange(10.0), values)


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_a_chunk_of_another_rate_is_refused(model: Path, rate: int) -> None:
    model = edge.Model.load(model)
    chunk = edge.Chunk(np.arange(rate) / rate, np.zeros(rate, np.float32))
    with pytest.raises(SampleError, match=f"are {rate} Hz, and the model needs 16000 Hz"):
        list(model.features().process(chunk))
    with pytest.raises(SampleError, match="edge.Recognizer"):
        model.score_recording(chunk)

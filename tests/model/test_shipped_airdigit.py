"""The shipped model of AirDigit: takes with vibration, other mounts, changing rates and pauses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.chain import Chain
from edge.events import Detection, Rejection, valid_detections
from edge.features.motion.recording import main_span
from edge.formats.motion import read
from edge.model import Model
from edge.samples import Chunk
from edge.simulation.motion.imu import random_mounting

RECORDINGS = Path(__file__).parents[2] / "examples/recordings"
DIGITS = ("0", "3", "7")


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load("airdigit")


def take(digit: str) -> Chunk:
    recording = read(RECORDINGS / f"{digit}.csv")
    return Chunk(recording.t, recording.values)


def label(model: Model, chunk: Chunk) -> str:
    return model.labels[int(model.score_recording(chunk).argmax())]


def answers(model: Model, chunk: Chunk) -> list[str]:
    """The labels of a stream that are not retracted."""
    chain = Chain(model)
    return [event.label for event in valid_detections([*chain.process(chunk), *chain.finish()])]


def turned(chunk: Chunk, rotation: np.ndarray) -> Chunk:
    values = np.hstack([chunk.values[:, :3] @ rotation, chunk.values[:, 3:] @ rotation])
    return Chunk(chunk.t, values.astype(np.float32))


@pytest.mark.parametrize("digit", DIGITS)
def test_a_take_is_recognised_as_a_recording_and_in_a_stream(model, digit):
    assert label(model, take(digit)) == digit
    assert answers(model, take(digit)) == [digit]


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("size", [4.0, 8.0])
def test_vibration_at_both_ends_of_a_take_changes_nothing(model, digit, size):
    """The vibration motor of a watch: acceleration that alternates from sample to sample."""
    chunk = take(digit)
    span = main_span(chunk)
    chunk = Chunk(chunk.t, chunk.values.copy())
    rng = np.random.default_rng(0)
    buzzing = (chunk.t < min(chunk.t[0] + 0.5, span.start)) | (chunk.t > chunk.t[-1] - 0.5)
    alternating = np.where(np.arange(len(chunk)) % 2, size, -size)[buzzing, None]
    chunk.values[buzzing, :3] += alternating
    chunk.values[buzzing, 3:] += rng.normal(0, 0.03, (buzzing.sum(), 3))
    assert label(model, chunk) == digit


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("seed", range(3))
def test_any_mounting_gives_the_same_digit(model, digit, seed):
    rotation = random_mounting(np.random.default_rng(seed))
    assert label(model, turned(take(digit), rotation)) == digit
    assert label(model, turned(take(digit), np.diag([1.0, -1.0, -1.0]))) == digit


@pytest.mark.parametrize("digit", DIGITS)
def test_a_rate_that_falls_within_the_stroke_gives_the_same_digit(model, digit):
    chunk = take(digit)
    span = main_span(chunk)
    middle = (span.start + span.end) / 2
    kept = (chunk.t < middle) | (np.arange(len(chunk)) % 2 == 0)
    assert label(model, Chunk(chunk.t[kept], chunk.values[kept])) == digit


@pytest.mark.parametrize("digit", DIGITS)
def test_lost_samples_within_a_stroke_are_a_rejection_with_a_reason(model, digit):
    chunk = take(digit)
    span = main_span(chunk)
    middle = (span.start + span.end) / 2
    kept = abs(chunk.t - middle) > 0.1
    chain = Chain(model)
    events = [*chain.process(Chunk(chunk.t[kept], chunk.values[kept])), *chain.finish()]
    assert not [event for event in events if isinstance(event, Detection)]
    reasons = [event.reason for event in events if isinstance(event, Rejection)]
    assert any("samples were lost" in reason for reason in reasons)


@pytest.mark.parametrize("digit", DIGITS)
def test_a_pause_within_a_digit_does_not_take_it_apart(model, digit):
    """The hand rests for 0.45 s in the middle, without the motion of coming to rest."""
    chunk = take(digit)
    span = main_span(chunk)
    rate = (len(chunk) - 1) / np.ptp(chunk.t)
    speed = np.convolve(np.linalg.norm(chunk.values[:, 3:], axis=1), np.ones(5) / 5, "same")
    inner = np.flatnonzero(
        (chunk.t > span.start + 0.3 * np.ptp([span.start, span.end]))
        & (chunk.t < span.end - 0.3 * np.ptp([span.start, span.end]))
    )
    at = int(inner[speed[inner].argmin()])
    count = int(0.45 * rate)
    still = np.zeros((count, 6), np.float32)
    still[:, :3] = chunk.values[at, :3]
    values = np.vstack([chunk.values[:at], still, chunk.values[at:]])
    t = np.arange(len(values)) / rate
    assert answers(model, Chunk(t, values)) == [digit]

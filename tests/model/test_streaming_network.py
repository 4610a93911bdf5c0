"""Streaming networks give the scores that the same network gives for whole windows."""

from __future__ import annotations

import numpy as np
import pytest
from tensorflow import keras
from tensorflow.lite.tools import flatbuffer_utils

from edge.errors import ModelError
from edge.features.sound.specification import FRAMES
from edge.features.sound.windows import SoundFeatures
from edge.model import Model
from edge.model.network import StreamingNetwork
from edge.samples import Chunk
from training.sound import export
from training.sound.learn import network
from training.sound.learn.network_config import TINY
from training.sound.task import Task

pytestmark = pytest.mark.filterwarnings("ignore")  # of the converter

TASK = Task("kws", ("one", "two"), ("one", "two"), "silence", "unknown")
GROUPS = [0, 1, 2, 3, 3]
BANDS, STEP = 40, 2
RATE = 16000


def windows_of(rows: np.ndarray) -> np.ndarray:
    return np.stack([rows[start : start + FRAMES] for start in range(0, 300, 2)])


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """The spectrum of a stream."""
    rng = np.random.default_rng(1)
    swell = 4 * np.sin(np.arange(400) / 9)[:, None] + 3 * np.sin(np.arange(BANDS) / 5)
    return (swell + rng.normal(-5, 2, (400, BANDS))).astype(np.float32)


@pytest.fixture(scope="module")
def folded(rows: np.ndarray) -> keras.Model:
    """Return a network that is trained a little, so that its scores differ between windows."""
    keras.utils.set_random_seed(3)
    fresh = network.build_trainable((FRAMES, BANDS), len(GROUPS), TINY)
    windows = windows_of(rows)
    tone = windows[:, -20:].mean(axis=(1, 2))
    classes = np.searchsorted(np.quantile(tone, [0.2, 0.4, 0.6, 0.8]), tone)
    for layer in fresh.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.7
    fresh.compile(keras.optimizers.Adam(5e-3), keras.losses.SparseCategoricalCrossentropy())
    fresh.fit(windows, classes, batch_size=48, epochs=12, verbose=0)
    grouped = network.with_groups(fresh, TINY, GROUPS)
    return network.fold_batchnorm(grouped, TINY)


@pytest.fixture(scope="module")
def content(folded: keras.Model, rows: np.ndarray) -> bytes:
    return export.to_int8(folded, TINY, windows_of(rows))


@pytest.fixture
def model(content: bytes) -> Model:
    return export.load_int8(content, TASK)


def test_the_streaming_form_gives_the_scores_of_the_folded_form(folded, rows) -> None:
    window = rows[None, :FRAMES]
    streaming = network.to_streaming(folded, TINY)
    rng = np.random.default_rng(2)
    # Any states at the beginning: after a whole window they have no influence.
    states = [
        rng.normal(0, 9, (1, *state.shape[1:])).astype(np.float32) for state in streaming.inputs[1:]
    ]
    for start in range(0, FRAMES, STEP):
        inputs = [window[:, start : start + STEP], *states]
        scores, *states = streaming.predict(inputs, verbose=0)
    assert np.abs(scores - folded.predict(window, verbose=0)).max() < 1e-5


def test_int8_scores_are_close_to_float_scores(folded, model, rows) -> None:
    windows = windows_of(rows)[::3]
    expected = network.probabilities(folded, windows)
    assert expected.std(axis=0).max() > 0.05
    scores = np.stack([model.scores(window) for window in windows])
    assert np.abs(scores - expected).mean() < 0.02
    assert isinstance(model.network, StreamingNetwork)
    assert model.input_shape == (FRAMES, BANDS)


@pytest.mark.parametrize("pause", [0, 1, 5, 40])
def test_new_rows_alone_give_the_scores_of_the_whole_window(model, rows, pause) -> None:
    """Also after a pause without scores, as when the level gate is closed."""
    last, each, whole = FRAMES, [], []
    new_rows = None
    while last <= len(rows):
        each.append(model.scores(rows[last - FRAMES : last], new_rows))
        new_rows = STEP * (1 + (pause if len(each) % 4 == 0 else 0))
        last += new_rows
    last, new_rows = FRAMES, STEP
    for number in range(1, len(each) + 1):
        whole.append(model.scores(rows[last - FRAMES : last]))
        last += STEP * (1 + (pause if number % 4 == 0 else 0))
    assert np.array_equal(each, whole)
    assert len({tuple(row) for row in each}) > len(each) / 4


def test_windows_say_how_many_of_their_rows_are_new() -> None:
    """Words with long pauses, in which the gate closes, and a gap in the sound."""
    rng = np.random.default_rng(5)
    level = np.repeat([1e-4, 0.1] * 4, 2 * RATE)
    samples = (level * rng.normal(0, 1, len(level))).astype(np.float32)
    t = np.arange(len(samples)) / RATE
    t[len(t) // 2 :] += 1.0
    features = SoundFeatures(SoundFeatures.specification())
    previous: np.ndarray | None = None
    counts = []
    for start in range(0, len(t), 1000):
        chunk = Chunk(t[start : start + 1000], samples[start : start + 1000, None])
        for window in features.process(chunk):
            new_rows = min(window.new_rows, FRAMES)
            counts.append(new_rows)
            if previous is not None and new_rows < FRAMES:
                assert np.array_equal(window.tensor[:-new_rows], previous[new_rows:])
            previous = window.tensor.copy()
    assert counts[0] == FRAMES and counts.count(FRAMES) >= 2 and min(counts) == STEP
    assert any(STEP < count < FRAMES for count in counts)


def test_a_long_recording_gets_the_scores_of_its_whole_windows(model) -> None:
    rng = np.random.default_rng(6)
    samples = rng.normal(0, 0.1, (3 * RATE, 1)).astype(np.float32)
    chunk = Chunk(np.arange(len(samples)) / RATE, samples)
    windows = list(SoundFeatures.windows_of_recording(model.manifest.input, chunk))
    assert len(windows) > 30
    streamed = [model.scores(window.tensor, window.new_rows) for window in windows]
    assert np.array_equal(streamed, [model.scores(window.tensor) for window in windows])


def test_a_state_whose_shape_changes_is_refused(content, tmp_path) -> None:
    found = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    graph = found.subgraphs[0]
    graph.outputs = [graph.outputs[0], *graph.outputs[:0:-1]]
    altered = bytes(flatbuffer_utils.convert_object_to_bytearray(found))
    with pytest.raises(ModelError, match="a state that is .* before an inference and .* after it"):
        export.load_int8(altered, TASK)


def test_a_state_without_an_output_is_refused(content) -> None:
    found = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    graph = found.subgraphs[0]
    graph.outputs = graph.outputs[:-1]
    altered = bytes(flatbuffer_utils.convert_object_to_bytearray(found))
    with pytest.raises(ModelError, match="inputs and .* outputs"):
        export.load_int8(altered, TASK)

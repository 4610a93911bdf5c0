"""Models that see windows of samples: they classify, or compute a waveform."""

from __future__ import annotations

import numpy as np
import pytest

from edge.chain import Chain
from edge.errors import ModelError
from edge.events import Detection, SequenceOutput
from edge.features.window.windows import WindowFeatures
from edge.model import Manifest, Model, attach
from edge.samples import Chunk
from tflite_network import convert

INPUT = {"length": 20, "hop": 10, "sensor": {"channels": ["ppg"], "rate_hz": 10}}
SEQUENCE = {"kind": "sequence", "count": 20, "rate_hz": 10, "unit": "mmHg", "factor": 10}


@pytest.fixture(scope="module")
def networks():
    """One doubles the window, the other says whether its mean is above 0."""
    samples = np.random.default_rng(0).uniform(-1, 1, (50, 20, 1)).astype(np.float32)
    double = convert(lambda tf, x: 2 * x, samples)
    above = convert(
        lambda tf, x: tf.nn.softmax(
            tf.reshape(x, [1, 20]) @ tf.constant(np.tile(np.float32([[-1, 1]]), (20, 1)))
        ),
        samples,
    )
    return {"double": double, "above": above}


@pytest.fixture
def write(tmp_path, networks):
    def write(network, labels, decision):
        manifest = Manifest("own", labels, WindowFeatures.specification(INPUT), decision)
        path = tmp_path / "own.tflite"
        path.write_bytes(attach(networks[network], manifest))
        return path

    return write


def chunks(values):
    t = np.arange(len(values)) / 10
    for start in range(0, len(values), 3):
        part = slice(start, start + 3)
        yield Chunk(t[part], values[part, None].astype(np.float32))


def test_a_model_computes_a_waveform_of_each_window(write):
    model = Model.load(write("double", ["abp"], SEQUENCE))
    values = np.sin(np.arange(50) / 5) / 2
    chain = Chain(model)
    events = [event for chunk in chunks(values) for event in chain.process(chunk)]
    assert [type(event) for event in events] == [SequenceOutput] * 4
    for number, event in enumerate(events):
        assert event.start == pytest.approx(number)
        expected = 20 * values[number * 10 : number * 10 + 20]
        assert event.values[:, 0] == pytest.approx(expected, abs=0.3)
    whole = model.sequence_of_recording(Chunk(np.arange(50) / 10, values[:, None]))
    assert whole.values[:, 0] == pytest.approx(20 * values, abs=0.3)


def test_a_model_classifies_each_window(write):
    model = Model.load(write("above", ["low", "high"], {"kind": "single", "threshold": 0.5}))
    values = np.r_[np.full(20, 0.7), np.full(30, -0.7)]
    chain = Chain(model)
    events = [event for chunk in chunks(values) for event in chain.process(chunk)]
    assert [event.label for event in events if isinstance(event, Detection)][::3] == ["high", "low"]
    scores = model.score_recording(Chunk(np.arange(50) / 10, values[:, None]))
    assert scores.sum() == pytest.approx(1, abs=0.02)
    assert scores[0] == pytest.approx(0.6, abs=0.15)
    with pytest.raises(ModelError, match="scores of labels, no waveform"):
        model.sequence_of_recording(Chunk(np.arange(50) / 10, values[:, None]))


def test_a_network_of_another_output_is_refused(write):
    with pytest.raises(ModelError, match=r"an output of \[1, 20, 1\] for 2 labels"):
        Model.load(write("double", ["low", "high"], {"kind": "single", "threshold": 0.5}))
    with pytest.raises(ModelError, match=r"an output of \[1, 2\], and its manifest states"):
        Model.load(write("above", ["abp"], SEQUENCE))

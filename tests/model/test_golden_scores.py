"""The shipped models give the stored ("golden") scores on fixed input, to within one int8 level.

The input is made by formulas in this file alone, so it does not change with the project's code.
After a model was trained again, `python tests/model/test_golden_scores.py` stores its scores.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.model import Model
from edge.samples import AUDIO, ECG, MOTION, PLETH, Chunk

GOLDEN = Path(__file__).parent / "golden_scores.json"
MOST = 64  # values of a window
LEVEL = 1 / 256  # one int8 level of a score; scores of other processors may differ by one level


def noise(count: int, seed: int) -> np.ndarray:
    """Uniform noise from -1 to 1, from a linear congruential generator (Numerical Recipes)."""
    state, values = seed, np.empty(count)
    for k in range(count):
        state = (1664525 * state + 1013904223) % 2**32
        values[k] = state / 2**31 - 1
    return values


def sound() -> Chunk:
    """Five seconds of soft noise with three gliding vowels, each followed by a hiss."""
    rate = 16000
    t = np.arange(5 * rate) / rate
    samples = 0.002 * noise(len(t), 1)
    hiss = noise(len(t), 2)
    for number, start in enumerate((0.8, 1.9, 3.1)):
        since = t - start
        length = 0.35 + 0.1 * number
        loud = np.where((since > 0) & (since < length), np.sin(np.pi * since / length), 0.0)
        loud = np.maximum(loud, 0.0)
        pitch = 110 + 30 * number + 40 * since
        for formant in (600 - 150 * number + 400 * since, 1200 + 500 * number, 2600):
            samples += (
                0.1 * loud * np.sin(2 * np.pi * formant * since) * np.sin(np.pi * pitch * since)
            )
        samples += 0.05 * hiss * np.where((since > length) & (since < length + 0.1), 1.0, 0.0)
    return Chunk(t, samples.astype(np.float32)[:, None])


def motion() -> Chunk:
    """Twelve seconds of a sensor at rest that turns four times along closed and open curves."""
    rate = 100
    t = np.arange(12 * rate) / rate
    values = np.zeros((len(t), 6))
    values[:, 2] = 9.81
    values += 0.01 * np.stack([noise(len(t), 3 + axis) for axis in range(6)], axis=1)
    for number, start in enumerate((1.0, 4.0, 7.0, 9.5)):
        since = np.clip(t - start, 0, 1.1)
        phase = 2 * np.pi * (since / 1.1)
        moving = (t > start) & (t < start + 1.1)
        values[:, 4] += moving * (2.0 - 0.3 * number) * np.sin(phase)
        values[:, 5] += moving * 1.8 * np.cos((1 + number / 2) * phase)
        values[:, 0] += moving * 1.5 * np.cos(phase)
        values[:, 1] += moving * 1.2 * np.sin((1 + number / 2) * phase)
    return Chunk(t, values.astype(np.float32))


def ecg() -> Chunk:
    """Thirty seconds of beats: narrow ones, with an early one and a wide one among them."""
    rate = 250
    t = np.arange(30 * rate) / rate
    values = 0.01 * noise(len(t), 9) + 0.1 * np.sin(2 * np.pi * 0.2 * t)
    peak = 0.5
    for number in range(36):
        early, wide = number == 20, number in (12, 28)
        peak += 0.5 if early or wide else 0.8
        width = 0.035 if wide else 0.012
        values += 1.2 * np.exp(-(((t - peak) / width) ** 2) / 2)
        values += 0.3 * np.exp(-(((t - peak - 0.27) / 0.05) ** 2) / 2)
        if not (early or wide):
            values += 0.15 * np.exp(-(((t - peak + 0.16) / 0.022) ** 2) / 2)
    return Chunk(t, values.astype(np.float32)[:, None])


def ppg() -> Chunk:
    """Thirty seconds of a pulse with a second wave, whose rate and size change slowly."""
    rate = 125
    t = np.arange(30 * rate) / rate
    phase = 1.2 * t + 0.3 * np.sin(2 * np.pi * 0.1 * t)
    since = phase - np.floor(phase)
    values = np.exp(-(((since - 0.2) / 0.1) ** 2)) + 0.4 * np.exp(-(((since - 0.5) / 0.12) ** 2))
    values = values * (1 + 0.1 * np.sin(2 * np.pi * 0.25 * t)) + 0.01 * noise(len(t), 10)
    return Chunk(t, values.astype(np.float32)[:, None])


INPUT = {
    "airdigit": (MOTION, motion),
    "ecg": (ECG, ecg),
    "kws": (AUDIO, sound),
    "kws_qcnn": (AUDIO, sound),
    "ppg2abp": (PLETH, ppg),
    "sounddigit": (AUDIO, sound),
}


def computed_scores(name: str) -> dict[str, object]:
    """The time, mean and scores of each window, and the scores of the whole recording."""
    channels, make = INPUT[name]
    chunk = make()
    model = Model.load(name)
    features = model.features()
    windows = [*features.process(chunk), *features.finish()]
    scores = [np.ravel(model.window_scores(window)) for window in windows]
    scores = [row[:: max(1, len(row) // MOST)] for row in scores]  # a waveform has many values
    return {
        "t": [round(window.t, 6) for window in windows],
        "mean": [round(float(window.tensor.mean()), 5) for window in windows],
        "scores": [[round(float(score), 6) for score in row] for row in scores],
        "recording": (
            [round(float(score), 6) for score in model.score_recording(chunk)]
            if channels == AUDIO
            else None
        ),
    }


@pytest.mark.parametrize("name", INPUT)
def test_scores_equal_the_golden_scores(name: str) -> None:
    golden = json.loads(GOLDEN.read_text())[name]
    found = computed_scores(name)
    assert len(golden["scores"]) >= 3
    assert found["t"] == golden["t"]
    np.testing.assert_allclose(found["mean"], golden["mean"], atol=1e-3)
    # A waveform has levels of its own, and sums of many rounded values.
    level = 3 * Model.load(name).network.output_quantisation[0] if name == "ppg2abp" else LEVEL
    np.testing.assert_allclose(found["scores"], golden["scores"], atol=1.01 * level)
    if golden["recording"]:
        np.testing.assert_allclose(found["recording"], golden["recording"], atol=3 * LEVEL)


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps({name: computed_scores(name) for name in INPUT}) + "\n")
    sys.exit(0)

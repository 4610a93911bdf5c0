"""The benchmark compares like with like, and the picture is drawn or refused in one line."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edge.formats.sound import write_wav
from tools import quanvolution_picture, quanvolution_speed


def test_speed_is_measured_on_equal_results(capsys, monkeypatch):
    pytest.importorskip("pennylane")
    monkeypatch.setattr(quanvolution_speed, "BANDS", 4)
    monkeypatch.setattr(quanvolution_speed, "FRAMES", 6)
    assert quanvolution_speed.main(["--layers", "2"]) == 0
    said = capsys.readouterr().out
    difference = re.search(r"difference from PennyLane: (\S+)", said)
    assert difference and float(difference[1]) < 1e-9
    assert re.search(r"ratios to it: \d+, \d+ and", said)


def test_the_dense_form_is_the_same_function():
    x = np.random.default_rng(0).uniform(0, 1, (126, 60)).astype(np.float32)
    drawn = {"seed": 42, "angles": quanvolution_speed.random_angles(3, 3)}
    stage = quanvolution_speed.Quanvolution({"random_layers": drawn}, 60)
    dense = quanvolution_speed.dense_form(stage.circuit)(quanvolution_speed.patches(x))
    assert np.abs(dense.reshape(30, 63, 4).transpose(1, 0, 2) - stage.apply(x)).max() < 1e-5


def test_a_picture_of_a_word_or_a_recording(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    out = tmp_path / "word.png"
    assert quanvolution_picture.main(["--word", "yes", "--out", str(out)]) == 0
    assert "60 x 126 values in, 4 channels out" in capsys.readouterr().out
    first = out.read_bytes()
    assert first.startswith(b"\x89PNG")
    recording = tmp_path / "tone.wav"
    tone = 0.3 * np.sin(np.arange(22050) * 0.2).astype(np.float32)
    write_wav(recording, tone, 22050)
    assert quanvolution_picture.main([str(recording), "--out", str(out)]) == 0
    assert out.read_bytes() != first


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "give a recording, or --word"),
        (["nowhere.wav"], "nowhere.wav: does not exist"),
        (["--word", "yes", "--model", "airdigit"], "has no quantum circuit"),
    ],
)
def test_what_cannot_be_drawn_is_said(options, said, capsys, tmp_path):
    assert quanvolution_picture.main([*options, "--out", str(tmp_path / "x.png")]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1

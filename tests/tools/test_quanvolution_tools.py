"""The tools for the quanvolution: the speed comparison and the picture."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edge.features.quantum.quanvolution import Quanvolution
from edge.formats.sound import write_wav
from tools import quanvolution_picture, quanvolution_speed
from tools.qcnn_circuit import random_circuit


def test_speed_compares_circuits_with_equal_results(capsys):
    assert quanvolution_speed.main(["--layers", "2"], bands=4, frames=6) == 0
    printed = capsys.readouterr().out
    difference = re.search(r"difference from PennyLane, in double precision: (\S+)", printed)
    assert difference and float(difference[1]) < 1e-9
    assert re.search(r"relative to the stage: \d+, \d+ and", printed)


def test_dense_form_equals_the_stage():
    x = np.random.default_rng(0).uniform(0, 1, (126, 60)).astype(np.float32)
    stage = Quanvolution(random_circuit(3, layers=3), 60)
    dense = quanvolution_speed.dense_form(stage.circuit)(quanvolution_speed.patches(x))
    assert np.abs(dense.reshape(30, 63, 4).transpose(1, 0, 2) - stage.apply(x)).max() < 1e-5


def test_picture_of_a_simulated_word_and_of_a_recording(tmp_path, capsys):
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
    ("options", "message"),
    [
        ([], "give a recording, or --word"),
        (["nowhere.wav"], "nowhere.wav does not exist"),
        (["--word", "yes", "--model", "airdigit"], "has no quantum circuit"),
    ],
)
def test_picture_refuses_impossible_input_in_one_line(options, message, capsys, tmp_path):
    assert quanvolution_picture.main([*options, "--out", str(tmp_path / "x.png")]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1

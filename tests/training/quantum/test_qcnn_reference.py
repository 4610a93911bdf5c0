"""The pipeline of the paper: the size of its network, and its report."""

from __future__ import annotations

import numpy as np
import pytest

from edge.errors import EdgeError
from qcnn_training import WORDS, write_corpus
from training.quantum.reference.network import build_reference_network
from training.quantum.reference.train import ReferenceConfig, train_reference
from training.sound.task import keyword_task

pytestmark = pytest.mark.filterwarnings("ignore")  # warnings of Keras


def test_network_has_the_size_of_the_paper():
    """About 180 thousand parameters, and attention over all frames."""
    network = build_reference_network((63, 30, 4), 10)
    assert network.count_params() == 180_575
    outputs = network(np.random.default_rng(0).uniform(-1, 1, (2, 63, 30, 4)))
    assert np.allclose(outputs.numpy().sum(axis=1), 1, atol=1e-5)


def test_reference_writes_its_accuracy_and_cost(tmp_path, capsys):
    data, out = write_corpus(tmp_path / "corpus"), tmp_path / "reference.md"
    config = ReferenceConfig(epochs=1, timed_calls=3)
    train_reference([str(data)], out, 0, keyword_task(WORDS), tmp_path / "cache", config)
    text = out.read_text()
    assert text in capsys.readouterr().out
    assert "val 6 clips of 3 speakers, test 6 clips of 3 speakers, train 12 clips of 6" in text
    assert "Epoch 1 had the best accuracy" in text and "| parameters | 180" in text
    assert "python -m training.qcnn --reference --data corpus --seed 0" in text


def test_reference_refuses_the_name_of_a_model(tmp_path):
    with pytest.raises(EdgeError, match=r"table\.md"):
        train_reference([], tmp_path / "m.tflite", 0, keyword_task(), tmp_path)

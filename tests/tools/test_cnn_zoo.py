"""The table of convolutional networks."""

from __future__ import annotations

import pytest

from tools import cnn_zoo


def test_the_networks_by_hand_have_the_sizes_of_their_papers():
    assert cnn_zoo.lenet().count_params() == 61_706
    assert cnn_zoo.alexnet().count_params() == 62_378_344


def test_keras_has_all_other_networks():
    from tensorflow.keras import applications

    others = set(cnn_zoo.NETWORKS.values()) - {"lenet", "alexnet"}
    assert others <= set(dir(applications))


def test_the_table_says_why_a_network_was_not_measured():
    measured = {
        "network": "LeNet-5", "input": "32x32x1", "parameters": 61706, "macs": 416_520,
        "bytes": 71_000, "p50_ms": 0.05, "peak_mb": 30.2, "note": "",
    }  # fmt: skip
    ended = {"network": "VGG19", "note": "conversion ended after 10 minutes"}
    _, _, first, second = cnn_zoo.markdown([measured, ended]).splitlines()
    assert first == "| LeNet-5 | 32x32x1 | 0.0617 M | 0.417 M | 0.071 MB | 0.05 ms | 30.2 MB |  |"
    assert second == "| VGG19 | - | - | - | - | - | - | conversion ended after 10 minutes |"


def test_a_folder_that_does_not_exist_is_refused_before_the_measurement(tmp_path, capsys):
    assert cnn_zoo.main(["--out", str(tmp_path / "none" / "zoo.md")]) == 1
    assert "the folder does not exist" in capsys.readouterr().err


def test_an_unknown_network_is_refused(tmp_path):
    with pytest.raises(SystemExit):
        cnn_zoo.main(["--only", "LeNet-6", "--out", str(tmp_path / "zoo.md")])

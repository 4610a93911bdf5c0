"""The table of convolutional networks."""

from __future__ import annotations

from itertools import combinations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tools.cnn_zoo import __main__, measure, networks, plot, report

MEASURED = {
    "network": "LeNet-5", "input": "32x32x1", "parameters": 61706, "macs": 416_520,
    "bytes": 71_000, "cpu_ms": 0.06, "peak_mb": 30.2, "load": 1.0, "note": "",
}  # fmt: skip
ENDED = {"network": "VGG19", "note": "conversion ended after 10 minutes"}


def test_the_networks_by_hand_have_the_sizes_of_their_papers():
    assert networks.lenet().count_params() == 61_706
    assert networks.alexnet().count_params() == 62_378_344


def test_keras_has_all_other_networks():
    from tensorflow.keras import applications

    others = set(networks.NETWORKS.values()) - {"lenet", "alexnet"}
    assert others <= set(dir(applications))


def test_the_table_says_why_a_network_was_not_measured():
    _, _, first, second = report.markdown([MEASURED, ENDED]).splitlines()
    assert first.split(" | ")[1:8] == [
        "32x32x1", "0.0617 M", "0.417 M", "0.071 MB", "0.06 ms", "30.2 MB", "0.0235 ms",
    ]  # fmt: skip
    assert second == f"| VGG19 |{' - |' * 7} conversion ended after 10 minutes |"


def test_the_plot_leaves_out_what_was_not_measured(tmp_path):
    plot.plot([MEASURED, ENDED], tmp_path / "zoo.png")
    assert (tmp_path / "zoo.png").read_bytes().startswith(b"\x89PNG")


def test_a_stored_table_is_plotted_without_a_measurement(tmp_path, capsys):
    table, png = tmp_path / "zoo.md", tmp_path / "zoo.png"
    table.write_text("# Networks\n\n" + report.markdown([MEASURED, ENDED]) + "\nmore | text\n")
    assert report.rows_of(table.read_text()) == [
        {"network": "LeNet-5", "bytes": 71_000, "cpu_ms": 0.06, "peak_mb": 30.2}
    ]
    assert __main__.main(["--table", str(table), "--png", str(png)]) == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert __main__.main(["--table", str(table)]) == 1
    table.write_text("no table")
    assert __main__.main(["--table", str(table), "--png", str(png)]) == 1
    errors = capsys.readouterr().err
    assert "--table needs --png" in errors and "there is no table of networks" in errors


def test_names_of_neighbours_do_not_cover_one_another():
    figure = Figure(figsize=(9, 6))
    axes = FigureCanvasAgg(figure).figure.subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    plot._write_names(axes, list("ABCDE"), [(5, 5 + n / 50) for n in range(5)])
    boxes = [text.get_window_extent() for text in axes.texts]
    assert [text.get_text() for text in axes.texts] == list("ABCDE")
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))


def test_a_kept_network_is_measured_without_a_conversion(tmp_path, monkeypatch):
    monkeypatch.setattr(networks, "LARGE", 1000)  # its dense layer counts as a large one
    networks.convert("LeNet-5", tmp_path)
    monkeypatch.setattr(measure, "_convert", pytest.fail)
    monkeypatch.setattr(measure, "BENCH", ("--processes", "1", "--seconds", "0.1", "--runs", "5"))
    row = measure.measure("LeNet-5", tmp_path, 1.0)
    assert (row["note"], row["input"], row["macs"]) == ("", "32x32x1", 416_520)
    assert row["cpu_ms"] > 0 and row["peak_mb"] > 10


def test_a_conversion_that_takes_too_long_is_said(tmp_path):
    row = measure.measure("LeNet-5", tmp_path, 0.01)
    assert row["note"].startswith("conversion ended after")


def test_a_folder_that_does_not_exist_is_refused_before_the_measurement(tmp_path, capsys):
    assert __main__.main(["--out", str(tmp_path / "none" / "zoo.md")]) == 1
    assert "the folder does not exist" in capsys.readouterr().err


def test_an_unknown_network_is_refused(tmp_path):
    with pytest.raises(SystemExit):
        __main__.main(["--only", "LeNet-6", "--out", str(tmp_path / "zoo.md")])

"""ecg-live: one detection for each beat, from records, a simulated heart and a serial port."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edge.commands import edge_classify
from edge.commands.ecg_live import main
from edge.simulation.ecg.heart import Heart, record
from edge.simulation.ecg.noise import NoiseLevels
from wfdb_record import write_record

LABELS = "NNNNNNNNNNVNNNNNVNNNNNNSNNNNN"
QUIET = NoiseLevels(bursts_per_minute=0)


def events(capsys, *argv):
    assert main([*map(str, argv), "--speed", "max", "--json"]) == 0
    ready, *found, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert (ready["event"], summary["event"]) == ("ready", "summary")
    assert ready["words"] == ["N", "S", "V", "F", "Q"]
    return found, summary


@pytest.fixture
def header(tmp_path):
    values, beats = record(Heart(5), LABELS, 360, QUIET, 5)
    times = [((beat.start + beat.end) / 2, beat.label) for beat in beats]
    leads = {"V1": -values / 2, "MLII": values}
    return write_record(tmp_path / "r.hea", leads, beats=times), times


def test_each_beat_of_a_record_is_one_detection_at_its_r_peak(header, capsys):
    path, beats = header
    found, summary = events(capsys, "--replay", path)
    assert [event["event"] for event in found] == ["detection"] * len(beats)
    assert [e["t"] for e in found] == pytest.approx([t for t, _ in beats], abs=0.1)
    assert summary["detections"] == len(beats)
    assert not {"strokes", "rejected"} & set(summary)
    assert all(40 < event["heart_rate"] < 120 for event in found[1:])
    right = [e["label"] == label for e, (_, label) in zip(found, beats, strict=True)]
    assert np.mean(right) > 0.85


def test_reversed_electrodes_change_no_class(header, tmp_path, capsys):
    path, beats = header
    values, _ = record(Heart(5), LABELS, 360, QUIET, 5)
    upside_down = write_record(tmp_path / "reversed.hea", {"MLII": -values})
    upright, reversed_ = (events(capsys, "--replay", one)[0] for one in (path, upside_down))
    assert [(e["t"], e["label"]) for e in reversed_] == [(e["t"], e["label"]) for e in upright]


def test_electrodes_that_are_reversed_in_between_cost_about_a_dozen_beats(tmp_path, capsys):
    values, beats = record(Heart(5), "N" * 60, 360, QUIET, 5)
    values[len(values) // 2 :] *= -1
    found, _ = events(capsys, "--replay", write_record(tmp_path / "r.hea", {"MLII": values}))
    assert abs(len(found) - len(beats)) <= 2
    assert sum(event["label"] != "N" for event in found) <= 18
    assert {event["label"] for event in found[-8:]} == {"N"}


def test_two_records_are_played_one_after_the_other(header, capsys):
    path, beats = header
    found, _ = events(capsys, "--replay", path, path.with_suffix(".dat"))
    assert len(found) == 2 * len(beats)
    assert (np.diff([event["t"] for event in found]) > 0).all()


def test_most_beats_of_simulated_hearts_have_the_right_class(capsys):
    right = {"N": [], "V": []}
    for seed in range(4):
        found, _ = events(capsys, "--mock", "--seed", seed, "--beats", "NNNNNNNN" + "NNNVNN" * 4)
        for event in found:
            if event["truth"] in right:
                right[event["truth"]].append(event["label"] == event["truth"])
    assert np.mean(right["N"]) > 0.9
    assert np.mean(right["V"]) > 0.8


def test_the_terminal_shows_beat_class_and_rate(header, capsys):
    path, beats = header
    assert main(["--replay", str(path), "--speed", "max"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert " s  N  " in lines[1] and lines[1].endswith("/min")
    assert f"{len(beats)} beats" in lines


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), "choose a source"),
        (("none.hea",), "none.hea: does not exist"),
        (("wrong.hea",), "is no WFDB header"),
    ],
)
def test_a_wrong_record_is_one_clear_line(tmp_path, monkeypatch, capsys, files, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.hea").write_text("hello")
    assert main(["--replay", *files] if files else []) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_wrong_beats_of_the_mock_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--mock", "--beats", "NXN"])
    assert "'NXN' is no beats" in capsys.readouterr().err


def test_edge_classify_gives_the_mean_scores_of_all_beats(header, capsys):
    path, _ = header
    assert edge_classify.main(["ecg", str(path)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["label"] == "N"
    assert sum(found["scores"].values()) == pytest.approx(1, abs=0.02)
    assert found["scores"]["N"] > 0.6 and found["scores"]["V"] > 0.02

"""Recordings played as a source."""

from __future__ import annotations

import argparse
import logging

import numpy as np
import pytest

from edge.errors import SourceError
from edge.formats.motion import Recording, own_csv
from edge.samples import ACCEL, MOTION
from edge.source import pacing
from edge.source.files.motion import BETWEEN, ReplaySource


class Clock:
    """Wall time that passes only while somebody sleeps."""

    def __init__(self):
        self.now, self.slept = 50.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


def save(path, t, values=(0, 0, 9.8, 0, 0, 0), channels=MOTION):
    recording = Recording.checked(t, np.tile(values, (len(t), 1)), channels)
    path.write_text(own_csv.render(recording))
    return path


def play(source):
    with source:
        return list(source)


def test_real_time_is_real_time_and_never_silent(tmp_path, clock):
    times = np.r_[np.arange(50) / 100, 2 + np.arange(50) / 100]  # a gap of 1.5 s in it
    source = ReplaySource([save(tmp_path / "a.csv", times)])
    with source:
        started = clock.now
        heard = started
        for chunk in source:
            assert clock.now - heard <= 0.25
            heard = clock.now
            if len(chunk):
                assert clock.now - started == pytest.approx(chunk.t[-1])
                assert chunk.t[-1] - chunk.t[0] < 0.05
        assert clock.now - started == pytest.approx(2.49)
    assert source.health.samples == 100


def test_faster_and_as_fast_as_it_goes(tmp_path, clock):
    path = save(tmp_path / "a.csv", np.arange(100) / 100)
    source = ReplaySource([path], speed=10)
    play(source)
    assert sum(clock.slept) == pytest.approx(0.099)
    clock.slept.clear()
    source = ReplaySource([path], speed=np.inf)
    assert all(len(chunk) for chunk in play(source))
    assert clock.slept == []


def test_several_files_follow_each_other_with_a_jump_in_time(tmp_path):
    for name, level in (("b.csv", 2), ("a.csv", 1)):
        save(tmp_path / name, np.arange(30) / 100, (level, 0, 9.8, 0, 0, 0))
    source = ReplaySource([tmp_path], speed=np.inf)
    chunks = play(source)
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    assert source.channels == MOTION
    assert source.rate == pytest.approx(100)
    assert len(t) == source.health.samples == 60
    assert np.diff(t)[29] == pytest.approx(BETWEEN)
    assert np.delete(np.diff(t), 29) == pytest.approx(0.01)
    assert values[:, 0].tolist() == [1] * 30 + [2] * 30


def test_clipped_samples_are_counted_where_the_rail_is_known(tmp_path):
    path = tmp_path / "readings_1_digit_0.csv"
    path.write_text("0,0,1000,0,0,0\n" * 9 + "-2000,0,0,0,0,0\n" + "0,0,1000,0,250.5,0\n")
    source = ReplaySource([path], speed=np.inf)
    play(source)
    assert source.health.clipped == 2


def test_accelerometer_only(tmp_path):
    source = ReplaySource([save(tmp_path / "a.csv", np.arange(9) / 20, (0, 0, 9.8), ACCEL)], np.inf)
    assert play(source)[0].values.shape == (1, 3)
    assert source.channels == ACCEL


def test_an_unreadable_file_among_others_is_said_and_skipped(tmp_path, caplog):
    save(tmp_path / "b.csv", np.arange(30) / 100)
    (tmp_path / "a.csv").write_text("")
    save(tmp_path / "c.csv", np.arange(30) / 100, (0, 0, 9.8), ACCEL)
    source = ReplaySource([tmp_path], speed=np.inf)
    with caplog.at_level(logging.WARNING):
        play(source)
    assert source.health.samples == 30
    assert source.health.errors == 2
    assert "a.csv: is empty" in caplog.text
    assert "c.csv: has other channels" in caplog.text


@pytest.mark.parametrize(
    ("name", "said"),
    [("empty.csv", r"empty\.csv: is empty"), ("no.csv", "does not exist"), (".", "no .csv or")],
)
def test_nothing_to_play(tmp_path, name, said):
    folder = tmp_path / "folder"
    folder.mkdir()
    if name == "empty.csv":
        (folder / name).write_text("")
    with pytest.raises(SourceError, match=said):
        ReplaySource([folder / name]).__enter__()


def options(*argv):
    parser = argparse.ArgumentParser()
    ReplaySource.add_options(parser.add_argument_group())
    return ReplaySource.from_options(parser.parse_args(argv), {})


def test_options():
    assert options() is None
    source = options("--replay", "a.csv", "b", "--speed", "4")
    assert (source.paths, source.speed) == (["a.csv", "b"], 4)
    assert options("--replay", "a.csv").speed == 1
    assert options("--replay", "a.csv", "--speed", "max").speed == np.inf


@pytest.mark.parametrize("speed", ["-1", "0", "nan", "inf", "fast"])
def test_no_speed(speed, capsys):
    with pytest.raises(SystemExit):
        options("--replay", "a.csv", f"--speed={speed}")
    assert "--speed" in capsys.readouterr().err


def test_the_rate_is_that_of_the_recordings_however_many_there_are(tmp_path):
    """Between two recordings nothing is due, in one of them a gap is loss."""
    save(tmp_path / "a.csv", np.arange(50) / 100)
    save(tmp_path / "b.csv", np.r_[np.arange(50) / 100, 2 + np.arange(50) / 100])
    save(tmp_path / "c.csv", np.arange(50) / 100)
    source = ReplaySource([tmp_path], np.inf)
    rates = []
    with source:
        for _ in source:
            if source.health.samples > 10:
                rates.append(source.health.rate)
    assert rates == pytest.approx([100] * len(rates), rel=1e-3)
    assert (source.health.samples, source.health.lost) == (200, 150)
    assert source.health.duration == pytest.approx(0.49 + BETWEEN + 2.49 + BETWEEN + 0.49)

"""Motion recordings played as a source."""

from __future__ import annotations

import argparse
import logging

import numpy as np
import pytest

from edge.errors import SourceError
from edge.formats.motion import Recording, own_csv
from edge.samples import ACCEL, MOTION
from edge.source import HAND_MOTION, pacing
from edge.source.files.motion import PAUSE, ReplaySource


class VirtualTime:
    """Stands in for the module `time`: time passes only in `sleep`."""

    def __init__(self):
        self.now, self.slept = 50.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = VirtualTime()
    monkeypatch.setattr(pacing, "time", clock)
    return clock


def save(path, t, values=(0, 0, 9.8, 0, 0, 0), channels=MOTION):
    recording = Recording.checked(t, np.tile(values, (len(t), 1)), channels)
    path.write_text(own_csv.render(recording))
    return path


def play(source):
    with source:
        return list(source)


def test_real_time_replay_yields_every_quarter_second(tmp_path, clock):
    times = np.r_[np.arange(50) / 100, 2 + np.arange(50) / 100]  # with a gap of 1.5 s
    source = ReplaySource([save(tmp_path / "a.csv", times)], HAND_MOTION)
    with source:
        started = clock.now
        last = started
        for chunk in source:
            assert clock.now - last <= 0.25
            last = clock.now
            if len(chunk):
                assert clock.now - started == pytest.approx(chunk.t[-1])
                assert chunk.t[-1] - chunk.t[0] < 0.05
        assert clock.now - started == pytest.approx(2.49)
    assert source.health.samples == 100


def test_speed_shortens_or_removes_the_waiting(tmp_path, clock):
    path = save(tmp_path / "a.csv", np.arange(100) / 100)
    source = ReplaySource([path], HAND_MOTION, speed=10)
    play(source)
    assert sum(clock.slept) == pytest.approx(0.099)
    clock.slept.clear()
    source = ReplaySource([path], HAND_MOTION, speed=np.inf)
    assert all(len(chunk) for chunk in play(source))
    assert clock.slept == []


def test_several_files_are_played_with_a_pause_between(tmp_path):
    for name, level in (("b.csv", 2), ("a.csv", 1)):
        save(tmp_path / name, np.arange(30) / 100, (level, 0, 9.8, 0, 0, 0))
    source = ReplaySource([tmp_path], HAND_MOTION, speed=np.inf)
    chunks = play(source)
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    assert source.channels == MOTION
    assert source.rate == pytest.approx(100)
    assert len(t) == source.health.samples == 60
    assert np.diff(t)[29] == pytest.approx(PAUSE)
    assert np.delete(np.diff(t), 29) == pytest.approx(0.01)
    assert values[:, 0].tolist() == [1] * 30 + [2] * 30


def test_clipped_samples_are_counted_where_the_rail_is_known(tmp_path):
    path = tmp_path / "readings_1_digit_0.csv"
    path.write_text("0,0,1000,0,0,0\n" * 9 + "-2000,0,0,0,0,0\n" + "0,0,1000,0,250.5,0\n")
    source = ReplaySource([path], HAND_MOTION, speed=np.inf)
    play(source)
    assert source.health.clipped == 2


def test_recording_without_gyro_has_three_channels(tmp_path):
    path = save(tmp_path / "a.csv", np.arange(9) / 20, (0, 0, 9.8), ACCEL)
    source = ReplaySource([path], HAND_MOTION, np.inf)
    assert play(source)[0].values.shape == (1, 3)
    assert source.channels == ACCEL


def test_unreadable_file_among_others_is_logged_and_skipped(tmp_path, caplog):
    save(tmp_path / "b.csv", np.arange(30) / 100)
    (tmp_path / "a.csv").write_text("")
    save(tmp_path / "c.csv", np.arange(30) / 100, (0, 0, 9.8), ACCEL)
    source = ReplaySource([tmp_path], HAND_MOTION, speed=np.inf)
    with caplog.at_level(logging.WARNING):
        play(source)
    assert source.health.samples == 30
    assert source.health.errors == 2
    assert "a.csv: is empty" in caplog.text
    assert "c.csv: has other channels" in caplog.text


@pytest.mark.parametrize(
    ("name", "message"),
    [("empty.csv", r"empty\.csv: is empty"), ("no.csv", "does not exist"), (".", "no .csv or")],
)
def test_missing_or_empty_files_are_an_error(tmp_path, name, message):
    folder = tmp_path / "folder"
    folder.mkdir()
    if name == "empty.csv":
        (folder / name).write_text("")
    with pytest.raises(SourceError, match=message):
        ReplaySource([folder / name], HAND_MOTION).__enter__()


def test_folder_without_a_readable_file_is_an_error(tmp_path, caplog):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("")
    with pytest.raises(SourceError, match="none of 2 files could be read"):
        ReplaySource([tmp_path], HAND_MOTION).__enter__()
    assert "a.csv: is empty" in caplog.text
    assert "b.csv: is empty" in caplog.text


def source_from_options(*argv):
    parser = argparse.ArgumentParser()
    ReplaySource.add_options(parser.add_argument_group())
    return ReplaySource.from_options(parser.parse_args(argv), {})


def test_options_set_paths_and_speed():
    assert source_from_options() is None
    source = source_from_options("--replay", "a.csv", "b", "--speed", "4")
    assert (source.paths, source.speed) == (["a.csv", "b"], 4)
    assert source_from_options("--replay", "a.csv").speed == 1
    assert source_from_options("--replay", "a.csv", "--speed", "max").speed == np.inf


@pytest.mark.parametrize("speed", ["-1", "0", "nan", "inf", "fast"])
def test_invalid_speed_is_a_usage_error(speed, capsys):
    with pytest.raises(SystemExit):
        source_from_options("--replay", "a.csv", f"--speed={speed}")
    assert "--speed" in capsys.readouterr().err


def test_rate_does_not_depend_on_pauses_and_gaps(tmp_path):
    """The pause between two recordings is not a loss, a gap within one is."""
    save(tmp_path / "a.csv", np.arange(50) / 100)
    save(tmp_path / "b.csv", np.r_[np.arange(50) / 100, 2 + np.arange(50) / 100])
    save(tmp_path / "c.csv", np.arange(50) / 100)
    source = ReplaySource([tmp_path], HAND_MOTION, np.inf)
    rates = []
    with source:
        for _ in source:
            if source.health.samples > 10:
                rates.append(source.health.rate)
    assert rates == pytest.approx([100] * len(rates), rel=1e-3)
    assert (source.health.samples, source.health.lost) == (200, 150)
    assert source.health.duration == pytest.approx(0.49 + PAUSE + 2.49 + PAUSE + 0.49)

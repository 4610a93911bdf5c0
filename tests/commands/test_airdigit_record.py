"""airdigit-record, with recordings that are replayed to it and with a simulated hand."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from command_process import interrupt_recorder
from edge.commands import airdigit_record
from edge.commands.airdigit_record import main
from edge.formats.motion import Recording, own_csv, read
from edge.registry import Registry
from edge.samples import ACCEL, MOTION, Chunk
from edge.source import HAND_MOTION
from edge.source.simulated.prompted_hand import PromptedHand
from edge.takes.motion.capture import StrokeCapture
from edge.takes.motion.storage import save_take
from edge.takes.motion.summary import SPARKLINE_WIDTH, sparkline

RATE = 100
NAMES = {name: airdigit_record.SOURCES[name] for name in ("replay", "mock")}
SOURCES = Registry("tests.sources", NAMES)


def still_hand(seconds):
    """Return samples of gravity, the bias of a gyroscope and a little tremor."""
    n = round(seconds * RATE)
    return np.random.default_rng(n).normal((0.3, 0.2, 9.8, 0.02, -0.03, 0.01), 0.02, (n, 6))


def stroke(seconds=1.0, turn=2.0):
    u = np.linspace(0, 1, round(seconds * RATE))
    wave = np.sin(np.pi * u) * np.cos(4 * np.pi * u)
    values = still_hand(seconds)
    values[:, 0] += 2 * turn * wave
    values[:, 4] += turn * wave
    return values


def joined(*parts):
    """Return the parts as one recording."""
    values = np.vstack(parts)
    return Recording.checked(np.arange(len(values)) / RATE, values, MOTION)


def strokes(count, **shape):
    """Return strokes, each with a still hand before and after it."""
    one = (still_hand(1.5), stroke(**shape), still_hand(1.0))
    return [part for _ in range(count) for part in one]


@pytest.fixture
def record(tmp_path, monkeypatch, capsys):
    """Return a function that runs the command on a recording.

    It returns the exit status, stdout and stderr.
    """
    monkeypatch.setattr(airdigit_record, "SOURCES", SOURCES)

    def record(recording, *options):
        replayed = tmp_path / "replayed.csv"
        replayed.write_text(own_csv.render(recording))
        out = ["--out", str(tmp_path / "takes"), "--replay", str(replayed), "--speed", "max"]
        status = main([*options, *out])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return record


def saved_files(tmp_path):
    return sorted((tmp_path / "takes").iterdir())


def test_takes_are_prompted_for_shown_and_saved(record, tmp_path):
    status, out, err = record(joined(*strokes(3)), "--label", "8", "--takes", "3")
    assert status == 0
    assert [f"draw an 8 ... take {n} of 3" in err for n in (1, 2, 3)] == [True] * 3
    assert "none lost; peak" in err
    assert "3 of 3 takes are saved" in err
    assert "to continue" not in err
    files = saved_files(tmp_path)
    assert out.split() == [word for file in files for word in ("saved", str(file))]
    for file in files:
        take = read(file)
        assert take.label == "8"
        assert take.session
        assert take.rate == pytest.approx(RATE)
        assert 1.5 < take.t[-1] < 2.6
        moving = np.flatnonzero(np.abs(take.values[:, 4]) > 0.5)
        assert take.t[moving[0]] > 0.4  # the hand is still before and after the stroke
        assert take.t[-1] - take.t[moving[-1]] > 0.3


def test_json_is_one_object_for_each_take(record, tmp_path):
    clipped = strokes(1, turn=6.0)
    clipped[1][:, 4] = np.clip(clipped[1][:, 4], -4.363, 4.363)
    status, out, err = record(
        joined(*strokes(1), *clipped, *strokes(1)), "--label=3", "--takes=2", "--json"
    )
    assert status == 0
    events = [json.loads(line) for line in out.splitlines()]
    assert [event["event"] for event in events] == ["take", "rejected", "take", "summary"]
    assert [event.get("take") for event in events] == [1, 1, 2, None]
    assert events[0]["file"] == str(saved_files(tmp_path)[0])
    assert events[0]["samples"] == len(read(saved_files(tmp_path)[0]).t)
    assert events[0]["peak_gyro"] == pytest.approx(2, abs=0.2)
    assert "clipped in" in events[1]["reason"]
    assert events[-1] == {
        "event": "summary",
        "label": "3",
        "saved": 2,
        "rejected": 1,
        "out": str(tmp_path / "takes"),
    }
    assert "draw a 3 ... take 2 of 2" in err


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([still_hand(13)], "nothing was drawn for 10 s"),
        ([still_hand(1.5), stroke(6), still_hand(1)], "longer than 4 s"),
        ([stroke(30)], "the hand was never still"),
    ],
)
def test_an_invalid_take_is_rejected_and_prompted_for_again(record, tmp_path, parts, reason):
    status, _, err = record(joined(*parts, *strokes(2)), "--label", "3", "--takes", "1")
    assert status == 0
    assert f"not saved: {reason}" in err
    assert len(saved_files(tmp_path)) == 1


def test_a_take_with_missing_samples_is_rejected(record, tmp_path):
    whole = joined(*strokes(2))
    keep = np.ones(len(whole.t), bool)
    keep[200:210] = False  # in the middle of the first stroke
    with_gap = Recording.checked(whole.t[keep], whole.values[keep], MOTION)
    status, _, err = record(with_gap, "--label", "3", "--takes", "1")
    assert status == 0
    assert "not saved: 10 samples are missing" in err
    assert len(saved_files(tmp_path)) == 1


def test_label_none_records_any_motion_for_a_fixed_time(record, tmp_path):
    status, _, err = record(
        joined(still_hand(7)), "--label", "none", "--takes", "2", "--seconds", "3"
    )
    assert status == 0
    assert "do anything that is not a digit, for 3 s ... take 2 of 2" in err
    assert [round(float(read(file).t[-1])) for file in saved_files(tmp_path)] == [3, 3]


def test_format_edge_impulse_writes_json(record, tmp_path):
    status, _, _ = record(joined(*strokes(1)), "--label=5", "--takes=1", "--format", "edge-impulse")
    assert status == 0
    (file,) = saved_files(tmp_path)
    assert file.name.startswith("5.20")
    take = read(file)
    assert (take.label, take.channels) == ("5", MOTION)
    assert take.rate == pytest.approx(RATE)


def test_a_source_that_ends_early_prints_the_command_to_continue(record, tmp_path):
    status, _, err = record(joined(*strokes(2)), "--label", "3", "--takes", "5", "--seconds=4")
    assert status == 1
    assert len(saved_files(tmp_path)) == 2
    assert "2 of 5 takes are saved" in err
    assert "to continue: airdigit-record --label 3 --seconds=4 --out" in err
    assert "--takes=3" in err
    assert err.endswith("the source ended before all takes were saved: 3 remaining\n")


def test_ten_rejected_takes_in_a_row_end_the_session(record):
    status, _, err = record(joined(still_hand(130)), "--label", "3")
    assert status == 1
    assert err.count("not saved") == 10
    assert "10 takes in a row were rejected" in err


def test_a_sensor_without_gyroscope_is_recorded(record, tmp_path):
    whole = joined(*strokes(1, turn=3.0))
    accel = Recording.checked(whole.t, whole.values[:, :3], ACCEL)
    status, _, err = record(accel, "--label", "3", "--takes", "1")
    assert status == 0, err
    assert read(saved_files(tmp_path)[0]).channels == ACCEL


def test_a_captured_take_does_not_depend_on_the_chunk_size():
    whole = joined(*strokes(1))

    def capture_in_chunks(size):
        capture = StrokeCapture(RATE, 4)
        for start in range(0, len(whole.t), size):
            part = slice(start, start + size)
            take = capture.feed(Chunk(whole.t[part], whole.values[part]))
            if take is not None:
                return take
        raise AssertionError("nothing was captured")

    one, many = capture_in_chunks(1), capture_in_chunks(37)
    assert np.array_equal(one.t, many.t)
    assert np.array_equal(one.values, many.values)


def test_saving_overwrites_no_file_and_leaves_no_partial_file(tmp_path):
    when = datetime(2025, 1, 2, 3, 4, 5)
    made = joined(still_hand(1))
    paths = [save_take(made, tmp_path, "3", "csv", when) for _ in range(3)]
    assert [path.name for path in paths] == [
        "3_20250102_030405.csv",
        "3_20250102_030405_2.csv",
        "3_20250102_030405_3.csv",
    ]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_sparkline_shows_when_the_hand_moved():
    line = sparkline(joined(still_hand(2), stroke(2), still_hand(2)), unicode=False)
    assert len(line) == SPARKLINE_WIDTH == 40
    assert line[:12].strip() == line[-12:].strip() == ""
    assert "@" in line[13:27]


@pytest.mark.parametrize("label", ["3", "none"])
def test_a_simulated_hand_draws_the_prompted_label(tmp_path, monkeypatch, capsys, label):
    monkeypatch.setattr(airdigit_record, "SOURCES", SOURCES)
    out = str(tmp_path / "takes")
    options = ["--label", label, "--takes", "3", "--mock", "--speed", "max", "--out", out]
    assert main(options) == 0, capsys.readouterr().err
    takes = [read(file) for file in saved_files(tmp_path)]
    assert [take.label for take in takes] == [label] * 3
    assert all(take.channels == MOTION for take in takes)


@pytest.mark.parametrize("seed", range(5))
def test_a_take_of_a_simulated_hand_contains_its_stroke_and_not_its_way_back(seed):
    with PromptedHand(HAND_MOTION, seed, speed=float("inf")) as source:
        chunks = iter(source)
        for number, digit in enumerate("31907"):
            capture, take, prompted = StrokeCapture(source.rate, 4), None, False
            while take is None:
                if capture.ready and not prompted:
                    prompted = True
                    source.prompt(digit)
                take = capture.feed(next(chunks))
            assert take.fault is None and not take.lost
            assert len(source.marks) == number + 1  # nothing was drawn without a prompt
            mark = source.marks[-1]
            assert mark.label == digit
            assert take.t[0] < mark.start + 0.1
            assert mark.end - 0.1 < take.t[-1] < mark.end + 0.7  # the hand is still in place


def test_a_simulated_hand_refuses_a_letter(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(airdigit_record, "SOURCES", SOURCES)
    assert main(["--label", "A", "--mock", "--out", str(tmp_path)]) == 1
    assert "cannot draw A" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ["--label", "a/b"],
        ["--label", ""],
        ["--label", "3", "--takes", "0"],
        ["--label", "3", "--seconds", "nan"],
        [],
    ],
)
def test_invalid_options_are_usage_errors(monkeypatch, capsys, options):
    monkeypatch.setattr(airdigit_record, "SOURCES", SOURCES)
    with pytest.raises(SystemExit) as stop:
        main([*options, "--replay", "a.csv"])
    assert stop.value.code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_session_and_keeps_the_saved_takes(tmp_path, number):
    replayed = tmp_path / "replayed.csv"
    replayed.write_text(own_csv.render(joined(*strokes(2), still_hand(900))))
    script = (
        "import sys\nfrom edge.commands import airdigit_record as command\n"
        f"from edge.registry import Registry\ncommand.SOURCES = Registry('', {NAMES})\n"
        "sys.exit(command.main())"
    )
    options = ["--label=3", "--takes=9", "--json", "--speed=4", "--replay", str(replayed)]
    with subprocess.Popen(
        [sys.executable, "-c", script, *options, "--out", str(tmp_path / "takes")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        (summary,), err = interrupt_recorder(process, number)
    assert summary["saved"] == 2
    assert "2 of 9 takes are saved" in err
    assert "--takes=7" in err
    assert len(saved_files(tmp_path)) == 2

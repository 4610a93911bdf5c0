"""The endurance tool: a short run for real, and the differences that its report shows."""

from __future__ import annotations

import re

import pytest

from tools import endurance
from tools.endurance import ROUND_S, Run, report


def test_three_rounds_give_the_same_words_at_the_same_times(capsys):
    assert endurance.main(["--hours", "0.1"]) == 0
    printed = capsys.readouterr().out
    same, compared, words = map(
        int, re.search(r"(\d+) of (\d+) rounds after the first: the same (\d+)", printed).groups()
    )
    assert same == compared == 2 and words >= 18
    assert "equal within 0 ms" in printed
    assert "samples: 5760000 of 5760000 processed" in printed


def report_of(*rounds: list[tuple[str, float]]) -> str:
    """The report on words at some times of each round; a first round without words precedes."""
    events = [
        {"label": label, "t": number * ROUND_S + t}
        for number, events in enumerate([[], *rounds])
        for label, t in events
    ]
    run = Run(events, {"samples": 8}, [50.0, 48.0, 41.0])
    return "\n".join(report(run, len(rounds) + 1, 16000, 9))


def test_report_shows_a_change_of_the_times():
    text = report_of([("yes", 1.0), ("no", 3.0)], [("yes", 1.0), ("no", 3.25)])
    assert "2 of 2 rounds after the first: the same 2 words" in text
    assert "within 250 ms" in text


@pytest.mark.parametrize("other", [[], [("yes", 1.0), ("no", 2.0)], [("up", 1.0)]])
def test_report_shows_rounds_with_other_words(other):
    text = report_of([("yes", 1.0)], [("yes", 1.0)], other)
    assert "2 of 3 rounds after the first: the same 1 words" in text


def test_report_shows_memory_and_lost_samples():
    text = report_of([("yes", 1.0)], [("yes", 1.0)])
    assert "50.0 MB after the first round, highest 48.0, last 41.0" in text
    assert "samples: 8 of 9 processed" in text


def test_report_of_rounds_without_detections():
    assert "the same 0 words" in report_of([], [])


def test_missing_model_gives_an_error_of_one_line(capfd):
    assert endurance.main(["--model", "nothing.tflite", "--hours", "0.1"]) == 1
    message = capfd.readouterr().err
    assert "nothing.tflite" in message and "Traceback" not in message


@pytest.mark.parametrize("hours", ["0", "0.05", "nan", "many"])
def test_less_than_two_rounds_are_refused(hours, capsys):
    with pytest.raises(SystemExit):
        endurance.main(["--hours", hours])
    assert "--hours" in capsys.readouterr().err

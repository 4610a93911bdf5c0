"""The tool that says whether days of sound leave a trace: in small, and that it sees traces."""

from __future__ import annotations

import re

import pytest

from tools import endurance
from tools.endurance import ROUND, Endured, report


def test_three_rounds_leave_none(capsys):
    assert endurance.main(["--hours", "0.1"]) == 0
    printed = capsys.readouterr().out
    same, after, words = map(
        int, re.search(r"(\d+) of the (\d+) after the first: the same (\d+)", printed).groups()
    )
    assert same == after == 2 and words >= 18
    assert "within 0 ms" in printed
    assert "5760000 samples were heard, 5760000 should have been" in printed


def endured(*rounds: list[tuple[str, float]]) -> str:
    """What is said of rounds of words at some moments; the first is left to the model."""
    events = [
        {"label": label, "t": number * ROUND + t}
        for number, events in enumerate([[], *rounds])
        for label, t in events
    ]
    found = Endured(events, {"samples": 8}, [50.0, 48.0, 41.0])
    return "\n".join(report(found, len(rounds) + 1, 16000, 9))


def test_what_drifts_is_seen():
    said = endured([("yes", 1.0), ("no", 3.0)], [("yes", 1.0), ("no", 3.25)])
    assert "2 of the 2 after the first: the same 2 words" in said
    assert "within 250 ms" in said


@pytest.mark.parametrize("other", [[], [("yes", 1.0), ("no", 2.0)], [("up", 1.0)]])
def test_what_is_not_heard_again_is_seen(other):
    said = endured([("yes", 1.0)], [("yes", 1.0)], other)
    assert "2 of the 3 after the first: the same 1 words" in said


def test_memory_and_losses_are_told():
    said = endured([("yes", 1.0)], [("yes", 1.0)])
    assert "50.0 MB, then at most 48.0, at last 41.0" in said
    assert "8 samples were heard, 9 should have been" in said


def test_nothing_at_all_is_no_word_heard():
    assert "the same 0 words" in endured([], [])


def test_what_it_cannot_listen_to_is_one_line(capfd):
    assert endurance.main(["--model", "nothing.tflite", "--hours", "0.1"]) == 1
    said = capfd.readouterr().err
    assert "nothing.tflite" in said and "Traceback" not in said


@pytest.mark.parametrize("hours", ["0", "0.05", "nan", "many"])
def test_less_than_two_rounds_say_nothing(hours, capsys):
    with pytest.raises(SystemExit):
        endurance.main(["--hours", hours])
    assert "--hours" in capsys.readouterr().err

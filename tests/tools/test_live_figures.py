"""The tool that measures live recognition: a short run with the shipped model."""

from __future__ import annotations

import re

from tools import live_figures


def test_tool_prints_every_figure_of_the_shipped_model(capsys):
    assert live_figures.main(["--hands", "3", "--minutes", "0.5"], replay_s=8.0) == 0
    printed = capsys.readouterr().out
    right, drawn = map(int, re.search(r"(\d+) of (\d+) right", printed).groups())
    assert drawn == 30 and right >= 26
    for figure in ("false digits", "stroke end to event", "of one core", "peak memory", "bytes"):
        assert figure in printed

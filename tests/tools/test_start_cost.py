"""The tool that measures the start of kws-listen, without starting it."""

from __future__ import annotations

from tools.start_cost import Case, table


def test_the_ratios_are_those_of_each_round():
    peer = Case("peer", [], {}, [0.1, 0.2], [0.1, 0.1], [30.0, 30.0])
    ours = Case("ours", [], {}, [0.2, 0.3], [0.15, 0.15], [45.0, 45.0])
    lines = list(table([peer, ours]))
    assert lines[2] == "| peer | 0.150 s | 0.100 s | 30.0 MB | 1.00 1.00 1.00 |"
    assert lines[3] == "| ours | 0.250 s | 0.150 s | 45.0 MB | 1.75 1.50 1.50 |"

"""Mutation testing: which changes are made, and that a change without a test is found."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tools.mutants.__main__ import ROOT, TARGETS
from tools.mutants.mutations import mutants

SOURCE = '''
"""A module."""
LIMIT = 3

def clip(x: int = 5) -> int:
    """Limit a value to 9."""
    log.info("clipped to %d", 7)
    if x < 0 and not ready:
        raise ValueError(f"{x + 1} is negative")
    return min(x, LIMIT) + 1
'''


def test_every_kind_of_change_is_made_once():
    made = [(mutant.line, mutant.change) for mutant in mutants(SOURCE)]
    assert made == [
        (3, "3  ->  4"),
        (8, "x < 0 and (not ready)  ->  x < 0 or not ready"),
        (8, "x < 0  ->  x <= 0"),
        (8, "0  ->  1"),
        (8, "not ready  ->  ready"),
        (10, "min(x, LIMIT) + 1  ->  min(x, LIMIT) - 1"),
        (10, "min(x, LIMIT)  ->  max(x, LIMIT)"),
        (10, "1  ->  2"),
    ]
    assert len({mutant.source for mutant in mutants(SOURCE)}) == len(made)


def test_every_module_and_its_tests_exist():
    for path, tests in TARGETS.items():
        assert (ROOT / path).is_file()
        assert all((ROOT / "tests" / test).is_file() for test in tests)


def test_the_changes_of_a_module_are_tried():
    done = subprocess.run(
        [sys.executable, "-m", "tools.mutants", "word_prior", "--sample", "3"],
        cwd=Path(ROOT),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    noticed, total = re.findall(r"(\d+) of (\d+) changes noticed:", done.stdout)[-1]
    assert total == "3" and int(noticed) >= 2, done.stdout

"""The fuzzer: a short run over all parsers, and that it notices what escapes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# A parser that fails, hangs, takes memory, or ends the process with its third input.
FAULTY = """
import sys
from tools.fuzz import __main__ as fuzz
from tools.fuzz.targets import PcmHeaders
class Faulty(PcmHeaders):
    def make(self, rng):
        return rng.randbytes(8)
    def parse(self, data):
        if data == fuzz.make(self, "faulty", 2):
            {fault}
fuzz.MAX_SECONDS = {limit}
fuzz.TARGETS["faulty"] = Faulty
sys.exit(fuzz.main(["faulty", "--count", "6"]))
"""


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


def test_no_input_escapes():
    status, output = run("-m", "tools.fuzz", "--count", "600")
    assert (status, output.splitlines()[-1]) == (0, "4800 inputs, 0 escaped"), output


@pytest.mark.parametrize(
    ("fault", "description"),
    [
        ("raise IndexError('x')", "faulty 2: IndexError in <string>:10: 'x'"),
        ("raise __import__('edge.errors').errors.EdgeError('a\\nb')", "faulty 2: AssertionError"),
        ("while True: pass", "faulty 2: TooSlow"),
        ("bytearray(400 << 20)", "faulty 2: took "),
        ("__import__('os').abort()", "faulty 2: ended the process"),
    ],
)
def test_what_escapes_is_reported_and_the_other_inputs_are_tried(fault, description):
    status, output = run("-c", FAULTY.format(fault=fault, limit=0.5 if "while" in fault else 20))
    assert status == 1
    assert output.startswith(description)
    assert output.splitlines()[-1] == "6 inputs, 1 escaped"


def test_an_input_can_be_made_again():
    first, second = (run("-m", "tools.fuzz", "framed", "wav", "--only", "7") for _ in range(2))
    assert first == second
    assert first[1].startswith("framed 7: ")

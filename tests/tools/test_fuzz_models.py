"""Damaged models that pass the checks do not end the process of a native runtime."""

from __future__ import annotations

import pytest

from edge.child_process import child_python
from edge.model.shipped import find_model
from tools.fuzz_models import __main__ as fuzz_models
from tools.fuzz_models.mutator import Mutator
from tools.operator_networks import examples


def test_damaged_models_do_not_crash_the_runtimes(capsys):
    assert fuzz_models.main(["--minutes", "0.01", "--seed", "5000000", "--count", "3000"]) == 0
    output = capsys.readouterr().out
    assert "0 crashes" in output and "refused" in output and "ran" in output
    assert "3000 damaged files" in output and "at most" in output


def test_damaged_shipped_models_do_not_crash_the_runtimes(capsys):
    argv = ["--minutes", "0.01", "--count", "300", str(find_model("kws"))]
    assert fuzz_models.main(argv) == 0
    assert "0 crashes" in capsys.readouterr().out


def test_a_crash_is_counted_with_its_seed(capsys, monkeypatch):
    calls = []

    def watch_child(arguments, tally):
        calls.append(arguments)
        monkeypatch.setattr(fuzz_models, "watch_child", lambda arguments, tally: (17, 0))
        return 16, -11

    monkeypatch.setattr(fuzz_models, "watch_child", watch_child)
    assert fuzz_models.main(["--minutes", "0.0001", str(find_model("kws"))]) == 1
    assert "the file of seed 16 ended the process with status -11" in capsys.readouterr().out


def test_a_child_that_hangs_is_killed(monkeypatch):
    monkeypatch.setattr(fuzz_models, "TIMEOUT", 1.0)
    program = ["-c", "import time; print('seed 7', flush=True); time.sleep(60)"]
    monkeypatch.setattr(fuzz_models, "child_python", lambda *_: child_python(*program))
    seed, status = fuzz_models.watch_child([], fuzz_models.Tally())
    assert (seed, status) == (7, -9)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_file_can_be_loaded_again(capsys, seed):
    assert fuzz_models.main(["--only", str(seed)]) == 0
    assert capsys.readouterr().out.split()[0] in ("refused", "ran")


def test_damage_keeps_the_length_of_a_file_that_is_not_cut_short(tmp_path):
    path = tmp_path / "small.tflite"
    path.write_bytes(examples.operator_networks(1)["GELU"][0])
    mutator = Mutator([path])
    lengths = [len(mutator.damaged(seed)) for seed in range(3000)]
    assert max(lengths) == path.stat().st_size
    assert sum(length < max(lengths) for length in lengths) < 100  # about one of a hundred

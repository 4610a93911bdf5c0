"""Damaged models that pass the checks do not end the process of a native runtime."""

from __future__ import annotations

import pytest

from tools import fuzz_models


def test_damaged_models_do_not_crash_litert(capsys):
    assert fuzz_models.main(["--minutes", "0.01", "--seed", "5000000", "--count", "400"]) == 0
    output = capsys.readouterr().out
    assert "0 crashes" in output and "refused" in output and "ran" in output


def test_a_crash_is_counted_with_its_seed(capsys, monkeypatch):
    calls = []

    def run_child(arguments, counts):
        calls.append(arguments)
        monkeypatch.setattr(fuzz_models, "run_child", lambda arguments, counts: (17, 0))
        return 16, -11

    monkeypatch.setattr(fuzz_models, "run_child", run_child)
    assert fuzz_models.main(["--minutes", "0.0001"]) == 1
    assert "the file of seed 16 ended the process with status -11" in capsys.readouterr().out


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_one_file_can_be_loaded_again(capsys, seed):
    assert fuzz_models.main(["--only", str(seed)]) == 0
    assert capsys.readouterr().out.strip() in ("refused", "refused by the runtime", "ran")

"""Without the packages of the extra `training`, its commands answer with one line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    path.stem for path in (ROOT / "training").glob("*.py") if "__main__" in path.read_text()
)


def run(arguments: list[str], modules: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with a folder whose modules hide the installed ones."""
    path = os.pathsep.join([str(modules), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path},
        cwd=modules,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def without_tensorflow(tmp_path: Path) -> Path:
    """A folder of modules in which TensorFlow and Keras are missing."""
    for name in ("tensorflow", "keras"):
        missing = f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')\n"
        (tmp_path / f"{name}.py").write_text(missing)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_help_without_the_extra_is_the_help_or_one_line_with_the_extra(command, without_tensorflow):
    result = run(["-m", f"training.{command}", "--help"], without_tensorflow)
    if result.returncode == 0:
        assert result.stdout.startswith("usage: ") and not result.stderr
    else:
        (line,) = result.stderr.splitlines()
        assert line.startswith(f"python -m training.{command}: error: the package ")
        assert line.endswith("is not installed: pip install '.[training]'")


def test_training_of_words_needs_the_extra(without_tensorflow):
    result = run(["-m", "training.kws", "--help"], without_tensorflow)
    assert result.returncode == 1 and "package tensorflow" in result.stderr


def test_a_fault_of_the_project_keeps_its_traceback(without_tensorflow):
    program = "import sys; sys.argv = ['-m']; import training; import training.does_not_exist"
    result = run(["-c", program], without_tensorflow)
    assert result.returncode == 1 and "Traceback" in result.stderr

"""Build the wheel of this project, and run commands that see no checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(
    *command: str | Path, cwd: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    # The checkout and the variables of the user must not be visible to the command.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "EDGE_"))}
    environment |= variables
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, f"{command} in {cwd}:\n{result.stdout}\n{result.stderr}"
    return result


def build_wheel(folder: Path) -> Path:
    # Built from a copy: in the checkout, setuptools would create build/ and pack old files in it.
    for file in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, folder)
    for name in ("edge", "models"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder / "dist", folder)
    (built,) = (folder / "dist").glob("*.whl")
    return built

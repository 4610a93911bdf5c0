"""A Python environment for each peer, so that the packages of one do not affect another."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.errors import EdgeError
from tools.compare_peers.peers import EDGE_SENSE, Peer

CHECKOUT = Path(__file__).parents[2]
PARTS = ("edge", "models", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PIP_TIMEOUT_S = 900


class PeerMissing(EdgeError):
    """A peer cannot be measured here; the message gives the reason."""


def python_of(peer: Peer, folder: Path) -> Path:
    """The interpreter of the peer's environment, which is created if it does not exist."""
    home = folder / peer.environment
    python = home / "bin" / "python"
    installed = home / "installed"
    if not installed.exists():
        _run([sys.executable, "-m", "venv", "--clear", str(home)])
        if peer.packages == EDGE_SENSE:
            _install_edge_sense(python)
        else:
            _pip_install(python, *peer.packages)
        installed.touch()
    elif peer.packages == EDGE_SENSE:  # the checkout may have changed since
        _install_edge_sense(python, "--no-deps", "--force-reinstall")
    return python


def _install_edge_sense(python: Path, *options: str) -> None:
    """Install as users do, but from a copy, because pip leaves its build folder in the source."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in PARTS:
            source, copy = CHECKOUT / name, Path(scratch) / name
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
        _pip_install(python, *options, scratch)


def package_versions(python: Path) -> dict[str, str]:
    lines = _run([str(python), "-m", "pip", "list", "--format", "freeze"]).splitlines()
    pairs = (line.partition("==") for line in lines)
    return {name: version for name, equal, version in pairs if equal}


def clean_environment() -> dict[str, str]:
    """The environment variables for a peer, without those that configure this process."""
    return {name: value for name, value in os.environ.items() if not _is_ours(name)}


def _is_ours(variable: str) -> bool:
    return variable.startswith("EDGE_") or variable in ("PYTHONPATH", "OPENBLAS_NUM_THREADS")


def _pip_install(python: Path, *arguments: str) -> None:
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments])


def _run(command: list[str]) -> str:
    """The output of a command that prepares an environment."""
    try:
        result = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PIP_TIMEOUT_S,
            env=clean_environment(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"it cannot be installed ({error})") from None
    if result.returncode:
        lines = result.stderr.splitlines()
        errors = [line for line in lines if "ERROR" in line or "rror:" in line]
        reason = (errors or lines or ["no reason given"])[-1]
        raise PeerMissing(f"it cannot be installed here: {reason.strip()}")
    return result.stdout

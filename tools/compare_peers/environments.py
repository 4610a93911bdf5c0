"""An environment for each peer, made once: what one needs must not be what another measures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from edge.errors import EdgeError
from tools.compare_peers.peers import OURS, Peer

CHECKOUT = Path(__file__).parents[2]
PARTS = ("edge", "models", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")
PATIENCE = 900  # s for pip


class PeerMissing(EdgeError):
    """A peer that cannot be measured here; the sentence says why."""


def python_of(peer: Peer, folder: Path) -> Path:
    """The interpreter of the peer's environment, which is made if there is none."""
    home = folder / peer.environment
    python = home / "bin" / "python"
    done = home / "installed"
    if not done.exists():
        _run([sys.executable, "-m", "venv", "--clear", str(home)])
        if peer.packages == OURS:
            _install_ours(python)
        else:
            _pip(python, *peer.packages)
        done.touch()
    elif peer.packages == OURS:  # it may have changed since
        _install_ours(python, "--no-deps", "--force-reinstall")
    return python


def _install_ours(python: Path, *options: str) -> None:
    """As users have it, and from a copy: pip would leave its build in the checkout."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in PARTS:
            source, copy = CHECKOUT / name, Path(scratch) / name
            if source.is_dir():
                shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy)
        _pip(python, *options, scratch)


def versions(python: Path) -> dict[str, str]:
    """The packages of an environment."""
    listed = _run([str(python), "-m", "pip", "list", "--format", "freeze"])
    pairs = (line.partition("==") for line in listed.splitlines())
    return {name: version for name, equal, version in pairs if equal}


def clean() -> dict[str, str]:
    """What every peer finds around it: nothing that is meant for us."""
    return {name: value for name, value in os.environ.items() if not _ours(name)}


def _ours(name: str) -> bool:
    return name.startswith("EDGE_") or name in ("PYTHONPATH", "OPENBLAS_NUM_THREADS")


def _pip(python: Path, *arguments: str) -> None:
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments])


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE, env=clean(), check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PeerMissing(f"it cannot be installed ({error})") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "ERROR" in line or "rror:" in line]
        reason = (said or done.stderr.splitlines() or ["no reason given"])[-1]
        raise PeerMissing(f"it cannot be installed here: {reason.strip()}")
    return done.stdout

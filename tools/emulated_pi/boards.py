"""The emulated boards, and the small systems with which they run."""

from __future__ import annotations

import compileall
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edge-sense" / "pi"
PYTHON = "3.11"  # of Debian 12 and of Raspberry Pi OS 12
SOURCE = (
    "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
    "http://deb.debian.org/debian bookworm main\n"
)
BASE = """
python3.11 python3.11-minimal libpython3.11-minimal libpython3.11-stdlib libc6 libgcc-s1 libstdc++6
zlib1g libexpat1 libssl3 libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libuuid1 libncursesw6 libtinfo6
libreadline8 libdb5.3 libnsl2 libtirpc3
"""
# PyPI has no 32-bit NumPy.
NUMPY_32 = "python3-numpy libblas3 liblapack3 libgfortran5 libgomp1"
CPU_64 = """processor\t: {number}
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""
CPU_32 = """processor\t: {number}
model name\t: ARMv7 Processor rev 3 (v7l)
Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

"""


CPU_ARMV6 = """processor\t: {number}
model name\t: ARMv6-compatible processor rev 7 (v6l)
Features\t: half thumb fastmult vfp edsp java tls
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xb76
CPU revision\t: 7

"""


@dataclass(frozen=True)
class Board:
    """One architecture of Debian."""

    name: str
    triplet: str
    """The name of its folder of libraries."""
    emulator: tuple[str, ...]
    cpu: str
    """One entry of /proc/cpuinfo: LiteRT reads the one of the host otherwise, and crashes."""
    packages: str
    platforms: tuple[str, ...]
    """Of the wheels on PyPI."""
    wheels: tuple[str, ...]
    runtimes: tuple[str, ...]


BOARDS = {
    "arm64": Board(
        "arm64",
        "aarch64-linux-gnu",
        ("qemu-aarch64-static", "-cpu", "cortex-a72"),
        CPU_64,
        BASE,
        tuple(f"manylinux_2_{n}_aarch64" for n in (17, 27, 28)) + ("manylinux2014_aarch64",),
        ("numpy", "ai-edge-litert"),
        ("ai_edge_litert", "numpy"),
    ),
    "armhf": Board(
        "armhf",
        "arm-linux-gnueabihf",
        ("qemu-arm-static", "-cpu", "cortex-a7"),
        CPU_32,
        BASE + NUMPY_32,
        ("manylinux_2_34_armv7l", "manylinux2014_armv7l"),
        ("tflite-runtime",),
        ("tflite_runtime", "numpy"),
    ),
    # The processor of a Pi Zero and a Pi 1, armv6l. Raspberry Pi OS has another ABI for it.
    "armel": Board(
        "armel",
        "arm-linux-gnueabi",
        ("qemu-arm-static", "-cpu", "arm1176"),
        CPU_ARMV6,
        BASE + NUMPY_32,
        ("linux_armv6l",),
        (),
        ("numpy",),
    ),
}


class PreparationError(Exception):
    """A board cannot be made here; the message is one line."""


class Deadline:
    """The time until which everything has to be done."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return max(1.0, self._end - time.monotonic())


def run(command: Sequence[str | Path], deadline: Deadline, **options: Any) -> None:
    """PreparationError if the command fails, or is not done in time."""
    try:
        result = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            timeout=deadline.left(),
            **options,
        )
    except subprocess.TimeoutExpired:
        raise PreparationError(f"{Path(command[0]).name} was not done in time") from None
    except OSError as error:
        raise PreparationError(f"{Path(command[0]).name}: {error.strerror}") from None
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"status {result.returncode}"]
        raise PreparationError(f"{Path(command[0]).name} failed: {lines[-1][:200]}")


def make_root(board: Board, folder: Path, deadline: Deadline) -> Path:
    """A folder with the Debian packages of the board, unpacked."""
    root, done = folder / "root", folder / "root.done"
    if done.is_file():
        return root
    shutil.rmtree(folder, ignore_errors=True)
    state, downloads = folder / "apt", folder / "packages"
    for path in (state / "lists/partial", state / "cache/archives/partial", downloads, root):
        path.mkdir(parents=True)
    (state / "status").touch()
    (state / "sources").write_text(SOURCE)
    options = [
        f"-oAPT::Architecture={board.name}",
        f"-oAPT::Architectures={board.name}",
        f"-oDir::State::Lists={state / 'lists'}",
        f"-oDir::State::status={state / 'status'}",
        f"-oDir::Cache={state / 'cache'}",
        f"-oDir::Etc::SourceList={state / 'sources'}",
        "-oDir::Etc::SourceParts=/dev/null",
        "-oAPT::Sandbox::User=root",
        "-oAcquire::Retries=3",
        "-oAcquire::http::Timeout=30",
        "-oAPT::Update::Error-Mode=any",
    ]
    run(["apt-get", "-q", *options, "update"], deadline)
    run(["apt-get", "-q", *options, "download", *board.packages.split()], deadline, cwd=downloads)
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg", "-x", package, root], deadline)
    done.touch()
    return root


def make_site(board: Board, folder: Path, deadline: Deadline) -> list[Path]:
    """The folders with the packages that the board would install, and with this project."""
    downloads, packages, project = folder / "wheels", folder / "packages-site", folder / "site"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "--timeout", "30"]
    if not packages.is_dir():
        platforms = [f"--platform={name}" for name in board.platforms]
        target = ["--python-version", PYTHON, "--implementation", "cp", "--only-binary=:all:"]
        shutil.rmtree(downloads, ignore_errors=True)
        for wheel in (*board.wheels, "pyserial", "smbus2"):
            dependencies = [] if wheel == "ai-edge-litert" else ["--no-deps"]
            options = [*dependencies, *target, *platforms, "-d", str(downloads), wheel]
            run([*pip, "download", *options], deadline)
        partial = packages.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        _unpack(downloads, partial)
        partial.rename(packages)
    shutil.rmtree(project, ignore_errors=True)
    with tempfile.TemporaryDirectory() as built:
        command = ["wheel", "--no-deps", "--no-build-isolation", "-w", built, str(PROJECT)]
        run([*pip, *command], deadline)
        _unpack(Path(built), project)
    return [project, packages]


def _unpack(wheels: Path, folder: Path) -> None:
    for wheel in wheels.glob("*.whl"):
        zipfile.ZipFile(wheel).extractall(folder)
    if "{}.{}".format(*sys.version_info) == PYTHON:
        # The emulated Python would compile these files slowly, each time if it may not write.
        with contextlib.redirect_stdout(None):
            compileall.compile_dir(folder, quiet=2, ddir="/")

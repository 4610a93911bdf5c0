"""Run the commands on an emulated Raspberry Pi: other processors, the wheels a Pi would install.

    make test-pi
    python -m tools.emulated_pi arm64 --runtime numpy

It makes a small Debian 12 in a cache folder, unpacks this project's wheel and its requirements, and
runs the commands with QEMU in user mode. The answers must be those of this machine. Needs root
rights (a private mount of /proc/cpuinfo), Debian's apt-get and qemu-user-static, and a network for
the first run. QEMU shows whether an install loads and computes the same, not how fast it is.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edge-sense" / "pi"
PYTHON = "3.11"  # of Debian 12 and of Raspberry Pi OS 12
LEVEL = 1 / 256
LEVELS = {"tflite_runtime": 2}
"""How many levels scores may differ, where it is not 1: the older runtime rounds in another way."""
TIMEOUT_S = 600
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


@dataclass(frozen=True)
class Board:
    """One architecture of Debian."""

    name: str
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
        ("qemu-aarch64-static", "-cpu", "cortex-a72"),
        CPU_64,
        BASE,
        tuple(f"manylinux_2_{n}_aarch64" for n in (17, 27, 28)) + ("manylinux2014_aarch64",),
        ("numpy", "ai-edge-litert"),
        ("ai_edge_litert", "numpy"),
    ),
    "armhf": Board(
        "armhf",
        ("qemu-arm-static", "-cpu", "cortex-a7"),
        CPU_32,
        BASE + NUMPY_32,
        ("manylinux_2_34_armv7l", "manylinux2014_armv7l"),
        ("tflite-runtime",),
        ("tflite_runtime", "numpy"),
    ),
}


def run(command: Sequence[str | Path], **options: Any) -> None:
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if result.returncode:
        raise SystemExit(f"{command[0]} failed: {result.stderr[-2000:]}")


def make_root(board: Board, folder: Path) -> Path:
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
    ]
    run(["apt-get", "-q", *options, "update"])
    run(["apt-get", "-q", *options, "download", *board.packages.split()], cwd=downloads)
    for package in sorted(downloads.glob("*.deb")):
        run(["dpkg", "-x", package, root])
    done.touch()
    return root


def make_site(board: Board, folder: Path) -> Path:
    """A folder with the packages of Python that the board would install, and this project."""
    downloads, site = folder / "wheels", folder / "site"
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    if not downloads.is_dir():
        platforms = [f"--platform={name}" for name in board.platforms]
        target = ["--python-version", PYTHON, "--implementation", "cp", "--only-binary=:all:"]
        partial = downloads.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for wheel in (*board.wheels, "pyserial", "smbus2"):
            dependencies = [] if wheel == "ai-edge-litert" else ["--no-deps"]
            run([*pip, "download", *dependencies, *target, *platforms, "-d", partial, wheel])
        partial.rename(downloads)
    shutil.rmtree(site, ignore_errors=True)
    with tempfile.TemporaryDirectory() as built:
        run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", built, PROJECT])
        for wheel_file in [*downloads.glob("*.whl"), *Path(built).glob("*.whl")]:
            zipfile.ZipFile(wheel_file).extractall(site)
    return site


class Emulated:
    """Runs commands of the project on the board."""

    def __init__(self, board: Board, folder: Path) -> None:
        self.board = board
        self.root, self.site = make_root(board, folder), make_site(board, folder)
        self.cpuinfo = folder / "cpuinfo"
        self.cpuinfo.write_text("".join(board.cpu.format(number=n) for n in range(4)))

    def __call__(self, command: str, *arguments: str, runtime: str) -> list[Any]:
        libraries = self.root / "usr/lib" / f"{'aarch64' if self.board.name == 'arm64' else 'arm'}"
        suffix = "-linux-gnu" if self.board.name == "arm64" else "-linux-gnueabihf"
        system = Path(f"{libraries}{suffix}")
        paths = [
            self.site,
            *([self.root / "usr/lib/python3/dist-packages"] * ("64" not in self.board.name)),
        ]
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/tmp",
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "EDGE_RUNTIME": runtime,
            "LD_LIBRARY_PATH": os.pathsep.join(
                str(path) for path in (system, system / "blas", system / "lapack")
            ),
        }
        mounted = 'mount --bind "$0" /proc/cpuinfo && exec "$@"'
        settings = [f"{name}={value}" for name, value in environment.items() if name != "PATH"]
        line = ["unshare", "-m", "sh", "-c", mounted, str(self.cpuinfo), *self.board.emulator]
        line += ["-L", str(self.root), *(part for each in settings for part in ("-E", each))]
        line += [str(self.root / f"usr/bin/python{PYTHON}"), *python_line(command, arguments)]
        return answers(line, {"PATH": os.environ["PATH"]})


def python_line(command: str, arguments: Sequence[str]) -> list[str]:
    name = command.replace("-", "_")
    code = f"import sys; from edge.commands.start import {name} as main; sys.exit(main())"
    return ["-c", code, *arguments]


def answers(line: Sequence[str], environment: dict[str, str]) -> list[Any]:
    """The JSON objects that a command prints."""
    result = subprocess.run(
        line, env=environment, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    if result.returncode:
        raise SystemExit(f"status {result.returncode}: {result.stderr[-1500:]}")
    return [json.loads(text) for text in result.stdout.splitlines() if text.startswith("{")]


def here(command: str, *arguments: str) -> list[Any]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return answers([sys.executable, *python_line(command, arguments)], environment)


def label_and_score(event: dict[str, Any]) -> tuple[str, float] | None:
    """What an event recognised, and its score; None for another event."""
    label = event.get("label", event.get("number"))
    score = event.get("score", event.get("confidence", 1.0))
    return None if label is None else (str(label), float(score))


def same(found: list[Any], expected: list[Any], levels: int = 1) -> str:
    """`same` or what differs, if scores may differ by this number of levels."""
    ours, theirs = ([label_and_score(event) for event in events] for events in (found, expected))
    pairs = [pair for pair in ours if pair]
    others = [pair for pair in theirs if pair]
    if [label for label, _ in pairs] != [label for label, _ in others]:
        return f"{[label for label, _ in pairs]}, not {[label for label, _ in others]}"
    apart = [abs(a - b) for (_, a), (_, b) in zip(pairs, others, strict=True)]
    worst = max(apart, default=0.0)
    if worst > (levels + 0.01) * LEVEL:
        return f"scores that differ by {worst:.4f}"
    return f"same ({len(pairs)} answers, scores within {worst / LEVEL:.1f} levels)"


def checks() -> list[tuple[str, list[str]]]:
    recordings = PROJECT / "examples/recordings"
    words = [str(path) for path in sorted(recordings.glob("*.wav"))]
    strokes = [str(path) for path in sorted(recordings.glob("*.csv"))]
    return [
        ("airdigit-live", ["--mock", "--digits", "42", "--seed", "1", "--speed", "100", "--json"]),
        ("kws-listen", ["--mock", "--words", "yes no", "--seed", "1", "--speed", "100", "--json"]),
        ("edge-classify", ["airdigit", *strokes]),
        *[("edge-classify", [model, *words]) for model in ("kws", "kws_qcnn", "sounddigit")],
    ]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tools.emulated_pi",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("boards", nargs="*", choices=[*BOARDS, []], help="default: all")
    parser.add_argument("--runtime", help="only this runtime (default: each that the board has)")
    options = parser.parse_args(argv)
    failed = 0
    for name in options.boards or BOARDS:
        board = BOARDS[name]
        emulated = Emulated(board, CACHE / name)
        for runtime in [options.runtime] if options.runtime else board.runtimes:
            for command, arguments in checks():
                found = emulated(command, *arguments, runtime=runtime)
                result = same(found, here(command, *arguments), LEVELS.get(runtime, 1))
                failed += not result.startswith("same")
                shown = " ".join([command, *[x for x in arguments if not x.startswith("/")]])
                print(f"{name} {runtime}: {shown}: {result}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

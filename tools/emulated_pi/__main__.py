"""Run the commands on emulated Raspberry Pis: other processors, the wheels a Pi would install.

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
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools.emulated_pi.boards import (
    BOARDS,
    CACHE,
    PROJECT,
    PYTHON,
    Board,
    Deadline,
    PreparationError,
    make_root,
    make_site,
)
from tools.emulated_pi.checks import Check, checks, slow_checks, write_takes
from tools.emulated_pi.compare_answers import objects, same

LEVELS = {"tflite_runtime": 2}
"""How many levels scores may differ, where it is not 1: the older runtime rounds in another way."""
LIMIT_S = 3600.0
AT_ONCE = 2  # emulated processes
# Runs all checks in one process, because the imports take most of the time. Prints a line for each.
# Under emulation sys.argv[2] is a Python that the commands can start, because the running one is a
# file for another processor.
PROGRAM = """
import contextlib, json, sys, tempfile
from edge.commands import start
checks, sys.executable = json.loads(sys.argv[1]), sys.argv[2] or sys.executable
for command, arguments in checks:
    sys.argv = [command, *arguments]
    with tempfile.TemporaryFile("w+") as file:
        with contextlib.redirect_stdout(file):
            status = getattr(start, command.replace("-", "_"))()
        file.seek(0)
        print(json.dumps([status, file.read()]), flush=True)
"""


class Emulated:
    """Runs Python on a board."""

    def __init__(self, board: Board, deadline: Deadline) -> None:
        folder = CACHE / board.name
        self.board, self.deadline = board, deadline
        self.root = make_root(board, folder, deadline)
        self.paths = make_site(board, folder, deadline)
        if "python3-numpy" in board.packages:
            self.paths.append(self.root / "usr/lib/python3/dist-packages")
        self.cpuinfo = folder / "cpuinfo"
        self.cpuinfo.write_text("".join(board.cpu.format(number=n) for n in range(4)))
        self.python = folder / "python"
        self._write_python()
        self._require_emulation()

    def line(self, runtime: str, *arguments: str) -> list[str]:
        """The command line of its Python."""
        libraries = self.root / "usr/lib" / self.board.triplet
        environment = {
            "HOME": "/tmp",
            "PYTHONPATH": os.pathsep.join(map(str, self.paths)),
            "EDGE_RUNTIME": runtime,
            "LD_LIBRARY_PATH": os.pathsep.join(
                str(path) for path in (libraries, libraries / "blas", libraries / "lapack")
            ),
        }
        mounted = 'mount --bind "$0" /proc/cpuinfo && exec "$@"'
        line = ["unshare", "-m", "sh", "-c", mounted, str(self.cpuinfo), *self.board.emulator]
        line += ["-L", str(self.root)]
        line += [part for each in environment.items() for part in ("-E", "=".join(each))]
        return [*line, str(self.root / f"usr/bin/python{PYTHON}"), *arguments]

    def __call__(self, runtime: str, checks: Sequence[Check]) -> list[list[Any]]:
        line = self.line(runtime, *program(checks), str(self.python))
        return answers(line, {}, self.deadline)

    def _write_python(self) -> None:
        """A script that starts the emulated Python: edge-bench starts processes with it."""
        line = [*self.board.emulator, "-L", str(self.root)]
        line.append(str(self.root / f"usr/bin/python{PYTHON}"))
        self.python.write_text(f'#!/bin/sh\nexec {shlex.join(line)} "$@"\n')
        self.python.chmod(0o755)

    def _require_emulation(self) -> None:
        line = self.line("numpy", "-c", "import platform; print(platform.machine())")
        try:
            done = subprocess.run(line, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PreparationError(f"{line[0]}: {error.__class__.__name__}") from None
        if not done.stdout.startswith(("arm", "aarch64")):
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise PreparationError(f"{self.board.emulator[0]} cannot run here: {last[:200]}")


def program(checks: Sequence[Check]) -> list[str]:
    return ["-c", PROGRAM, json.dumps(checks)]


def answers(
    line: Sequence[str], environment: dict[str, str], deadline: Deadline
) -> list[list[Any]]:
    """What each command answers, as JSON objects; SystemExit if one fails."""
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(
            line,
            env={"PATH": os.environ["PATH"], **environment},
            cwd=folder,  # for the model that kws-enroll writes
            capture_output=True,
            text=True,
            timeout=deadline.left(),
        )
    if result.returncode:
        raise SystemExit(f"status {result.returncode}: {result.stderr[-1500:]}")
    found = []
    for status, output in map(json.loads, result.stdout.splitlines()):
        if status:
            raise SystemExit(f"a command ended with status {status}: {result.stderr[-1500:]}")
        found.append(objects(output))
    return found


def here(checks: Sequence[Check], deadline: Deadline) -> list[list[Any]]:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    return answers([sys.executable, *program(checks), ""], environment, deadline)


def compare(
    emulated: Emulated, runtime: str, checks: Sequence[Check], expected: Sequence[list[Any]]
) -> int:
    """Print a line for each check; return how many differ."""
    found, failed = emulated(runtime, checks), 0
    for (command, arguments), ours, theirs in zip(checks, found, expected, strict=True):
        result = same(ours, theirs, LEVELS.get(runtime, 1))
        failed += not result.startswith("same")
        shown = " ".join([command, *[x for x in arguments if not x.startswith("/")]])
        print(f"{emulated.board.name} {runtime}: {shown}: {result}", flush=True)
    return failed


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tools.emulated_pi",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "boards",
        nargs="*",
        type=_board,
        metavar="BOARD",
        help=f"{', '.join(BOARDS)} (default: all of them)",
    )
    parser.add_argument("--runtime", help="only this runtime (default: each that the board has)")
    parser.add_argument(
        "--limit", type=float, default=LIMIT_S, metavar="S", help="stop after this many seconds"
    )
    parser.add_argument(
        "--more",
        action="store_true",
        help="also enrol words and run edge-bench, which takes several times as long",
    )
    parser.add_argument(
        "--if-possible",
        action="store_true",
        help="exit with 0 and one line where the boards cannot be made, or not within the limit",
    )
    options = parser.parse_args(argv)
    deadline, begun = Deadline(options.limit), time.monotonic()
    try:
        failed = _run(options, deadline)
    except (PreparationError, OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
        if isinstance(error, subprocess.TimeoutExpired):
            reason = f"it was not done after {options.limit:.0f} s"
        print(f"The emulated boards did not run to the end: {reason}", flush=True)
        return 0 if options.if_possible else 1
    print(f"{failed} differences after {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


def _board(name: str) -> str:
    if name not in BOARDS:
        raise argparse.ArgumentTypeError(f"there is no board {name}: choose {', '.join(BOARDS)}")
    return name


def _run(options: argparse.Namespace, deadline: Deadline) -> int:
    if os.geteuid():
        raise PreparationError("it needs root rights")
    names = options.boards or list(BOARDS)
    for name in names:
        if shutil.which(BOARDS[name].emulator[0]) is None:
            raise PreparationError("it needs the Debian package qemu-user-static")
    with tempfile.TemporaryDirectory() as takes, ThreadPoolExecutor(AT_ONCE) as pool:
        all_checks = checks()
        if options.more:
            write_takes(Path(takes))
            all_checks += slow_checks(Path(takes))
        expected = pool.submit(here, all_checks, deadline)
        boards = list(pool.map(lambda name: Emulated(BOARDS[name], deadline), names))
        jobs = [
            pool.submit(compare, board, runtime, all_checks, expected.result())
            for board in boards
            for runtime in ([options.runtime] if options.runtime else board.board.runtimes)
        ]
        return sum(job.result() for job in jobs)


if __name__ == "__main__":
    sys.exit(main())

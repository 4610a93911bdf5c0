"""Commands in processes of their own, as users and programs start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import numpy as np
import pytest

from edge.formats.motion import Recording, own_csv
from edge.samples import MOTION

ROOT = Path(__file__).parents[2]
TIMEOUT = 20.0  # s, after which a test fails because the command hangs
OTHER_USER = 65534  # not the user that runs the tests
# Python code that drops the capabilities of root, which allow access to the files of all users.
WITHOUT_PRIVILEGES = """
import ctypes
header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
ctypes.CDLL(None).capset(header, none)
"""
AT_REST = np.tile([0, 0, 9.8, 0, 0, 0], (200, 1))

LIVE_COMMANDS = ("airdigit-live", "airdigit-record", "airdigit-doctor")
REQUIRED_OPTIONS = {"airdigit-record": ("--label", "3", "--takes", "2")}
every_live_command = pytest.mark.parametrize("command", LIVE_COMMANDS)


class Process(subprocess.Popen[str]):
    """A process that ends with the test that fails while it runs."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
        super().__exit__(kind, error, trace)


def start(command: str, *argv: str | Path, first: str = "", **how: object) -> subprocess.Popen[str]:
    """Start a command; the process executes the code `first` before it."""
    module = f"edge.commands.{command.replace('-', '_')}"
    program = f"import sys; from {module} import main\n{first}\nsys.exit(main())"
    return start_program(program, *REQUIRED_OPTIONS.get(command, ()), *argv, **how)


def start_program(program: str, *argv: str | Path, **how: object) -> subprocess.Popen[str]:
    """Start Python with the code `program`, which may import the modules of tests/support."""
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    defaults = {**pipes, "text": True}
    folders = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])
    return Process(
        [sys.executable, "-W", "error", "-c", program, *map(str, argv)],
        env={**os.environ, "PYTHONPATH": folders, "PYTHONDONTWRITEBYTECODE": "1"},
        **{**defaults, **how},
    )


def run(command: str, *argv: str | Path, **how: object) -> tuple[int, str, str]:
    """Run a command; return its exit status, stdout and stderr."""
    with start(command, *argv, **how) as process:
        out, err = process.communicate(timeout=TIMEOUT)
    assert "Traceback" not in (err or "") and "Exception ignored" not in (err or "")
    return process.returncode, out, err


def interrupt_recorder(
    process: subprocess.Popen[str], number: int
) -> tuple[list[dict[str, object]], str]:
    """Send a signal to a recorder after two takes; return its last JSON events and stderr."""
    assert process.stdout is not None and process.stderr is not None
    for _ in range(2):
        assert json.loads(process.stdout.readline())["event"] == "take"
    process.send_signal(number)
    assert process.wait(10) == 130
    events = [json.loads(line) for line in process.stdout.read().splitlines()]
    err = process.stderr.read()
    assert "Traceback" not in err
    return events, err


def out_option(command: str, folder: Path) -> tuple[str | Path, ...]:
    """Return the option --out for the recorder; the other commands write no files."""
    return ("--out", folder) if command == "airdigit-record" else ()


def error_message(command: str, *argv: str | Path, **how: object) -> str:
    """Return the one line of the error that ends a command, without the name of the command.

    The doctor prints the error as its one finding.
    """
    status, out, err = run(command, *argv, **how)
    assert status == 1
    if command == "airdigit-doctor" and not err:
        first, last = out.splitlines()
        assert last == "1 fault in 1 check"
        return first.removeprefix("fault    connection   ").replace(" -> ", ": ")
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith(f"{command}: error: ")
    return line.removeprefix(f"{command}: error: ")


def deny_access(path: str | Path) -> None:
    """Make the file or folder that of another user, without rights for this one."""
    os.chmod(path, 0o555 if os.path.isdir(path) else 0)
    if os.geteuid() == 0:
        os.chown(path, OTHER_USER, OTHER_USER)


def write_recording(path: Path) -> Path:
    path.write_text(own_csv.render(Recording.checked(np.arange(200) / 100, AT_REST, MOTION)))
    return path

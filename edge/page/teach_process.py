"""The child process that makes a model: it has a low priority, so that the recognition goes on, and
it ends when the live command ends, however that ends.

`start_child` and `end_child` are called by the live command; the child itself runs

    python -m edge.page.teach_process FOLDER MODULE ARGUMENT...
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import edge
from edge.child_process import child_python

NICE = 10
END_TIMEOUT = 3.0  # s that a child has to end by itself


@dataclass(frozen=True)
class TeachPlan:
    """What to run."""

    method: str
    model: str
    """The name of the new model."""
    program: str
    """The name of the command, with which its log lines begin."""
    module: str
    """The module whose `main` takes the arguments and returns an exit status."""
    arguments: tuple[str, ...]
    """Without --out."""


def start_child(plan: TeachPlan, out: Path) -> subprocess.Popen[str]:
    """Start the child, which writes the model to `out`."""
    how = child_python(
        *("-m", "edge.page.teach_process", os.getcwd(), plan.module, *plan.arguments),
        *("--out", str(out)),
    )
    checkout = str(Path(edge.__file__).parents[1])  # `training` is beside `edge`
    how["env"]["PYTHONPATH"] = os.pathsep.join([checkout, how["env"]["PYTHONPATH"]])
    return subprocess.Popen(
        **how,
        stdin=subprocess.PIPE,  # its end tells the child that this process has ended
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,  # Ctrl-C ends this process first, and then the child in order
    )


def end_child(process: subprocess.Popen[str]) -> None:
    """End the child and its workers: in order, or else at once."""
    _send(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_TIMEOUT)
    if hasattr(signal, "SIGKILL"):
        _send(process, signal.SIGKILL)
    process.wait()


def _send(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, number)
        else:
            process.terminate()


# In the child


def main() -> int:
    folder, module, *arguments = sys.argv[1:]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICE)
    # Only now, and not at the start of Python: a file json.py in this folder must not be imported.
    os.chdir(folder)
    status: int = import_module(module).main(arguments)
    return status


def _end_with_parent() -> None:
    """Wait for the end of stdin, which the parent has open as long as it lives."""
    while os.read(0, 1):  # not sys.stdin, whose lock would block the end of Python
        pass
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)  # with the workers of the training
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())

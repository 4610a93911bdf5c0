"""The child process that makes a model: it has a low priority, so that the recognition goes on, and
it ends when the live command ends, however that ends.

    python -m edge.page.teach_process FOLDER MODULE ARGUMENT...
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from importlib import import_module

NICE = 10


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

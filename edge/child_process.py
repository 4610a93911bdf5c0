"""Start Python in a child process."""

from __future__ import annotations

import os
import sys
from typing import Any


def child_python(*arguments: str) -> dict[str, Any]:
    """Return the arguments of `subprocess.Popen` for a Python process.

    The process finds the modules that this one finds, and none in the current folder: a file
    called json.py beside somebody's recordings must not be executed. So its current folder is the
    root folder, and paths must be absolute.
    """
    folders = [os.path.abspath(folder) for folder in sys.path if folder]
    return {
        "args": [sys.executable, *arguments],
        "cwd": os.sep,
        "env": {**os.environ, "PYTHONPATH": os.pathsep.join(folders)},
    }

"""Takes the place of a training in tests of the page: it does what a file beside the takes says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

FILE = "stand_in.txt"


def main(arguments: Sequence[str]) -> int:
    """Lines of the file: `say TEXT`, `sleep SECONDS`, `copy MODEL`, `write TEXT`, `pid FILE`,
    `worker FILE`, `end STATUS`."""
    takes = Path(arguments[arguments.index("--data") + 1])
    out = Path(arguments[arguments.index("--out") + 1])
    for line in (takes.parent / FILE).read_text().splitlines():
        name, _, value = line.partition(" ")
        if name == "say":
            print(f"stand-in: {value}", file=sys.stderr, flush=True)
        elif name == "sleep":
            time.sleep(float(value))
        elif name == "copy":
            shutil.copy(value, out)
        elif name == "write":
            out.write_text(value)
        elif name == "pid":
            Path(value).write_text(str(os.getpid()))
        elif name == "worker":
            worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            Path(value).write_text(str(worker.pid))
        elif name == "end":
            return int(value)
    return 0

"""Damage model files in millions of ways, and load each with runtimes that trust their input.

    python -m tools.fuzz_models                     one minute with LiteRT and NumPy
    python -m tools.fuzz_models --minutes 60 --runtime numpy --seed 7

The files are the shipped models, and small networks of one operator each. Every damaged file must
be refused by the checks of edge-sense, refused by the runtime, or run. The files are loaded in a
child process, so that a crash of native code is seen and counted; its seed is printed, and
`--only SEED` loads that file again.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.child_process import child_python
from edge.model.runtime import RUNTIMES
from edge.model.shipped import find_model, shipped_models
from tools.fuzz_models.child import load_and_run, run_child
from tools.fuzz_models.mutator import Mutator
from tools.operator_networks.examples import write_operator_networks

DEFAULT_RUNTIMES = ("ai_edge_litert", "numpy")
TIMEOUT = 120.0  # s without a new file, after which the child is killed
NETWORKS = 3  # of each operator


class Tally:
    """What happened to the files, and the most that one of them used."""

    def __init__(self) -> None:
        self.results: Counter[str] = Counter()
        self.longest_s = self.memory_mb = 0.0

    def read(self, line: str) -> None:
        if line.startswith("used "):
            longest_s, memory_mb = map(float, line.split()[1:])
            self.longest_s = max(self.longest_s, longest_s)
            self.memory_mb = max(self.memory_mb, memory_mb)
        else:
            self.results[line.strip()] += 1


def watch_child(arguments: Sequence[str], tally: Tally) -> tuple[int, int]:
    """Run one child. Return the last seed that it began, and its exit status."""
    command = child_python("-m", "tools.fuzz_models", "--child", *arguments)
    seed = -1
    with subprocess.Popen(**command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        newest = [time.monotonic()]
        threading.Thread(target=_kill_if_hung, args=[process, newest], daemon=True).start()
        for line in process.stdout:
            newest[0] = time.monotonic()
            if line.startswith("seed "):
                seed = int(line.removeprefix("seed "))
            else:
                tally.read(line)
    return seed, process.returncode


def _kill_if_hung(process: subprocess.Popen[str], newest: Sequence[float]) -> None:
    while process.poll() is None:
        time.sleep(1)
        if time.monotonic() > newest[0] + TIMEOUT:
            process.kill()


def fuzz(options: argparse.Namespace, paths: Sequence[Path]) -> Iterator[int]:
    """The seeds of the files that ended the process."""
    tally, crashes = Tally(), 0
    begun, seed = time.monotonic(), options.seed
    while time.monotonic() < begun + 60 * options.minutes:
        last, status = watch_child(
            [
                *(f"--runtime={runtime}" for runtime in options.runtime),
                *("--seed", str(seed), "--count", str(options.count)),
                *map(str, paths),
            ],
            tally,
        )
        if status:
            crashes += 1
            print(f"the file of seed {last} ended the process with status {status}", flush=True)
            yield last
            seed = max(last, seed) + 1
        else:
            seed += options.count
        if options.progress:
            _report(tally, crashes, time.monotonic() - begun, options.runtime)
    _report(tally, crashes, time.monotonic() - begun, options.runtime)


def _report(tally: Tally, crashes: int, seconds: float, runtimes: Sequence[str]) -> None:
    total = sum(tally.results.values())
    print(f"{total} damaged files in {seconds:.0f} s with {' and '.join(runtimes)}:")
    for result, count in tally.results.most_common():
        print(f"  {count:9} {result}")
    print(f"  {crashes:9} crashes")
    print(
        f"One file took at most {tally.longest_s:.1f} s of processor time; "
        f"the process had at most {tally.memory_mb:.0f} MB",
        flush=True,
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tools.fuzz_models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="*", type=Path, help="default: those named above")
    parser.add_argument(
        "--runtime",
        action="append",
        choices=list(RUNTIMES),
        help="may be given several times (default: ai_edge_litert and numpy)",
    )
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first file (default 0)")
    parser.add_argument("--only", type=int, metavar="SEED", help="load the file of this seed only")
    parser.add_argument("--count", type=int, default=20000, help="files of each child process")
    parser.add_argument("--progress", action="store_true", help="report after each child process")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    options.runtime = options.runtime or list(DEFAULT_RUNTIMES)
    paths = [path.absolute() for path in options.models]
    if options.child:
        run_child(paths, options.runtime, options.seed, options.count)
        return 0
    with TemporaryDirectory() as folder:
        if not paths:
            paths = [find_model(name) for name in shipped_models()]
            paths += write_operator_networks(Path(folder), NETWORKS)
        if options.only is not None:
            print(load_and_run(Mutator(paths).damaged(options.only), options.runtime))
            return 0
        return 1 if list(fuzz(options, paths)) else 0


if __name__ == "__main__":
    sys.exit(main())

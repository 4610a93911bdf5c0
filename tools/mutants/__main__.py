"""Change the code in one place at a time, and see whether a test fails (mutation testing).

  python -m tools.mutants                     all modules below; takes most of an hour
  python -m tools.mutants device_clock        modules with this in their path
  python -m tools.mutants --sample 20         20 random changes of each module

A change that no test notices survives and is printed: either a test is missing, or the changed code
does the same.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import signal
import sys
import time
import types
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import numpy  # noqa: F401  imported once, not by each of the processes below
import pytest
import serial  # noqa: F401
from numpy.typing import NDArray

from tools.mutants.mutations import Mutant, mutants

ROOT = Path(__file__).parents[2]
# Modules whose faults would be silent, and the tests that must notice them.
TARGETS = {
    "edge/source/serial/device_clock.py": (
        "source/test_device_clock.py",
        "source/test_protocol.py",
    ),
    "edge/source/serial/framed/framing.py": ("source/test_protocol.py",),
    "edge/source/serial/framed/protocol.py": ("source/test_protocol.py",),
    "edge/source/serial/framed/dialogue.py": (
        "source/test_dialogue.py",
        "source/test_protocol.py",
    ),
    "edge/source/serial/framed/stream.py": ("source/test_protocol.py",),
    "edge/source/serial/text/timestamps.py": ("source/test_text_stream.py",),
    "edge/source/sample_clock.py": ("source/test_sample_clock.py",),
    "edge/decision/number.py": ("decision/test_number_decision.py",),
    "edge/decision/single.py": ("decision/test_single_decision.py",),
    "edge/decision/spotting.py": ("decision/test_spotting_decision.py",),
    "edge/decision/sign.py": ("decision/test_sign.py",),
    "edge/decision/stroke.py": ("decision/test_stroke_decision.py",),
    "edge/decision/stroke_recording.py": ("decision/test_stroke_decision.py",),
    "edge/features/motion/pieces.py": ("features/test_pieces.py",),
    "edge/decision/word_prior.py": ("decision/test_word_prior.py",),
    "edge/model/archive.py": ("model/test_archive.py", "model/test_model_file.py"),
    "edge/model/manifest.py": ("model/test_model_file.py", "model/test_hostile_manifests.py"),
    "edge/model/checks.py": ("model/test_model_checks.py", "model/test_hostile_manifests.py"),
}
MIN_TIMEOUT_S = 20.0
SLOWER = 10  # times the time of the unchanged code, after which a change counts as noticed
SURVIVED, NOT_RUN = 0, (3, 4, 5)  # exit codes of pytest: all passed; it could not test


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutants",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="of the paths of the modules")
    parser.add_argument("--sample", type=int, metavar="N", help="random changes of each module")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of --sample (0)")
    args = parser.parse_args(argv)
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    hypothesis.settings.register_profile("mutants", database=None)
    hypothesis.settings.load_profile("mutants")
    with TemporaryDirectory() as folder:
        convert_once(Path(folder))
        return _check(args, parser)


def _check(args: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    noticed = total = 0
    for path, tests in TARGETS.items():
        if not args.parts or any(part in path for part in args.parts):
            found, tried = check_module(path, tests, args.sample, args.seed)
            print(f"{path}: {found} of {tried} changes noticed", flush=True)
            noticed, total = noticed + found, total + tried
    if not total:
        parser.error("no module has this in its path")
    print(f"{noticed} of {total} changes noticed: {noticed / total:.1%}")
    return 0


def convert_once(folder: Path) -> None:
    """Let the tests convert each of their networks only once: TensorFlow takes seconds."""
    import tflite_network

    convert = tflite_network.convert

    def converted(compute: types.FunctionType, samples: NDArray[Any], int8: bool = True) -> bytes:
        closed_over = [repr(cell.cell_contents) for cell in compute.__closure__ or ()]
        inputs = repr((compute.__code__.co_code, closed_over, samples.shape, int8))
        key = hashlib.sha256(inputs.encode() + samples.tobytes())
        file = folder / key.hexdigest()
        if not file.exists():
            file.write_bytes(convert(compute, samples, int8))
        return file.read_bytes()

    tflite_network.convert = converted


def check_module(path: str, tests: Sequence[str], sample: int | None, seed: int) -> tuple[int, int]:
    """Print the surviving mutants of a module; return how many were noticed, and how many tried."""
    source = (ROOT / path).read_text()
    started = time.monotonic()
    if status := run_tests(path, source, tests, timeout_s=600):
        sys.exit(f"{path}: the tests fail without a change (status {status})")
    timeout_s = max(MIN_TIMEOUT_S, SLOWER * (time.monotonic() - started))
    chosen: list[Mutant] = list(mutants(source))
    if sample is not None and sample < len(chosen):
        chosen = random.Random(seed).sample(chosen, sample)
    survivors = 0
    for mutant in sorted(chosen, key=lambda mutant: mutant.line):
        status = run_tests(path, mutant.source, tests, timeout_s)
        if status in NOT_RUN:
            sys.exit(f"{path}:{mutant.line}: pytest ended with status {status}: {mutant.change}")
        if status == SURVIVED:
            survivors += 1
            print(f"  {path}:{mutant.line}: {mutant.change}", flush=True)
    return len(chosen) - survivors, len(chosen)


def run_tests(path: str, source: str, tests: Sequence[str], timeout_s: float) -> int:
    """Return the status of pytest with this source of the module, -1 if it ran out of time."""
    child = os.fork()
    if not child:
        os.setpgid(0, 0)  # its own children end with it
        _run_tests_here(path, source, tests)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -1


def _run_tests_here(path: str, source: str, tests: Sequence[str]) -> None:
    """Run pytest in this process, which ends afterwards."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    sys.meta_path.insert(0, _OneModule(path, source))
    options = ["-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    # Hypothesis has been imported before pytest could rewrite it.
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    os._exit(int(pytest.main([*options, *(f"tests/{test}" for test in tests)])))


class _OneModule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from a text, instead of its file."""

    def __init__(self, path: str, source: str) -> None:
        self._name = path.removesuffix(".py").replace("/", ".")
        self._path, self._source = path, source

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self._name:
            return None
        return importlib.util.spec_from_loader(name, self, origin=str(ROOT / self._path))

    def exec_module(self, module: types.ModuleType) -> None:
        module.__file__ = str(ROOT / self._path)
        exec(compile(self._source, module.__file__, "exec"), module.__dict__)


if __name__ == "__main__":
    sys.exit(main())

"""Damage model files in thousands of ways, and load each with a runtime that trusts its input.

    python -m tools.fuzz_models                     one minute with LiteRT
    python -m tools.fuzz_models --minutes 60 --runtime numpy --seed 7

Every file must be refused by the checks of edge-sense, refused by the runtime, or run. The files
are loaded in a child process, so that a crash of native code is seen and counted; its seed is
printed, and `--only SEED` loads that file again.
"""

from __future__ import annotations

import argparse
import random
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from edge.child_process import child_python
from edge.errors import ModelError
from edge.model.model_file import network_of
from edge.model.runtime import RUNTIMES, interpreter_class, quiet
from edge.model.shipped import find_model, shipped_models
from edge.tflite.network import read_network
from edge.tflite.verify import verify

EXTREMES = (0, 1, 2, 3, 4, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 28)


class Mutator:
    """Damaged copies of networks; each seed always gives the same copy."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = [network_of(path.read_bytes()) for path in paths]
        self._places = [_structure(data) for data in self._files]

    def damaged(self, seed: int) -> bytes:
        rng = random.Random(seed)
        number = rng.randrange(len(self._files))
        data, places = bytearray(self._files[number]), self._places[number]
        for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
            at = rng.choice(places) if rng.random() < 0.95 else rng.randrange(len(data))
            kind = rng.randrange(5)
            if kind == 0:
                data[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                data[at] = rng.randrange(256)
            elif kind == 2:
                value = rng.choice(EXTREMES)
                data[at : at + 4] = struct.pack("<I", value)[: len(data) - at]
            elif kind == 3:  # another value of the same file: an offset, a number of a tensor
                other = rng.choice(places)
                data[at : at + 4] = data[other : other + 4][: len(data) - at]
            else:
                data[at] = (data[at] + rng.randrange(-9, 10)) % 256
        if rng.random() < 0.01:
            del data[rng.randrange(len(data)) :]
        return bytes(data)


def _structure(data: bytes) -> list[int]:
    """The positions that are not weights: damage there matters more."""
    free = bytearray(b"\1") * len(data)
    address = memoryview(data)
    for tensor in read_network(data).tensors:
        if tensor.constant is not None and tensor.constant.nbytes > 64:
            start = _position(address, tensor.constant)
            free[start : start + tensor.constant.nbytes] = bytes(tensor.constant.nbytes)
    return [at for at, byte in enumerate(free) if byte]


def _position(data: memoryview, part: memoryview) -> int:
    return bytes(data).find(bytes(part))


def load_and_run(data: bytes, runtime: str) -> str:
    """What happened to a file: `refused`, `refused by the runtime` or `ran`."""
    try:
        verify(data, "the file")
    except ModelError as error:
        if "\n" in str(error) or len(str(error)) > 3000:
            raise AssertionError(f"not one line: {error!r}") from None
        return "refused"
    try:
        interpreter = interpreter_class(runtime)[1](model_content=data, num_threads=1)
        interpreter.allocate_tensors()
        interpreter.invoke()
        interpreter.invoke()
        for detail in interpreter.get_output_details():
            interpreter.get_tensor(detail["index"])
    except (ValueError, RuntimeError):
        return "refused by the runtime"
    return "ran"


def child(paths: list[Path], runtime: str, first: int, count: int) -> None:
    mutator = Mutator(paths)
    with quiet():
        for seed in range(first, first + count):
            print(f"seed {seed}", flush=True)
            print(load_and_run(mutator.damaged(seed), runtime), flush=True)


def run_child(arguments: list[str], counts: Counter[str]) -> tuple[int, int]:
    """Run one child. Return the last seed that it began, and its exit status."""
    command = child_python("-m", "tools.fuzz_models", "--child", *arguments)
    seed = -1
    with subprocess.Popen(**command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("seed "):
                seed = int(line.removeprefix("seed "))
            else:
                counts[line.strip()] += 1
    return seed, process.returncode


def fuzz(options: argparse.Namespace) -> Iterator[int]:
    """The seeds of the files that ended the process."""
    counts: Counter[str] = Counter()
    paths = [str(path) for path in options.models]
    until, seed, begun = time.monotonic() + 60 * options.minutes, options.seed, time.monotonic()
    while time.monotonic() < until:
        arguments = [
            "--runtime",
            options.runtime,
            "--seed",
            str(seed),
            "--count",
            str(options.count),
            *paths,
        ]
        last, status = run_child(arguments, counts)
        if status:
            counts["crashed"] += 1
            print(f"the file of seed {last} ended the process with status {status}")
            yield last
            seed = last + 1
        else:
            seed += options.count
    total = sum(counts.values())
    print(f"{total} damaged files in {time.monotonic() - begun:.0f} s with {options.runtime}:")
    for result, count in counts.most_common():
        print(f"  {count:9} {result}")
    print(f"  {counts['crashed']:9} crashes")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tools.fuzz_models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="*", type=Path, help="default: the shipped models")
    parser.add_argument("--runtime", choices=list(RUNTIMES), default="ai_edge_litert")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0, help="of the first file (default 0)")
    parser.add_argument("--only", type=int, metavar="SEED", help="load the file of this seed only")
    parser.add_argument("--count", type=int, default=1000, help="files of each child process")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    options.models = options.models or [find_model(name) for name in shipped_models()]
    options.models = [path.absolute() for path in options.models]
    if options.only is not None:
        print(load_and_run(Mutator(options.models).damaged(options.only), options.runtime))
        return 0
    if options.child:
        child(options.models, options.runtime, options.seed, options.count)
        return 0
    return 1 if list(fuzz(options)) else 0


if __name__ == "__main__":
    sys.exit(main())

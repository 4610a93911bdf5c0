"""Give every parser damaged input, and see that each is accepted or refused with one line.

  python -m tools.fuzz                         a minute, shared by all parsers
  python -m tools.fuzz framed --minutes 30     one of them
  python -m tools.fuzz wav --only 1234         the input with this number again

An input escapes if the parser raises anything but an EdgeError of one printable line, if it takes
longer than 5 s or 256 MB, or if it ends the process.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import random
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tools.fuzz.targets import TARGETS, Target

MAX_SECONDS = 5.0  # for one input
MAX_GROWTH_KB = 256 << 10  # of the memory of the process by one input


class TooSlow(BaseException):
    """Not an Exception, so that no parser catches it."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("targets", nargs="*", metavar="PARSER", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=1.0, help="for all parsers together (1)")
    parser.add_argument("--count", type=int, help="inputs of each parser, instead of a time")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="number of the first (0)")
    parser.add_argument("--only", type=int, metavar="N", help="parse the input of this number only")
    args = parser.parse_args(argv)
    if unknown := set(args.targets) - set(TARGETS):
        parser.error(f"there is no parser {', '.join(unknown)}: choose from {', '.join(TARGETS)}")
    names = args.targets or list(TARGETS)
    memory = Path("/dev/shm")
    with quiet(), TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        targets = {name: TARGETS[name](Path(folder)) for name in names}
        if args.only is None:
            return 1 if _fuzz(targets, args) else 0
        for name, target in targets.items():
            _only(target, name, args.only)
        return 0


def _only(target: Target, name: str, number: int) -> None:
    data = make(target, name, number)
    print(f"{name} {number}: {len(data)} bytes, {data[:200]!r}")
    print("accepted" if target.check(data) else "refused")


def _fuzz(targets: Mapping[str, Target], args: argparse.Namespace) -> int:
    """Print what happened; return the number of inputs that escaped."""
    total = escaped = 0
    for name, target in targets.items():
        started = time.monotonic()
        seconds = None if args.count else 60 * args.minutes / len(targets)
        inputs, accepted, escapes = _fuzz_target(target, name, args.first, args.count, seconds)
        duration = time.monotonic() - started
        print(
            f"{name:11}{inputs:9} inputs in {duration:.0f} s, {accepted} accepted, "
            f"{escapes} escaped",
            flush=True,
        )
        total, escaped = total + inputs, escaped + escapes
    print(f"{total} inputs, {escaped} escaped")
    return escaped


def _fuzz_target(
    target: Target, name: str, first: int, count: int | None, seconds: float | None
) -> tuple[int, int, int]:
    """Return the numbers of inputs, of accepted ones, and of escapes."""
    number, accepted, escapes = first, 0, 0
    end = None if count is None else first + count
    deadline = None if seconds is None else time.monotonic() + seconds
    while (end is None or number < end) and not _passed(deadline):
        last, status = number, None
        for report in _child(target, name, number, end, deadline):
            last = report["number"]
            accepted += report.get("accepted", 0)
            status = report.get("status", status)
            if "escape" in report:
                escapes += 1
                print(f"{name} {last}: {report['escape']}", flush=True)
        number = last + 1
        if status != "done":
            escapes += 1
            print(f"{name} {number}: ended the process", flush=True)
            number += 1
    return number - first, accepted, escapes


def _passed(deadline: float | None) -> bool:
    return deadline is not None and time.monotonic() >= deadline


def _child(
    target: Target, name: str, first: int, end: int | None, deadline: float | None
) -> Iterator[dict[str, Any]]:
    """Yield the reports of a child process, which a crash of native code may end."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libraries of decoders print to it
        with open(writing, "w", buffering=1) as reports:
            _work(target, name, first, end, deadline, reports)
        os._exit(0)
    os.close(writing)
    with open(reading) as lines:
        for line in lines:
            yield json.loads(line)
    os.waitpid(child, 0)


def _work(
    target: Target, name: str, first: int, end: int | None, deadline: float | None, reports: Any
) -> None:
    def report(**values: object) -> None:
        print(json.dumps(values), file=reports)

    signal.signal(signal.SIGALRM, _too_slow)
    number, accepted, memory = first, 0, 0
    while (end is None or number < end) and not _passed(deadline):
        data = make(target, name, number)
        if number == first:
            target.check(data) if number else None  # what is loaded at first is no growth
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        report(number=number - 1)  # so that the number of an input that ends the process is known
        escape = ""
        try:
            signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
            accepted += target.check(data)
        except BaseException as error:
            escape = _description(error)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if number > first and now - memory > MAX_GROWTH_KB:
            escape = escape or f"took {(now - memory) >> 10} MB"
        if escape:
            report(number=number, escape=escape)
        memory = max(memory, now)
        number += 1
    report(number=number - 1, accepted=accepted, status="done")


def make(target: Target, name: str, number: int) -> bytes:
    """Return the input with this number, which is the same in every run."""
    return target.make(random.Random(f"{name} {number}"))


def _too_slow(number: int, frame: object) -> None:
    raise TooSlow(f"took longer than {MAX_SECONDS:g} s")


def _description(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {last.filename}:{last.lineno}: {str(error)[:200]!r}"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No log lines of the parsers, and warnings of NumPy are escapes, as in the tests."""
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        logging.disable(logging.NOTSET)


if __name__ == "__main__":
    sys.exit(main())

"""Make every shipped model and its card anew, and show what got worse: `make models DATA=...`.

  python -m tools.rebuild_models --data recordings/
  python -m tools.rebuild_models --data recordings/ --only kws --out /tmp/models

Each model carries the command that made it (it stands on its card as well). It is run again, with
the names in it taken for folders and files in --data. Sizes and figures are then compared with
those of before. Allow hours.
"""

from __future__ import annotations

import argparse
import logging
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import EdgeError, ModelError
from edge.model import read_manifest, shipped

log = logging.getLogger(__name__)

READ = ("--data", "--noise", "--others")  # options that name recordings
FIRST = ("kws", "sounddigit")  # others may go on from what these have learnt
# Of figures: more is worse ...
WORSE_UP = ("bytes", "false", "missed", "delay", "error", "wrong")
# ... and what is counted, not measured.
COUNTS = ("strokes", "clips", "speakers", "hours", "words", "seconds", "count", "seed")


@dataclass(frozen=True)
class Change:
    figure: str
    before: float
    after: float

    @property
    def counted(self) -> bool:
        return self.figure.rpartition("/")[2] in COUNTS

    @property
    def worse(self) -> bool:
        """Is it, and was it measured at all?"""
        if self.counted:
            return False
        more = any(word in self.figure for word in WORSE_UP)
        return self.after > self.before if more else self.after < self.before


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(_parser(), lambda args: rebuild(args, _train), argv)


def _parser() -> CommandParser:
    parser = CommandParser("python -m tools.rebuild_models", __doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="all recordings")
    parser.add_argument("--out", type=Path, default=shipped.shipped_folder(), metavar="FOLDER")
    parser.add_argument("--only", nargs="+", default=(), metavar="MODEL", help="these, not all")
    add_common(parser)
    return parser


def rebuild(args: argparse.Namespace, train: Callable[[list[str]], int]) -> int:
    """Exit status: 1 if one of them could not be made."""
    failed = []
    commands = {name: _command_of(name) for name in _chosen(args.only)}
    for command in commands.values():
        _resolved(command, args.data, args.out)  # what is missing is said before hours have passed
    for name, command in commands.items():
        new = args.out / f"{name}.tflite"
        before = figures_of(shipped.find_model(name))
        args.out.mkdir(parents=True, exist_ok=True)
        log.info("%s: %s", name, shlex.join(command))
        if train(_resolved(command, args.data, args.out)):
            failed.append(name)
            print(f"{name}: it could not be made anew, see above")
            continue
        for line in compared(name, changes(before, figures_of(new))):
            print(line)
    return int(bool(failed))


def _chosen(names: Sequence[str]) -> list[str]:
    known = shipped.shipped_models()
    for name in names:
        if name not in known:
            raise EdgeError(f"no shipped model {name!r}: choose from {', '.join(known)}")
    return sorted(names or known, key=lambda name: (name not in FIRST, name))


def _command_of(name: str) -> list[str]:
    told = read_manifest(shipped.find_model(name)).provenance.get("command", "")
    command = shlex.split(told)
    if command[:2] != ["python", "-m"]:
        raise ModelError(f"{name} does not say by which command it was made: train it by hand once")
    return command


def _resolved(command: Sequence[str], data: Path, out: Path) -> list[str]:
    """The command for this machine: recordings from `data`, the model into `out`."""
    found = [sys.executable, *command[1:3]]
    option = ""
    for word in command[3:]:
        if word.startswith("--"):
            option = word
        elif option == "--out":
            word = str(out / Path(word).name)
        elif option in (*READ, "--download"):
            if option in READ and not (data / word).exists():
                raise EdgeError(
                    f"{data / word} does not exist: put there what {shlex.join(command[:3])} "
                    f"learns from, or name with --data where it is"
                )
            word = str((data / word).resolve())
        found.append(word)
    return found


def _train(command: list[str]) -> int:
    return subprocess.run(command, check=False).returncode


def figures_of(path: Path) -> dict[str, float]:
    """The size of a model, and every figure that its manifest tells."""
    metrics = read_manifest(path).provenance.get("metrics", {})
    return {"bytes": path.stat().st_size, **dict(_leaves(metrics))}


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, float]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{above}{name}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"{above}{name}", float(value)


def changes(before: Mapping[str, float], after: Mapping[str, float]) -> list[Change]:
    """Of the figures that both have."""
    return [Change(name, before[name], after[name]) for name in before if name in after]


def compared(name: str, changed: Sequence[Change]) -> Iterator[str]:
    worse = [change for change in changed if change.worse]
    yield f"{name}: {len(worse)} of {len(changed)} figures are worse than before"
    for change in changed:
        mark = "worse" if change.worse else "as before" if change.before == change.after else ""
        told = f"  {change.figure}: {change.before:g} -> {change.after:g}  {mark}"
        yield told.rstrip()


if __name__ == "__main__":
    sys.exit(main())

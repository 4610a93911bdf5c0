"""Train every shipped model again, and list the figures that got worse: `make models DATA=...`.

  python -m tools.rebuild_models --data recordings/
  python -m tools.rebuild_models --data recordings/ --only kws --out /tmp/models

The manifest of each model contains the command that trained it (the model card shows it too). This
tool runs that command again. The recordings that it names are taken from the folder --data. If the
training began with another model, its base, that one is trained first, into the cache, unless it
is a shipped model too. Then the tool compares the file size and the figures of the new model with
those of the old one. It takes hours.
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

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError, ModelError
from edge.model import read_manifest, shipped
from training.common.cache import DEFAULT_FOLDER

log = logging.getLogger(__name__)

INPUT_OPTIONS = (
    "--data",
    "--noise",
    "--test",
    "--test-noise",
    "--talk",
    "--others",
)  # of the training commands: names of recordings
FIRST = ("kws", "sounddigit")  # because other models may start from their weights
# Figures with one of these words in their name are better if they are lower ...
LOWER_IS_BETTER = ("bytes", "false", "missed", "delay", "error", "wrong")
# ... and these are sizes of the test set or settings, which are neither better nor worse.
NOT_MEASURED = (
    *("strokes", "clips", "speakers", "hours", "words", "seconds", "count", "seed"),
    *("beats", "windows", "people"),
)


@dataclass(frozen=True)
class Change:
    """A figure of the old and of the new model. Its name is a path such as "test/int8"."""

    figure: str
    before: float
    after: float

    @property
    def worse(self) -> bool:
        if self.figure.rpartition("/")[2] in NOT_MEASURED:
            return False
        lower_is_better = any(word in self.figure for word in LOWER_IS_BETTER)
        return self.after > self.before if lower_is_better else self.after < self.before


def main(argv: Sequence[str] | None = None) -> int:
    return run_command(_parser(), lambda args: rebuild(args, _train), argv)


def _parser() -> CommandParser:
    parser = CommandParser("python -m tools.rebuild_models", __doc__)
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the folder with the recordings of all models",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=shipped.shipped_folder(),
        metavar="FOLDER",
        help="where to write the models (default: over the shipped ones)",
    )
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="MODEL", help="train only these models"
    )
    add_common(parser)
    return parser


def rebuild(args: argparse.Namespace, train: Callable[[list[str]], int]) -> int:
    """Return the exit status: 1 if the training of a model failed.

    `train` runs a command and returns its exit status.
    """
    failed = False
    trainings = {name: _training_commands(name) for name in _chosen(args.only)}
    for commands in trainings.values():
        for command in commands:
            _localise(command, args.data, args.out)  # reports missing data before hours of training
    for name, commands in trainings.items():
        before = figures_of(shipped.find_model(name))
        args.out.mkdir(parents=True, exist_ok=True)
        log.info("%s: %s", name, "; ".join(map(shlex.join, commands)))
        if any(train(_localise(command, args.data, args.out)) for command in commands):
            failed = True
            print(f"{name}: the training failed, see its message above")
            continue
        after = figures_of(args.out / f"{name}.tflite")
        for line in report(name, changes(before, after)):
            print(line)
    return int(failed)


def _chosen(names: Sequence[str]) -> list[str]:
    known = shipped.shipped_models()
    for name in names:
        if name not in known:
            raise EdgeError(f"no shipped model {name!r}: choose from {', '.join(known)}")
    return sorted(names or known, key=lambda name: (name not in FIRST, name))


def _training_commands(name: str) -> list[list[str]]:
    """The commands in the manifest of a shipped model: that of its base, if it has one, is first.

    The base is written to the cache, and the second command begins with it.
    """
    provenance = read_manifest(shipped.find_model(name)).provenance
    command = shlex.split(provenance.get("command", ""))
    if command[:2] != ["python", "-m"]:
        raise ModelError(
            f"the manifest of {name} does not contain its training command: train it by hand once"
        )
    base_command = provenance.get("base_command")
    if not base_command or _is_shipped(_value(command, "--base"), base_command, name):
        return [command]
    DEFAULT_FOLDER.mkdir(parents=True, exist_ok=True)
    base = str(DEFAULT_FOLDER.resolve() / f"{name}-base.tflite")
    first = _with_value(shlex.split(base_command), "--out", base)
    return [first, _with_value(command, "--base", base)]


def _is_shipped(base: str, command: str, name: str) -> bool:
    """Whether the base of the model `name` is another shipped model, made by this command."""
    if base == name or base not in shipped.shipped_models():
        return False
    return read_manifest(shipped.find_model(base)).provenance.get("command") == command


def _value(command: Sequence[str], option: str) -> str:
    return command[command.index(option) + 1]


def _with_value(command: Sequence[str], option: str, value: str) -> list[str]:
    """The command with another value of an option that has one value."""
    number = command.index(option) + 1
    return [*command[:number], value, *command[number + 1 :]]


def _localise(command: Sequence[str], data: Path, out: Path) -> list[str]:
    """The command for this machine: recordings from the folder `data`, the model in `out`."""
    localised = [sys.executable, *command[1:3]]
    option = ""
    for word in command[3:]:
        if word.startswith("--"):
            option = word
        elif option == "--out" and not Path(word).is_absolute():
            word = str(out / Path(word).name)
        elif option in (*INPUT_OPTIONS, "--download"):
            if option in INPUT_OPTIONS and not (data / word).exists():
                raise EdgeError(
                    f"{data / word} does not exist: put the recordings for "
                    f"{shlex.join(command[:3])} there, or name another folder with --data"
                )
            word = str((data / word).resolve())
        localised.append(word)
    return localised


def _train(command: list[str]) -> int:
    return subprocess.run(command, check=False).returncode


def figures_of(path: Path) -> dict[str, float]:
    """The file size of a model, and every figure in its manifest."""
    metrics = read_manifest(path).provenance.get("metrics", {})
    return {"bytes": path.stat().st_size, **dict(_flatten(metrics))}


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield f"{prefix}{name}", float(value)


def changes(before: Mapping[str, float], after: Mapping[str, float]) -> list[Change]:
    """The figures that both models have."""
    return [Change(name, before[name], after[name]) for name in before if name in after]


def report(name: str, changed: Sequence[Change]) -> Iterator[str]:
    worse = sum(change.worse for change in changed)
    yield f"{name}: {worse} of {len(changed)} figures are worse than before"
    for change in changed:
        mark = "worse" if change.worse else "unchanged" if change.before == change.after else ""
        yield f"  {change.figure}: {change.before:g} -> {change.after:g}  {mark}".rstrip()


if __name__ == "__main__":
    sys.exit(main())

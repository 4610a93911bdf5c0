"""Write constraints.txt: the versions with which the tests run, for every Python that is supported.

  python -m tools.lock_dependencies python3.10 python3.11 python3.12 python3.13

pip resolves the requirements of setup.cfg for each of the interpreters, and installs nothing. Run
`make check` with the new file before you commit it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "constraints.txt"
PROJECT = "edge-sense"
EXTRAS = ("training", "test", "check")
SHOWN_REASONS = 3
HEADER = """\
# The versions with which the tests run: `make test` and `make lint` install no others, so that a
# release of somebody else does not break them on another day. Users are not bound to them:
# setup.cfg has the oldest versions that work. Linux on x86-64; a Python to which no line applies
# gets the newest version.
# Behind each version stands the reason for its package. Written by
# python -m tools.lock_dependencies python3.10 python3.11 python3.12 python3.13
"""

Pins = Mapping[str, tuple[str, frozenset[str]]]
"""Version of each package, and the packages or extras that require it."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pythons", nargs="+", metavar="PYTHON", help="interpreters with pip")
    args = parser.parse_args(argv)
    pins: dict[str, Pins] = {}
    for python in args.pythons:
        report = resolve(python)
        pins[report["environment"]["python_version"]] = pins_of(report)
        print(f"{python}: {len(report['install'])} packages", file=sys.stderr)
    OUT.write_text(render(pins))
    return 0


def resolve(python: str) -> dict[str, Any]:
    """Return pip's report of what it would install for the tests."""
    options = ("--dry-run", "--quiet", "--ignore-installed", "--report", "-")
    command = [python, "-m", "pip", "install", *options, f".[{','.join(EXTRAS)}]"]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def pins_of(report: Mapping[str, Any]) -> Pins:
    packages = {canonicalize_name(item["metadata"]["name"]): item for item in report["install"]}
    extras = {name: set(item.get("requested_extras", [])) for name, item in packages.items()}
    reasons = defaultdict(set)
    waiting = list(packages)
    while waiting:
        name = waiting.pop()
        for text in packages[name]["metadata"].get("requires_dist", []):
            requirement = Requirement(text)
            required = canonicalize_name(requirement.name)
            for extra in ("", *sorted(extras[name])):
                if _applies(requirement, {**report["environment"], "extra": extra}):
                    who = f"{name}[{extra}]" if extra and name == PROJECT else name
                    reasons[required].add(who)
                    # pip reports only the extras that are asked for on its command line.
                    if not requirement.extras <= extras[required]:
                        extras[required] |= requirement.extras
                        waiting.append(required)
                    break
    return {
        name: (item["metadata"]["version"], frozenset(reasons[name]))
        for name, item in packages.items()
        if name != PROJECT
    }


def _applies(requirement: Requirement, environment: dict[str, str]) -> bool:
    return requirement.marker is None or requirement.marker.evaluate(environment)


def render(pins: Mapping[str, Pins]) -> str:
    """Return the file: one line for each version of a package, with its Pythons and its reason."""
    lines = []
    for name in sorted({name for one in pins.values() for name in one}):
        pythons: dict[str, list[str]] = defaultdict(list)
        reasons: set[str] = set()
        for python, packages in pins.items():
            if name in packages:
                version, required_by = packages[name]
                pythons[version].append(python)
                reasons |= required_by
        for version, where in pythons.items():
            marker = _marker(where, list(pins))
            lines.append(f"{name}=={version}{marker}  # {_reason(reasons)}\n")
    return HEADER + "".join(lines)


def _marker(where: Sequence[str], pythons: Sequence[str]) -> str:
    """Return the shortest condition that holds for some of the Pythons, which are in order."""
    if list(where) == list(pythons):
        return ""
    if list(where) == list(pythons[-len(where) :]):
        return f' ; python_version >= "{where[0]}"'
    if list(where) == list(pythons[: len(where)]):
        return f' ; python_version <= "{where[-1]}"'
    return " ; " + " or ".join(f'python_version == "{python}"' for python in where)


def _reason(required_by: set[str]) -> str:
    """Return a reason; direct requirements of the project come first."""
    names = sorted(required_by, key=lambda name: (not name.startswith(PROJECT), name))
    more = f" and {len(names) - SHOWN_REASONS} more" if len(names) > SHOWN_REASONS else ""
    return f"required by {', '.join(names[:SHOWN_REASONS])}{more}"


if __name__ == "__main__":
    sys.exit(main())

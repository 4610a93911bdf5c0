"""Measure the start of kws-listen: the time to its first decision, and its memory.

  python -m tools.start_cost
  python -m tools.start_cost --against ../other-checkout

Each round starts every program once: pymicro-wakeword, and kws-listen with LiteRT and with NumPy
alone. So a disturbance of the machine affects all of them, and the ratios to pymicro-wakeword, one
for each round, say more than the times. The environments are those of tools.compare_peers.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.model.shipped import find_model
from tools.compare_peers import sounds
from tools.compare_peers.comparison import FIRST_DECISION_S
from tools.compare_peers.environments import CHECKOUT, python_of
from tools.compare_peers.measured_process import run
from tools.compare_peers.peers import PEERS, worker_command
from tools.compare_peers.report import KWS_LISTEN, PYMICRO

log = logging.getLogger(__name__)

RUNTIMES = ("ai_edge_litert", "numpy")


@dataclass
class Case:
    name: str
    command: Sequence[str]
    environment: dict[str, str]
    wall_s: list[float] = field(default_factory=list)
    """From the start of the process to its first decision, in each round."""
    cpu_s: list[float] = field(default_factory=list)
    """Processor time until then."""
    memory_mb: list[float] = field(default_factory=list)
    """The largest resident memory of the process."""

    def measure(self, sound: bytes) -> None:
        result = run(self.command, sound, environment=self.environment)
        self.wall_s.append(result.report["first"] - result.started)
        self.cpu_s.append(result.report["first_cpu_s"])
        self.memory_mb.append(result.memory_mb)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.start_cost", __doc__)
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="rounds (15)")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help="another checkout, whose command is measured in turn with the one of this checkout",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/peers"),
        metavar="FOLDER",
        help="the folder of the environments (out/peers)",
    )
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    checkouts = [CHECKOUT] if args.against is None else [args.against.resolve(), CHECKOUT]
    cases = list(_cases(args.out.resolve(), checkouts))
    sound = sounds.speech(FIRST_DECISION_S)
    load = os.getloadavg()[0]
    for case in cases:  # compiles the modules, and reads the files from the disk
        run(case.command, sound, environment=case.environment)
    for number in range(args.rounds):
        log.info("round %d of %d", number + 1, args.rounds)
        for case in cases if number % 2 else reversed(cases):
            case.measure(sound)
    for line in table(cases):
        print(line)
    print(f"The load was {load:.1f} before and {os.getloadavg()[0]:.1f} after.")


def table(cases: Sequence[Case]) -> Iterator[str]:
    """The medians, in Markdown. The first case is the one that the others are divided by."""
    yield "| | start to first decision | processor time | memory | ratios of the three |"
    yield "|---|---:|---:|---:|---:|"
    for case in cases:
        figures = [(case.wall_s, cases[0].wall_s), (case.cpu_s, cases[0].cpu_s)]
        figures.append((case.memory_mb, cases[0].memory_mb))
        ratios = [median(a / b for a, b in zip(*pair, strict=True)) for pair in figures]
        cells = (
            *(case.name, f"{median(case.wall_s):.3f} s", f"{median(case.cpu_s):.3f} s"),
            *(f"{median(case.memory_mb):.1f} MB", " ".join(f"{ratio:.2f}" for ratio in ratios)),
        )
        yield f"| {' | '.join(cells)} |"


def _cases(folder: Path, checkouts: Sequence[Path]) -> Iterator[Case]:
    peers = {peer.name: peer for peer in PEERS}
    python = python_of(peers[PYMICRO], folder)
    yield Case(PYMICRO, worker_command(peers[PYMICRO], python, {}), {})
    python = python_of(peers[KWS_LISTEN], folder)
    models = {"model": str(find_model("kws").resolve())}
    command = worker_command(peers[KWS_LISTEN], python, models)
    for checkout in checkouts:
        for runtime in RUNTIMES:
            name = f"kws-listen, {runtime}"
            if len(checkouts) > 1:
                name += f" ({checkout.name})"
            yield Case(name, command, {"PYTHONPATH": str(checkout), "EDGE_RUNTIME": runtime})


if __name__ == "__main__":
    sys.exit(main())

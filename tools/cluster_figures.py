"""Compare simulated people on a Ray cluster of two nodes with those of two local processes.

  python -m tools.cluster_figures --people 4000 --rounds 3

Both nodes run on this machine, with one processor each, so the difference is what the cluster
costs. Each round simulates the same people first with the processes, then on the cluster. The time
of the local processes includes their start, that of the cluster does not: it runs already, as
clusters do. The tool needs the extra `cluster`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from training.common.jobs import JobOptions
from training.motion.people.counts import FigureCounts
from training.motion.people.world import Shapes, simulate
from training.motion.strokes import Strokes

NODES = 2
FEWEST = 100  # people: one in a hundred does nothing
OBJECT_STORE = 80_000_000  # bytes, the smallest that Ray accepts


@contextmanager
def cluster() -> Iterator[JobOptions]:
    """Run nodes of one processor each on this machine."""
    try:
        import ray
        from ray.cluster_utils import Cluster
    except ImportError:
        raise EdgeError("the comparison needs Ray: pip install '.[cluster]'") from None
    node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": OBJECT_STORE}
    nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        for _ in range(NODES - 1):
            nodes.add_node(**node)
        yield JobOptions(nodes.address)
    finally:
        ray.shutdown()
        nodes.shutdown()


def timed(people: int, seed: int, jobs: JobOptions) -> tuple[float, Strokes]:
    """Simulate people who are in no cache; return the seconds and their strokes."""
    counts = FigureCounts(forms=people // 2, shapes=people // 2, turns=4, idle=people // 100)
    with tempfile.TemporaryDirectory() as cache:
        started = time.monotonic()
        strokes = simulate(counts, "train", seed, Shapes(), Path(cache), "compared", jobs)
        return time.monotonic() - started, strokes


def same(one: Strokes, other: Strokes) -> bool:
    """Whether all bytes are equal."""
    pairs = zip(one.arrays().values(), other.arrays().values(), strict=True)
    return all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.cluster_figures", __doc__)
    parser.add_argument(
        "--people", type=int, default=4000, metavar="N", help="people, a figure each (4000)"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (3)")
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    if args.people < FEWEST or args.rounds < 1:
        raise EdgeError(f"give {FEWEST} people or more, and at least one round")
    local, distributed, equal = [], [], True
    with cluster() as nodes:
        timed(FEWEST, 0, nodes)  # the workers of the cluster start
        for seed in range(args.rounds):
            seconds, here = timed(args.people, seed, JobOptions(processes=NODES))
            local.append(seconds)
            seconds, there = timed(args.people, seed, nodes)
            distributed.append(seconds)
            equal &= same(here, there)
    ratio = statistics.median(a / b for a, b in zip(local, distributed, strict=True))
    print(
        f"{args.people} figures, {len(here)} strokes; load of the machine {os.getloadavg()[0]:.1f}"
    )
    print(f"{NODES} processes: {', '.join(f'{s:.1f}' for s in local)} s")
    print(f"{NODES} nodes: {', '.join(f'{s:.1f}' for s in distributed)} s")
    print(f"same data: {'yes' if equal else 'NO'}; speed of the cluster: {ratio:.2f}, median")


if __name__ == "__main__":
    sys.exit(main())

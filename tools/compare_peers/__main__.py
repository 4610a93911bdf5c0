"""Compare kws-listen with other programs that detect words, on the same sound.

  python -m tools.compare_peers
  python -m tools.compare_peers --mlperf kws_ref_model.tflite --data speech_commands

The first run installs each peer from PyPI into an environment of its own in out/peers. A peer that
cannot be installed or run here is named with the reason, and the others are measured. The table is
printed, and written to out/peers with all figures. The comparison takes some minutes, and the
machine should run nothing else.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edge.bench.machine.description import describe_machine
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.model.shipped import find_model
from tools.compare_peers import sounds
from tools.compare_peers.comparison import START_S, Comparison, Row
from tools.compare_peers.environments import PeerMissing, package_versions, python_of
from tools.compare_peers.peers import PEERS, Peer
from tools.compare_peers.report import KWS_LISTEN, PYMICRO, document, markdown

log = logging.getLogger(__name__)

LONGEST_S = max(peer.seconds for peer in PEERS)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.compare_peers", __doc__)
    parser.add_argument(
        "--model", default="kws", metavar="NAME|FILE", help="the model of kws-listen (kws)"
    )
    parser.add_argument(
        "--mlperf", metavar="FILE", help="the int8 reference model of MLPerf Tiny keyword spotting"
    )
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="Speech Commands, to compare the accuracy"
    )
    parser.add_argument("--split", default="test", help="the split in its index.csv (test)")
    parser.add_argument(
        "--sound",
        nargs="+",
        default=(),
        metavar="FILE",
        help="recorded speech, instead of that of simulated people",
    )
    parser.add_argument(
        "--rounds", type=int, default=7, metavar="N", help="rounds; fewer for slow peers (7)"
    )
    parser.add_argument(
        "--real-time",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="length of each round in real time (30)",
    )
    parser.add_argument(
        "--real-time-rounds",
        type=int,
        default=3,
        metavar="N",
        help="rounds in real time, with speech and with silence (3)",
    )
    parser.add_argument(
        "--only", nargs="+", default=(), metavar="PEER", help="measure only these peers"
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("out/peers"),
        metavar="FOLDER",
        help="where to write environments and results (out/peers)",
    )
    add_common(parser)
    return run_command(parser, compare, argv)


def compare(args: argparse.Namespace) -> None:
    models = {"model": str(find_model(args.model).resolve())}
    if args.mlperf:
        models["mlperf"] = str(find_model(args.mlperf).resolve())
    rows = {peer.name: Row(peer) for peer in choose_peers(args.only)}
    if KWS_LISTEN in rows and not Path(models["model"]).is_file():
        raise EdgeError(f"{models['model']} does not exist: give a model with --model")
    clips = sounds.clips(args.data, args.split) if args.data else None
    length = START_S + max(LONGEST_S, args.real_time)
    speech, silence = sounds.speech(length, args.sound), sounds.silence(length)
    pythons = install(rows, models, args.out.resolve())
    load = os.getloadavg()[0]
    comparison = Comparison(rows, pythons, models, {"speech": speech, "silence": silence})
    comparison.measure_rounds(args.rounds)
    comparison.measure_real_time((KWS_LISTEN, PYMICRO), args.real_time, args.real_time_rounds)
    if clips is not None:
        comparison.measure_accuracy(clips)
    conditions = {
        "machine": describe_machine(),
        "load": (load, os.getloadavg()[0]),
        "sound": _describe_sound(args.sound),
        "versions": _versions(rows),
    }
    write(args.out, rows, conditions)


def choose_peers(names: Sequence[str]) -> list[Peer]:
    """The peers with these names; all peers if there are no names."""
    known = [peer.name for peer in PEERS]
    for name in names:
        if name not in known:
            raise EdgeError(f"no peer {name!r}: choose from {', '.join(known)}")
    return [peer for peer in PEERS if not names or peer.name in names]


def install(rows: Mapping[str, Row], models: Mapping[str, str], folder: Path) -> dict[str, Path]:
    """Return the interpreter of each environment. A row without one gets the reason."""
    pythons: dict[str, Path] = {}
    failures: dict[str, str] = {}
    for row in rows.values():
        peer = row.peer
        if "{mlperf}" in peer.worker and "mlperf" not in models:
            row.missing = "not measured, because its model was not given (--mlperf)"
            continue
        if peer.environment not in pythons and peer.environment not in failures:
            log.info("environment of %s", peer.environment)
            try:
                pythons[peer.environment] = python_of(peer, folder)
            except PeerMissing as error:
                failures[peer.environment] = str(error)
        if peer.environment in failures:
            row.missing = failures[peer.environment]
        else:
            row.versions = package_versions(pythons[peer.environment])
    return pythons


def write(folder: Path, rows: Mapping[str, Row], conditions: Mapping[str, Any]) -> None:
    """Write the results to the folder, and print the table."""
    folder.mkdir(parents=True, exist_ok=True)
    table = markdown(rows, conditions)
    (folder / "peers.md").write_text(table)
    results = document(rows, conditions)
    (folder / "peers.json").write_text(json.dumps(results, indent=1) + "\n")
    print(table, end="")


def _versions(rows: Mapping[str, Row]) -> dict[str, str]:
    """For each environment: the versions of the peer, of NumPy and of LiteRT."""
    texts = {}
    for row in rows.values():
        wanted = {*row.peer.packages, row.peer.environment, "numpy", "ai-edge-litert"}
        versions = {n: v for n, v in row.versions.items() if n.replace("_", "-") in wanted}
        if versions:
            texts[row.peer.environment] = ", ".join(f"{n} {v}" for n, v in versions.items())
    return texts


def _describe_sound(files: Sequence[str]) -> str:
    if files:
        return f"speech from {len(files)} given files or folders, repeated"
    return f"simulated speakers (seed {sounds.SEED}) without pauses, and a quiet room"


if __name__ == "__main__":
    sys.exit(main())

"""Compare kws-listen with other programs that listen for words: on one sound, in one run.

  python -m tools.compare_peers
  python -m tools.compare_peers --mlperf kws_ref_model.tflite --data speech_commands

Each peer gets an environment of its own in out/peers, from PyPI, the first time. What cannot be
installed or run here is named, and the rest goes on. The table is printed and kept there with all
figures. It takes some minutes, and the machine should have nothing else to do.
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
from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.model.shipped import find_model
from tools.compare_peers import sounds
from tools.compare_peers.compare import SHORT, Comparison, Row
from tools.compare_peers.environments import PeerMissing, python_of, versions
from tools.compare_peers.peers import PEERS, Peer
from tools.compare_peers.report import OURS, PYMICRO, document, markdown

log = logging.getLogger(__name__)

SECONDS = SHORT + max(peer.seconds for peer in PEERS)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.compare_peers", __doc__)
    parser.add_argument("--model", default="kws", metavar="NAME|FILE", help="ours (kws)")
    parser.add_argument("--mlperf", metavar="FILE", help="MLPerf Tiny's reference model, int8")
    parser.add_argument(
        "--data", type=Path, metavar="FOLDER", help="Speech Commands, to count who is right"
    )
    parser.add_argument("--split", default="test", help="of its index.csv (test)")
    parser.add_argument(
        "--sound",
        nargs="+",
        default=(),
        metavar="FILE",
        help="speech to be heard, in place of that of simulated people",
    )
    parser.add_argument("--rounds", type=int, default=7, help="of those who are fast (7)")
    parser.add_argument("--real-time", type=float, default=30.0, metavar="SECONDS", help="(30)")
    parser.add_argument("--only", nargs="+", default=(), metavar="PEER", help="these, not all")
    parser.add_argument("--out", type=Path, default=Path("out/peers"), help="(out/peers)")
    add_common(parser)
    return run_command(parser, compare, argv)


def compare(args: argparse.Namespace) -> None:
    models = {"model": str(find_model(args.model).resolve())}
    if args.mlperf:
        models["mlperf"] = str(find_model(args.mlperf).resolve())
    rows = {peer.name: Row(peer) for peer in chosen(args.only)}
    if OURS in rows and not Path(models["model"]).is_file():
        raise EdgeError(f"{models['model']} does not exist: give a model with --model")
    clips = sounds.clips(args.data, args.split) if args.data else None
    heard = {"speech": sounds.speech(SECONDS, args.sound), "silence": sounds.silence(SECONDS)}
    pythons = installed(rows, models, args.out.resolve())
    load = os.getloadavg()[0]
    comparison = Comparison(rows, pythons, models, heard)
    comparison.rounds(args.rounds)
    comparison.in_real_time((OURS, PYMICRO), args.real_time)
    if clips is not None:
        comparison.accuracy(clips)
    about = {
        "machine": describe_machine(),
        "load": (load, os.getloadavg()[0]),
        "sound": _described(args.sound),
        "versions": _versions(rows),
    }
    write(args.out, rows, about)


def chosen(names: Sequence[str]) -> list[Peer]:
    known = [peer.name for peer in PEERS]
    for name in names:
        if name not in known:
            raise EdgeError(f"no peer {name!r}: choose from {', '.join(known)}")
    return [peer for peer in PEERS if not names or peer.name in names]


def installed(
    rows: Mapping[str, Row], models: Mapping[str, str], folder: Path
) -> Mapping[str, Path]:
    """The environments' interpreters; a row without one says why."""
    pythons: dict[str, Path] = {}
    failed: dict[str, str] = {}
    for row in rows.values():
        peer = row.peer
        if "{mlperf}" in peer.worker and "mlperf" not in models:
            row.missing = "left out, for its model was not given (--mlperf)"
            continue
        if peer.environment not in pythons and peer.environment not in failed:
            log.info("environment of %s", peer.environment)
            try:
                pythons[peer.environment] = python_of(peer, folder)
            except PeerMissing as error:
                failed[peer.environment] = str(error)
        if peer.environment in failed:
            row.missing = failed[peer.environment]
        else:
            row.versions = versions(pythons[peer.environment])
    return pythons


def write(folder: Path, rows: Mapping[str, Row], about: Mapping[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = markdown(rows, about)
    (folder / "peers.md").write_text(table)
    (folder / "peers.json").write_text(json.dumps(document(rows, about), indent=1) + "\n")
    print(table, end="")


def _versions(rows: Mapping[str, Row]) -> dict[str, str]:
    """Of what is compared, and of what it computes with."""
    told = {}
    for row in rows.values():
        wanted = {*row.peer.packages, row.peer.environment, "numpy", "ai-edge-litert"}
        held = {name: v for name, v in row.versions.items() if name.replace("_", "-") in wanted}
        if held:
            told[row.peer.environment] = ", ".join(f"{name} {v}" for name, v in held.items())
    return told


def _described(files: Sequence[str]) -> str:
    if files:
        return f"speech from {len(files)} named files or folders, over and over"
    return f"simulated speakers (seed {sounds.SEED}) without a pause, and a quiet room"


if __name__ == "__main__":
    sys.exit(main())

"""Print whether days of sound leave a trace: in memory, or in the times of what is heard.

  python -m tools.endurance
  python -m tools.endurance --hours 2 --rate 16000

Simulated people speak for a minute, somebody is quiet for another, and `kws-listen --pcm` hears
those two again and again, as fast as it goes. What it hears in one round it must hear in all, at
the same moment of the round. 24 hours take some minutes.
"""

from __future__ import annotations

import argparse
import json
import logging
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np

from edge.bench.machine.memory import resident_mb
from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.model.manifest import read_manifest
from edge.model.shipped import find_model
from edge.simulation.sound.utterances import parse_script
from edge.source.files.pcm import rate
from edge.source.simulated.microphone import SimulatedMicrophone

log = logging.getLogger(__name__)

WORDS = "yes no up down left right on off stop go " * 2
ROUND = 120  # s: a whole number of the model's steps, and of samples at any rate
SEED = 11
HOUR = 3600


@dataclass
class Endured:
    events: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    memory: list[float] = field(default_factory=list)
    """MB that are resident: after the first round, each hour, and the last round."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.endurance", __doc__)
    parser.add_argument("--model", default="kws", metavar="NAME|FILE", help="(kws)")
    parser.add_argument("--hours", type=_hours, default=24.0, metavar="N", help="of sound (24)")
    parser.add_argument(
        "--rate", type=rate, default=44100, metavar="HZ", help="of the microphone (44100)"
    )
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    model = find_model(args.model)
    heard_at = read_manifest(model).rate_hz
    rounds = round(args.hours * HOUR / ROUND)
    endured = listened(str(model), args.rate, one_round(args.rate), rounds)
    for line in report(endured, rounds, args.rate, rounds * ROUND * heard_at):
        print(line)


def one_round(rate: int) -> bytes:
    """16 bits a sample."""
    microphone = SimulatedMicrophone(
        {"rate_hz": rate}, parse_script(WORDS), SEED, pause=float(ROUND), speed=np.inf
    )
    chunks, count = [], 0
    for chunk in microphone:
        chunks.append(chunk.values[:, 0])
        count += len(chunk)
        if count >= ROUND * rate:
            break
    sound = np.concatenate(chunks)[: ROUND * rate]
    return (sound * 32767).astype("<i2").tobytes()


def listened(model: str, rate: int, sound: bytes, rounds: int) -> Endured:
    """What the command makes of so many rounds. EdgeError if it ends with an error."""
    call = "import sys; from edge.commands.kws_listen import main; sys.exit(main())"
    listen = ["--model", model, "--pcm", "--pcm-rate", str(rate), "--json"]
    endured = Endured()
    with subprocess.Popen(
        [sys.executable, "-c", call, *listen], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        reading = threading.Thread(target=_collect, args=(process.stdout, endured))
        reading.start()
        try:
            for number in range(rounds):
                process.stdin.write(sound)
                if number in (0, rounds - 1) or (number + 1) * ROUND % HOUR == 0:
                    endured.memory.append(resident_mb(process.pid))
                    log.info(
                        "%.1f h heard, %.1f MB", (number + 1) * ROUND / HOUR, endured.memory[-1]
                    )
            process.stdin.close()
        except (BrokenPipeError, KeyError):
            pass  # it ended: its own words are on stderr
        reading.join()
    if process.returncode:
        raise EdgeError(f"kws-listen ended with status {process.returncode}: see above")
    return endured


def report(endured: Endured, rounds: int, rate: int, expected: int) -> Iterator[str]:
    """Of the first round nothing is asked: the model had heard nothing before it."""
    every: list[list[tuple[str, float]]] = [[] for _ in range(rounds)]
    for event in endured.events:
        number, moment = divmod(event["t"], ROUND)
        every[int(number)].append((event["label"], moment))
    heard = every[1:]
    usual, times = Counter(map(_labels, heard)).most_common(1)[0]
    moments = [[t for _, t in events] for events in heard if _labels(events) == usual]
    apart = np.ptp(moments, axis=0).max() if usual else 0.0
    first, last = endured.memory[0], endured.memory[-1]
    yield f"{rounds * ROUND / HOUR:g} hours at {rate} Hz, {rounds} rounds of {ROUND} s:"
    yield f"  {times} of the {rounds - 1} after the first: the same {len(usual)} words"
    yield f"  at the same moment of the round, within {1000 * apart:.0f} ms"
    most = max(endured.memory[1:])
    yield f"  memory after the first: {first:.1f} MB, then at most {most:.1f}, at last {last:.1f}"
    yield f"  {endured.summary['samples']} samples were heard, {expected} should have been"


def _labels(events: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    return tuple(label for label, _ in events)


def _collect(lines: IO[bytes], endured: Endured) -> None:
    for line in lines:
        said = json.loads(line)
        if said["event"] == "summary":
            endured.summary = said
        else:
            endured.events.append(said)


def _hours(text: str) -> float:
    if not 2 * ROUND / HOUR <= float(text) <= 10000:
        raise argparse.ArgumentTypeError(
            f"{text} is no time: {2 * ROUND / HOUR:.2g} to 10000 hours"
        )
    return float(text)


if __name__ == "__main__":
    sys.exit(main())

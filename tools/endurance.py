"""Run kws-listen on 24 hours of sound: do its memory and its detections stay the same?

  python -m tools.endurance
  python -m tools.endurance --hours 2 --rate 16000

One round is two minutes: simulated people speak in the first, and the second has only background
noise. `kws-listen --pcm` gets the same round again and again, as fast as it can process it. In each
round it should detect the same words at the same times. 24 hours of sound take some minutes.
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

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.formats.sound.wav_writer import pcm_bytes
from edge.model import read_manifest
from edge.model.shipped import find_model
from edge.simulation.sound.utterances import parse_script
from edge.source.files.pcm_pipe import rate
from edge.source.simulated.microphone import SimulatedMicrophone
from edge.usage import resident_mb
from tools.commands import edge_command

log = logging.getLogger(__name__)

WORDS = "yes no up down left right on off stop go " * 2
ROUND_S = 120  # a multiple of the model's step, and a whole number of samples at any rate
SEED = 11
HOUR_S = 3600


@dataclass
class Run:
    """The output of kws-listen over all rounds, and its memory."""

    events: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    memory_mb: list[float] = field(default_factory=list)
    """Resident memory after the first round, after each hour and after the last round."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.endurance", __doc__)
    parser.add_argument(
        "--model", default="kws", metavar="NAME|FILE", help="the model to listen with (kws)"
    )
    parser.add_argument(
        "--hours", type=_hours, default=24.0, metavar="N", help="hours of sound (24)"
    )
    parser.add_argument(
        "--rate", type=rate, default=44100, metavar="HZ", help="sample rate of the sound (44100)"
    )
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    model = find_model(args.model)
    rounds = round(args.hours * HOUR_S / ROUND_S)
    run = listen(str(model), args.rate, sound_of_one_round(args.rate), rounds)
    expected_samples = rounds * ROUND_S * read_manifest(model).rate_hz
    for line in report(run, rounds, args.rate, expected_samples):
        print(line)


def sound_of_one_round(rate: int) -> bytes:
    """16-bit mono samples."""
    microphone = SimulatedMicrophone(
        {"rate_hz": rate}, parse_script(WORDS), SEED, pause=float(ROUND_S), speed=np.inf
    )
    chunks, count = [], 0
    for chunk in microphone:
        chunks.append(chunk.values[:, 0])
        count += len(chunk)
        if count >= ROUND_S * rate:
            break
    return pcm_bytes(np.concatenate(chunks)[: ROUND_S * rate])


def listen(model: str, rate: int, sound: bytes, rounds: int) -> Run:
    """Pipe the sound of each round into kws-listen. EdgeError if it ends with an error."""
    options = ["--model", model, "--pcm", "--pcm-rate", str(rate), "--json"]
    run = Run()
    with subprocess.Popen(
        edge_command("kws_listen", *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        reader = threading.Thread(target=_collect, args=(process.stdout, run))
        reader.start()
        try:
            for number in range(rounds):
                process.stdin.write(sound)
                if number in (0, rounds - 1) or (number + 1) * ROUND_S % HOUR_S == 0:
                    run.memory_mb.append(resident_mb(process.pid))
                    hours = (number + 1) * ROUND_S / HOUR_S
                    log.info("%.1f hours of sound, %.1f MB", hours, run.memory_mb[-1])
            process.stdin.close()
        except (BrokenPipeError, KeyError):
            pass  # the command has ended, and has written the reason to stderr
        reader.join()
    if process.returncode:
        raise EdgeError(f"kws-listen ended with status {process.returncode}: see its message above")
    return run


def report(run: Run, rounds: int, rate: int, expected_samples: int) -> Iterator[str]:
    """Compare all rounds but the first, in which the model starts without any earlier sound."""
    by_round: list[list[tuple[str, float]]] = [[] for _ in range(rounds)]
    for event in run.events:
        number, moment = divmod(event["t"], ROUND_S)
        by_round[int(number)].append((event["label"], moment))
    compared = by_round[1:]
    usual, count = Counter(map(_labels, compared)).most_common(1)[0]
    moments = [[t for _, t in events] for events in compared if _labels(events) == usual]
    spread_s = np.ptp(moments, axis=0).max() if usual else 0.0
    first, last, highest = run.memory_mb[0], run.memory_mb[-1], max(run.memory_mb[1:])
    yield f"{rounds * ROUND_S / HOUR_S:g} hours at {rate} Hz, {rounds} rounds of {ROUND_S} s:"
    yield f"  {count} of {rounds - 1} rounds after the first: the same {len(usual)} words"
    yield f"  times within the round: equal within {1000 * spread_s:.0f} ms"
    yield f"  memory: {first:.1f} MB after the first round, highest {highest:.1f}, last {last:.1f}"
    yield f"  samples: {run.summary['samples']} of {expected_samples} processed"


def _labels(events: Sequence[tuple[str, float]]) -> tuple[str, ...]:
    return tuple(label for label, _ in events)


def _collect(lines: IO[bytes], run: Run) -> None:
    for line in lines:
        event = json.loads(line)
        if event["event"] == "summary":
            run.summary = event
        elif event["event"] == "detection":
            run.events.append(event)


def _hours(text: str) -> float:
    shortest = 2 * ROUND_S / HOUR_S
    if not shortest <= float(text) <= 10000:
        raise argparse.ArgumentTypeError(f"{text} is not possible: give {shortest:.2g} to 10000")
    return float(text)


if __name__ == "__main__":
    sys.exit(main())

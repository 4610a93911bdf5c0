"""Measure the live recognition of AirDigit: accuracy on new simulated people, delay, CPU, memory.

  python -m tools.live_figures

Simulated people who are not in the training set draw digits, and then move in other ways. The
samples go through the shipped chain as fast as possible. Then `airdigit-live` replays one
minute of digits in real time, and the operating system reports its processor time and memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.bench.detections import assign_detections
from edge.chain import Chain, run
from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.events import Detection, Retraction, RunEvent, valid_detections
from edge.formats.motion import Recording, own_csv
from edge.model import Model
from edge.samples import MOTION
from edge.sink import Sink, StreamInfo
from edge.source.simulated.hand import SimulatedHand
from tools.commands import edge_command

FIRST_SEED = 7000  # of the simulated people; training uses other seeds
TOLERANCE_S = 0.6  # after the end of a digit, a detection still counts for it
REPLAY_S = 60.0  # in real time
DIGITS = "0123456789"


class DetectionList(Sink):
    """A sink that collects the detections that are not retracted."""

    def __init__(self) -> None:
        super().__init__(StreamInfo(0, MOTION))
        self.detections: list[Detection] = []

    def show(self, event: RunEvent) -> None:
        if isinstance(event, (Detection, Retraction)):
            self.detections = valid_detections([*self.detections, event])


def main(argv: Sequence[str] | None = None, replay_s: float = REPLAY_S) -> int:
    parser = CommandParser("python -m tools.live_figures", __doc__)
    parser.add_argument(
        "--model", default="airdigit", metavar="NAME|FILE", help="the model (airdigit)"
    )
    parser.add_argument(
        "--hands", type=int, default=50, help="people who draw ten digits each (50)"
    )
    parser.add_argument(
        "--minutes", type=float, default=30.0, help="minutes of motion without digits (30)"
    )
    add_common(parser)
    return run_command(parser, lambda args: measure(args, replay_s), argv)


def measure(args: argparse.Namespace, replay_s: float) -> None:
    model = Model.load(args.model, task="airdigit")
    _print_accuracy(model, args.hands)
    _print_false_digits(model, args.minutes)
    _print_cost(args.model, replay_s)
    print(f"model file: {model.path.stat().st_size} bytes")


def _print_accuracy(model: Model, people: int) -> None:
    drawn = right = extra = 0
    wrong: Counter[str] = Counter()
    for person in range(people):
        seed = FIRST_SEED + person
        order = np.random.default_rng(seed).permutation(list(DIGITS))
        source = SimulatedHand(_sensor(model), "".join(order), seed, speed=np.inf)
        detections = _detections(model, source)
        by_digit, unassigned = assign_detections(source.marks, detections, TOLERANCE_S)
        for mark, found in by_digit:
            drawn += 1
            labels = [detection.label for detection in found]
            right += labels == [mark.label]
            if labels != [mark.label]:
                wrong[f"{mark.label} as {'+'.join(labels) or 'nothing'}"] += 1
        extra += len(unassigned)
    print(
        f"digits of {people} new simulated people: {right} of {drawn} right ({right / drawn:.3f})"
    )
    print(f"  false digits between them: {extra}")
    if wrong:
        print("  wrong: " + ", ".join(f"{digit} ({n})" for digit, n in wrong.most_common()))


def _print_false_digits(model: Model, minutes: float) -> None:
    source = SimulatedHand(_sensor(model), "", FIRST_SEED, pastime=minutes * 60, speed=np.inf)
    labels = [detection.label for detection in _detections(model, source)]
    simulated_minutes = source.health.samples / source.rate / 60
    print(
        f"rest, walks, fidgeting, scribbles for {simulated_minutes:.0f} min: "
        f"{len(labels)} false digits"
    )
    if labels:
        print("  as: " + ", ".join(labels))


def _print_cost(model: str, replay_s: float) -> None:
    """Replay `replay_s` of digits in real time with the command that people use.

    The replay of one second shows the cost of the start, which is subtracted.
    """
    source = SimulatedHand(_sensor(Model.load(model)), DIGITS * 2, FIRST_SEED, speed=np.inf)
    with source:
        chunks = [chunk for chunk in source if chunk.t[-1] < replay_s]
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    with tempfile.TemporaryDirectory() as folder:
        whole, second = Path(folder) / "whole.csv", Path(folder) / "second.csv"
        first = t - t[0] < 1.0
        whole.write_text(own_csv.render(Recording.checked(t, values, MOTION)))
        second.write_text(own_csv.render(Recording.checked(t[first], values[first], MOTION)))
        start_cpu_s, _ = _replay(model, second)
        cpu_s, output = _replay(model, whole)
    events = [json.loads(line) for line in output.splitlines()]
    delays_ms = [event["latency_ms"] for event in events if event["event"] == "detection"]
    seconds = float(t[-1] - t[0])
    share = (cpu_s - start_cpu_s) / (seconds - 1.0)
    memory_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"airdigit-live on {seconds:.0f} s at 100 Hz, in real time, {len(delays_ms)} digits:")
    print(
        f"  stroke end to event: median {np.median(delays_ms):.0f} ms, max {max(delays_ms):.0f} ms"
    )
    print(f"  CPU: {share:.2%} of one core, after {start_cpu_s:.2f} s to start")
    print(f"  peak memory: {memory_mb:.0f} MB")


def _replay(model: str, path: Path) -> tuple[float, str]:
    """Processor time in s and output of `airdigit-live` on a recording, in real time."""
    command = edge_command("airdigit_live", "--model", model, "--json", "--replay", str(path))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu_s, result.stdout


def _detections(model: Model, source: SimulatedHand) -> list[Detection]:
    sink = DetectionList()
    with source:
        run(source, Chain(model), [sink])
    return sink.detections


def _sensor(model: Model) -> dict[str, object]:
    """The sensor settings that the model requires."""
    requirements: dict[str, object] = model.manifest.input["sensor"]
    return requirements


if __name__ == "__main__":
    sys.exit(main())

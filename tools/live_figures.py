"""Print how AirDigit does live: simulated people it never met, and its cost on this machine.

  python -m tools.live_figures

Digits drawn by new simulated people (training never has their seeds) and a stretch of anything but
digits go through the shipped chain, as fast as it goes. Then `airdigit-live` itself replays one
minute in real time, and the system says what that cost.
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

from edge import chain
from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.decision import Event
from edge.events import Detection, Summary
from edge.formats.motion import Recording, own_csv
from edge.model import Model
from edge.samples import MOTION
from edge.sink import Sink
from edge.source.simulated.hand import SimulatedHand

FIRST_SEED = 7000  # of the simulated people; any other will do
PATIENCE = 0.6  # s after a digit's end in which its detection counts
REAL_TIME = 60.0  # s
DIGITS = "0123456789"


class Collected(Sink):
    """Keeps the detections."""

    def __init__(self) -> None:
        super().__init__(0.0, "")
        self.detections: list[Detection] = []

    def show(self, event: Event | Summary) -> None:
        if isinstance(event, Detection):
            self.detections.append(event)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.live_figures", __doc__)
    parser.add_argument("--model", default="airdigit", metavar="NAME|FILE")
    parser.add_argument("--hands", type=int, default=50, help="new people, ten digits each (50)")
    parser.add_argument("--minutes", type=float, default=30.0, help="of anything but digits (30)")
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    model = Model.load(args.model, task="airdigit")
    _digits(model, args.hands)
    _pastime(model, args.minutes)
    _cost(args.model)
    print(f"model file: {model.path.stat().st_size} bytes")


def _digits(model: Model, hands: int) -> None:
    drawn = right = extra = 0
    wrong: Counter[str] = Counter()
    for hand in range(hands):
        order = np.random.default_rng(FIRST_SEED + hand).permutation(list(DIGITS))
        source = SimulatedHand(_needs(model), "".join(order), FIRST_SEED + hand, speed=np.inf)
        found = _run(model, source)
        for mark in source.marks:
            drawn += 1
            mine = [d for d in found if mark.start < d.t < mark.end + PATIENCE]
            found = [d for d in found if d not in mine]
            labels = [d.label for d in mine]
            right += labels == [mark.label]
            if labels != [mark.label]:
                wrong[f"{mark.label} as {'+'.join(labels) or 'nothing'}"] += 1
        extra += len(found)
    print(f"digits by {hands} new simulated people: {right} of {drawn} right ({right / drawn:.3f})")
    print(f"  false digits between them: {extra}")
    if wrong:
        print("  wrong: " + ", ".join(f"{what} ({n})" for what, n in wrong.most_common()))


def _pastime(model: Model, minutes: float) -> None:
    source = SimulatedHand(_needs(model), "", FIRST_SEED, pastime=minutes * 60, speed=np.inf)
    false = [d.label for d in _run(model, source)]
    took = source.health.samples / source.rate / 60
    print(f"idle, walking, fidgeting, scribbles for {took:.0f} min: {len(false)} false digits")
    if false:
        print("  as: " + ", ".join(false))


def _cost(model: str) -> None:
    """One minute of digits, replayed in real time by the command that people use.

    A second of it says what starting and loading the model cost, which is told apart.
    """
    source = SimulatedHand(_needs(Model.load(model)), DIGITS * 2, FIRST_SEED, speed=np.inf)
    with source:
        chunks = [chunk for chunk in source if chunk.t[-1] < REAL_TIME]
    t = np.concatenate([chunk.t for chunk in chunks])
    values = np.concatenate([chunk.values for chunk in chunks])
    with tempfile.TemporaryDirectory() as folder:
        minute, second = Path(folder) / "minute.csv", Path(folder) / "second.csv"
        first = t - t[0] < 1.0
        minute.write_text(own_csv.render(Recording.checked(t, values, MOTION)))
        second.write_text(own_csv.render(Recording.checked(t[first], values[first], MOTION)))
        start_up, _ = _replayed(model, second)
        cpu, output = _replayed(model, minute)
    events = [json.loads(line) for line in output.splitlines()]
    waits = [event["latency_ms"] for event in events if event["event"] == "detection"]
    seconds = float(t[-1] - t[0])
    share = (cpu - start_up) / (seconds - 1.0)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"airdigit-live on {seconds:.0f} s at 100 Hz, in real time, {len(waits)} digits:")
    print(f"  stroke end to event: median {np.median(waits):.0f} ms, most {max(waits):.0f} ms")
    print(f"  CPU: {share:.2%} of one core, after {start_up:.2f} s to start")
    print(f"  peak memory: {memory:.0f} MB")


def _replayed(model: str, path: Path) -> tuple[float, str]:
    """CPU seconds and output of `airdigit-live` on a recording, in real time."""
    call = "import sys; from edge.commands.airdigit_live import main; sys.exit(main())"
    command = [sys.executable, "-c", call, "--model", model, "--json", "--replay", str(path)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, done.stdout


def _run(model: Model, source: SimulatedHand) -> list[Detection]:
    sink = Collected()
    with source:
        chain.run(source, model.features(MOTION), model, model.decision(), sink)
    return sink.detections


def _needs(model: Model) -> dict[str, object]:
    requirements: dict[str, object] = model.manifest.input["sensor"]
    return requirements


if __name__ == "__main__":
    sys.exit(main())

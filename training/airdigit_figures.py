"""Print the figures of AirDigit on people, sessions and devices that training did not see.

  python -m training.airdigit_figures --data imu_handheld imu_phone strokes_wand

For every row a network is trained anew, with all that the row names kept out, by the recipe that
makes the shipped model; it is tested as an int8 model on the device's runtime. One pretraining on
simulated people serves all of them. Allow an hour on two cores. --out writes the table to a file.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import RecordingError
from edge.events import Detection
from edge.features import Window
from edge.features.motion.stroke import LIVE_HANG
from edge.samples import MOTION, Chunk
from edge.simulation.seeds import seed
from training import airdigit
from training.common import tflite
from training.motion import dataset, export, fit, network, simulated_people
from training.motion.report import Result, per_class
from training.motion.split import last_of_each_label
from training.motion.strokes import Strokes

log = logging.getLogger(__name__)

COMMAND = "python -m training.airdigit_figures --data imu_handheld imu_phone strokes_wand"
HANDHELD, PHONE = "imu_handheld", "imu_phone"
OWN_TAKES = 5  # of each digit, that a new user records
LAST_BY_TIME = 0.2
PHONE_FIRST = 40  # takes of each digit


@dataclass(frozen=True)
class Protocol:
    """What is kept out of training, and which part of it is the test."""

    name: str
    target: float
    kept_out: NDArray[np.bool_]
    tested: NDArray[np.bool_]
    own: NDArray[np.bool_] | None = None
    """Takes of the tested person that an adaptation may learn from."""
    live: str = ""
    """A corpus that is also played to the live chain, take by take."""


def protocols(real: Strokes) -> Iterator[Protocol]:
    handheld, phone = real.corpus == HANDHELD, real.corpus == PHONE
    digits = {
        s: set(real.label[handheld & (real.session == s)]) for s in set(real.session[handheld])
    }
    for session in sorted(digits):
        if set("12345") <= digits[session]:
            mine = handheld & (real.session == session)
            yield Protocol(f"{HANDHELD}, session {session} left out", 0.92, mine, mine)
    late = last_of_each_label(real, handheld, LAST_BY_TIME)
    later = last_of_each_label(real, phone, first=PHONE_FIRST)
    # One training for both: neither sees the late takes of either.
    yield Protocol(f"{HANDHELD}, first 80 % / last 20 % of each digit", 0.97, late | later, late)
    yield Protocol(
        f"{PHONE}, first {PHONE_FIRST} / last 10 of each digit", 0.88, late | later, later
    )
    for corpus, mine in ((PHONE, phone), (HANDHELD, handheld)):
        name = f"no take of {corpus} in training -> {corpus}"
        yield Protocol(name, 0.85, mine, mine, live=corpus)
        rest = last_of_each_label(real, mine, first=OWN_TAKES)
        yield Protocol(
            f"... and {OWN_TAKES} own takes a digit given (--base), tested on later takes",
            *(0.96, mine, rest, mine & ~rest),
        )


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.airdigit_figures", __doc__)
    parser.add_argument("--data", nargs="+", required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE.md")
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    parser.add_argument("--people", type=int, default=airdigit.PEOPLE, metavar="N")
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    real = dataset.recordings(args.data)
    as_labelled = dataset.recordings(args.data, corrected=False)
    if {HANDHELD, PHONE} - set(real.corpus):
        raise RecordingError(f"--data must hold the folders {HANDHELD} and {PHONE}")
    world = simulated_people.people(args.people, 0, dataset.drawn_paths(args.data))
    own_world = simulated_people.people(
        airdigit.ADAPT_PEOPLE, airdigit.FIRST_JUDGE + airdigit.JUDGES
    )
    judges = simulated_people.people(airdigit.JUDGES, airdigit.FIRST_JUDGE)
    pretrained = fit.pretrain(world, args.seed)
    live = ["## Live", "", "The takes of a corpus that was kept out, played to the live chain:", ""]
    trained: dict[bytes, keras.Model] = {}
    results: list[tuple[Protocol, Result, NDArray[np.bool_]]] = []
    for protocol in protocols(real):
        key = protocol.kept_out.tobytes()
        if key not in trained:
            trained[key] = fit.finish(pretrained, world, real[~protocol.kept_out], args.seed)
        learnt = trained[key]
        ranges = airdigit.calibration(world, real[~protocol.kept_out])
        if protocol.own is not None:
            # As a user would: from the int8 file, not from the float network behind it.
            base = network.from_model(tflite.to_int8(learnt, ranges))
            learnt = fit.adapt(base, own_world, real[protocol.own], args.seed)
        tested = as_labelled[protocol.tested]
        result = airdigit.judge(protocol.name, learnt, tested, ranges)
        wrong = tested.label != real.label[protocol.tested]
        results.append((protocol, result, wrong))
        if protocol.live:
            (folder,) = (d for d in args.data if Path(d).resolve().name == protocol.live)
            live.append(_live(folder, learnt, ranges, judges))
    text = "\n".join([*_table(results), "", *live])
    print(text)
    if args.out:
        args.out.write_text(text + "\n")


def _live(folder: str, learnt: keras.Model, ranges: NDArray[np.float32], judges: Strokes) -> str:
    """How many takes give their digit and nothing else, as `airdigit-live` would hear them."""
    scores = export.device_scores(export.quantised(learnt, ranges), judges)
    idle = airdigit.JUDGES * simulated_people.PASTIME
    threshold = export.threshold_for(scores, judges, idle)
    model = export.quantised(learnt, ranges, threshold)
    outcome: Counter[str] = Counter()
    for take in dataset.takes(folder):
        features, decision = model.features(MOTION), model.decision()
        chunk = Chunk(take.t, take.values)
        windows = [
            w for w in (*features.process(chunk), *features.finish()) if isinstance(w, Window)
        ]
        events = [e for w in windows for e in decision.process(w, model.scores(w.tensor))]
        labels = [event.label for event in events if isinstance(event, Detection)]
        right = labels == [take.label]
        outcome["right" if right else f"{min(len(labels), 2)} answers"] += 1
    total = sum(outcome.values())
    return (
        f"- {Path(folder).name}: {outcome['right'] / total:.3f} of {total} right; "
        f"no answer {outcome['0 answers']}, a wrong one {outcome['1 answers']}, "
        f"several {outcome['2 answers']} (threshold {threshold:.2f}; a hand that pauses for "
        f"{LIVE_HANG} s within a digit takes it apart)"
    )


def _table(
    results: Sequence[tuple[Protocol, Result, NDArray[np.bool_]]],
) -> Iterator[str]:
    yield "# AirDigit on people, sessions and devices that training did not see"
    yield ""
    yield f"Printed by `{COMMAND}`."
    yield "Two writers in all, one for each corpus: few people. int8 on the device's runtime."
    yield ""
    yield "| kept out, and tested | strokes | goal | int8 | float | int8, right labels |"
    yield "|---|---|---|---|---|---|"
    for protocol, result, wrong in results:
        yield (
            f"| {protocol.name} | {len(result.truth)} | {protocol.target:.2f} | "
            f"**{result.int8:.3f}** | {result.float32:.3f} | {_without(result, wrong)} |"
        )
    yield ""
    yield (
        "The last column leaves out takes whose label in the corpus is wrong (ten 5s in a row that "
        "are called 4; `CORRECTIONS` in `training/motion/dataset.py` says how that was found). "
        "They learn as 5; the other columns count them as they are labelled."
    )
    for protocol, result, _ in results:
        yield from ["", f"## {protocol.name}", "", *per_class(result)]


def _without(result: Result, wrong: NDArray[np.bool_]) -> str:
    if not wrong.any():
        return ""
    right = result.int8_scores.argmax(axis=1) == result.truth
    return f"{right[~wrong].mean():.3f}"


if __name__ == "__main__":
    sys.exit(main())

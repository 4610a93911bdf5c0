"""Train the AirDigit model, or adapt one to your own hand.

  python -m training.airdigit --data takes/ imu_handheld/ --out models/airdigit.tflite
  python -m training.airdigit --data my_takes/ --base airdigit --out mine.tflite

--data takes folders of recordings in any format that edge-sense reads (`airdigit-record` makes
them), and magic_wand's stroke files, which simulated people then draw. Without --base a network
learns from simulated people first and from the recordings then: allow half an hour. With --base
the given model goes on learning from your takes: a few of each digit, a few minutes.

Beside the model come its card (.md), its confusion matrix (.png) and the float network (.onnx).
"""

from __future__ import annotations

import argparse
import logging
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from tensorflow import keras

from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import RecordingError
from edge.model.manifest import read_model
from edge.model.model import Model
from edge.model.shipped import find_model
from edge.simulation.seeds import seed
from training.common import licences
from training.common.atomic_write import check_model_path, write_file
from training.common.onnx import to_onnx
from training.motion import dataset, export, fit, network, report, simulated_people, split
from training.motion.strokes import DIGITS, NONE, Strokes

log = logging.getLogger(__name__)

PEOPLE = 2500  # simulated, to learn from
ADAPT_PEOPLE = 200  # simulated, so that an adapted model does not forget the rest of the world
JUDGES = 200  # simulated people that nothing is learnt from: they judge, and set the threshold
FIRST_JUDGE = 1_000_000


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.airdigit", __doc__)
    parser.add_argument("--data", nargs="+", required=True, metavar="DIR", help="your recordings")
    parser.add_argument("--base", metavar="MODEL", help="adapt this model (a name or a file)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.tflite")
    parser.add_argument(
        "--people", type=int, metavar="N", help=f"simulated people to learn from ({PEOPLE})"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)
    return run_command(parser, train, argv)


def train(args: argparse.Namespace) -> None:
    check_model_path(args.out)
    real = dataset.recordings(args.data)
    lines = dataset.drawn_paths(args.data)
    if not len(real) and not lines:
        raise RecordingError(
            f"{args.data[0]}: no recording of a stroke: airdigit-record makes them"
        )
    judges = simulated_people.people(JUDGES, FIRST_JUDGE)
    if args.base:
        world = simulated_people.people(args.people or ADAPT_PEOPLE, FIRST_JUDGE + JUDGES)
        base = network.from_model(read_model(find_model(args.base))[0])
        learn = lambda strokes: fit.adapt(base, world, strokes, args.seed)  # noqa: E731
    else:
        world = simulated_people.people(args.people or PEOPLE, 0, lines)
        pretrained = fit.pretrain(world, args.seed)
        learn = lambda strokes: fit.finish(pretrained, world, strokes, args.seed)  # noqa: E731

    kept_out, splits = split.held_out(real)
    log.info("first with some takes held out, to measure: %s", "; ".join(splits) or "none")
    trial = learn(real[~kept_out])
    ranges = calibration(world, real)
    tests = {"held out of training": real[kept_out], "simulated people, all strokes": judges}
    tests["simulated people, digits"] = judges[judges.label != NONE]
    results = [judge(name, trial, test, ranges) for name, test in tests.items() if len(test)]

    log.info("now with all takes, to ship")
    final = learn(real)
    onnx, onnx_error = to_onnx(final, ranges[:500])
    judged = export.device_scores(export.quantised(final, ranges), judges)
    threshold = export.threshold_for(judged, judges, JUDGES * simulated_people.PASTIME)
    export.write(args.out, final, ranges, threshold, _provenance(args, results))
    model = Model.load(args.out)
    write_file(args.out.with_suffix(".onnx"), onnx)
    report.picture(results, args.out.with_suffix(".png"))
    card = report.card(args.out, model, results, splits, onnx_error)
    write_file(args.out.with_suffix(".md"), card)
    print(card)
    print(f"wrote {args.out}; try it: airdigit-live --model {args.out} --mock")


def judge(name: str, trial: keras.Model, test: Strokes, calibration: np.ndarray) -> report.Result:
    scores = export.device_scores(export.quantised(trial, calibration), test)
    result = report.Result(name, test.classes(), network.probabilities(trial, test.tensors), scores)
    log.info("%s", result.line())
    return result


def calibration(world: Strokes, real: Strokes) -> np.ndarray:
    """Strokes that show the converter the range of everything: simulated and real, digits only."""
    digits = np.flatnonzero(np.isin(world.label, DIGITS))
    some = world[digits[:: max(1, len(digits) // 1000)]].tensors
    mixed = np.concatenate([some, real.tensors])
    return mixed[np.random.default_rng(0).permutation(len(mixed))]


def _provenance(args: argparse.Namespace, results: Sequence[report.Result]) -> dict[str, Any]:
    folders = [Path(folder).resolve().name for folder in args.data]
    command = ["python", "-m", "training.airdigit", "--data", *folders]
    command += ["--base", Path(args.base).name] if args.base else []
    command += ["--people", str(args.people)] if args.people else []
    command += ["--seed", str(args.seed), "--out", str(Path("models") / args.out.name)]
    return {
        "command": shlex.join(command),
        "corpora": ["simulated people of this project", *licences.corpora_and_licences(args.data)],
        "metrics": {r.name: {"strokes": len(r.truth), "int8": round(r.int8, 4)} for r in results},
        "versions": {"keras": keras.__version__, "numpy": np.__version__},
    }


if __name__ == "__main__":
    sys.exit(main())

"""Convert a network of your own to a model file: full int8, with its labels and its input inside.

  edge-convert mnist_cnn.keras --out digits.tflite --representative images/
      a Keras network for images of 28 x 28; the files set the int8 ranges and compare
  edge-convert net.onnx --out walk.tflite --labels rest,walk,run \\
      --input window,rate=50,channels=ax+ay+az,hop=25,scaling=standard --representative takes/
      a PyTorch network that sees 50 Hz of an accelerometer
  edge-convert saved_model/ --out abp.tflite --output sequence --labels abp --unit mmHg \\
      --input window,rate=125,channels=ppg,low=0.5,high=8
      a network that computes a waveform

Then edge-info shows the model, edge-classify reads files, edge-live runs it on a sensor, and
edge-bench measures it. --input is KIND,KEY=VALUE,...:

  image   size=28x28 colours=grey|colour range=0..255 (of a pixel; default 0..1) inverted=yes
          offset=0.13 factor=3.2 (value - offset) * factor
  window  rate=HZ channels=NAME+NAME hop=SAMPLES low=HZ high=HZ (a band-pass filter) taps=N
          scaling=fixed|standard|range offset=A+B factor=A+B. Names of a motion sensor: ax ay az gx
          gy gz; of sound: audio; of an ECG: ecg
  sound   a mel spectrogram: rate=HZ window=SAMPLES hop=SAMPLES fft=N mels=N low=HZ high=HZ step=N
  a .json file with the `input` of a manifest (docs/models.md)

An image is guessed from the size of the input; everything else must be said. It needs the extra
`training`: pip install 'edge-sense[training]'.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.cli.status_line import StatusLine
from edge.errors import EdgeError, ModelError, RuntimeMissing
from edge.model.runtime import quiet
from edge.text import printable

if TYPE_CHECKING:
    from edge.convert.convert import Converted

WORST_LAYERS = 3
MAX_UNUSABLE = 3  # files that are named


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("edge-convert", __doc__)
    parser.add_argument(
        "network",
        metavar="MODEL",
        help="a .keras, .h5, .onnx or .tflite file, or the folder of a SavedModel",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE.tflite", help="the model file to write"
    )
    parser.add_argument(
        "--labels",
        metavar="A,B,C",
        help="the label of each output, in their order, or the names of the waveforms (default: "
        "0, 1, 2 ...)",
    )
    parser.add_argument(
        "--input",
        metavar="SPEC",
        help="what the network sees, as above (default: images, if its input looks like one)",
    )
    parser.add_argument(
        "--representative",
        nargs="+",
        default=[],
        metavar="FILE",
        help="recordings or folders that set the int8 ranges, and on which the float and the int8 "
        "network are compared; a folder that is named like a label gives its files that label",
    )
    parser.add_argument(
        "--output",
        choices=("scores", "sequence"),
        default="scores",
        help="scores of labels (default), or a waveform for each window",
    )
    parser.add_argument("--unit", default="", help="with --output sequence: unit of the values")
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.5,
        metavar="SCORE",
        help="the least score of a detection of edge-live, 0 to 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--task", help="name of the task, for MQTT and services (default: that of the file)"
    )
    parser.add_argument(
        "--json",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="print the result as one JSON object",
    )
    add_common(parser)
    return run_command(parser, _convert, argv)


def _convert(args: argparse.Namespace) -> None:
    _check_output(args)
    progress = StatusLine(enabled=args.verbosity >= 0)
    progress.show("loading TensorFlow")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with quiet():
            from edge.convert.convert import Request, convert
    except ImportError as error:
        progress.clear()
        raise RuntimeMissing(
            f"edge-convert needs the package {error.name}: pip install 'edge-sense[training]'"
        ) from None
    request = Request(
        network=Path(args.network),
        out=args.out,
        labels=tuple(args.labels.split(",")) if args.labels else (),
        input=args.input,
        representative=tuple(args.representative),
        output=args.output,
        unit=args.unit,
        threshold=args.threshold,
        task=args.task,
    )
    try:
        result = convert(request, lambda text: progress.show(printable(text)))
    finally:
        progress.clear()
    if args.json:
        print(json.dumps(_object(result), allow_nan=False))
    else:
        for line in _lines(result):
            print(printable(line))


def _check_output(args: argparse.Namespace) -> None:
    """Called before TensorFlow is loaded, which takes seconds."""
    if not Path(args.network).exists():
        raise ModelError(f"{args.network} does not exist: give a network that was trained")
    if args.out.suffix != ".tflite":
        raise ModelError(f"--out {args.out}: the name of a model file ends with .tflite")
    if not args.out.parent.is_dir():
        raise EdgeError(f"--out {args.out}: the folder does not exist")
    if not 0 <= args.threshold <= 1:
        raise ModelError(f"--threshold {args.threshold}: give 0 to 1")


def _lines(result: Converted) -> Iterator[str]:
    yield f"wrote {result.path}, {result.bytes} bytes"
    examples, comparison = result.examples, result.comparison
    if not examples.are_real:
        yield (
            f"int8 ranges: from {examples.origin}, which do not show what the network will see: "
            "give --representative"
        )
    for line in examples.unusable[:MAX_UNUSABLE]:
        yield f"left out: {line}"
    if len(examples.unusable) > MAX_UNUSABLE:
        yield f"left out: {len(examples.unusable) - MAX_UNUSABLE} more files"
    if result.finish:
        yield f"added: {result.finish}"
    if comparison is None:
        yield "it was int8 already: only the manifest was added"
    else:
        where = f"on {examples.origin}"
        yield (
            f"int8 against float {where}: outputs differ by {comparison.mean_difference:.4f} on "
            f"average, {comparison.largest_difference:.4f} at most"
        )
        if comparison.same_label is not None:
            yield f"same best label: {comparison.same_label} of {comparison.windows}"
        if comparison.float_right is not None:
            yield (
                f"right by the names of the folders: float {comparison.float_right}, int8 "
                f"{comparison.int8_right} of {comparison.windows}"
            )
        for layer in comparison.layers[:WORST_LAYERS]:
            yield (
                f"loses most: {layer.operator} {layer.name} adds {layer.added:.1%} of noise, "
                f"{layer.noise:.1%} in all"
            )
    for line in result.missing:
        yield f"cannot run: {line}"
    if not result.missing:
        yield "runs on: LiteRT, NumPy, TFLite Micro"


def _object(result: Converted) -> dict[str, Any]:
    comparison = result.comparison
    return {
        "file": str(result.path),
        "bytes": result.bytes,
        "representative": result.examples.origin,
        "unusable": result.examples.unusable,
        "added": result.finish or None,
        "comparison": None if comparison is None else asdict(comparison),
        "cannot_run": result.missing,
    }

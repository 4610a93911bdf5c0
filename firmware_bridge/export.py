"""Write an Arduino sketch with which an ESP32 runs a model without a computer.

  python -m firmware_bridge.export airdigit                    a shipped model, by its name
  python -m firmware_bridge.export my.tflite --out my_sketch   another model, into this folder

Models of strokes (AirDigit) and of windows of samples (your own models, ppg2abp) can be exported.
The folder contains the sketch, the features in C, the model (model.h) and golden examples
(golden.h), with which the board tests itself at each start. An existing .ino file is not changed;
all other files are overwritten.
"""

from __future__ import annotations

import argparse
import logging
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.cli.options import add_common, add_runtime_option
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import ModelError
from edge.model import Model
from edge.model.model_file import read_model
from firmware_bridge.model_export.golden_strokes import golden_strokes
from firmware_bridge.model_export.golden_windows import golden_windows
from firmware_bridge.model_export.headers import golden_header, model_header
from firmware_bridge.model_export.tflm_operators import operators, resolver_methods
from firmware_bridge.model_export.window_headers import (
    constants_header,
    golden_windows_header,
    window_model_header,
)
from firmware_bridge.preprocessing import SOURCES as STROKE_SOURCES
from firmware_bridge.window_features import SOURCES as WINDOW_SOURCES

HERE = Path(__file__).parent
SKETCHES = {"stroke": HERE / "airdigit_esp32_tflm", "window": HERE / "window_esp32_tflm"}
NETWORK = HERE / "model_export" / "network.h"
FEATURES = {"stroke": STROKE_SOURCES, "window": WINDOW_SOURCES}

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m firmware_bridge.export", __doc__)
    parser.add_argument("model", metavar="MODEL", help="a shipped model or a .tflite file")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the sketch (default: out/MODEL_tflm)"
    )
    add_runtime_option(parser)
    add_common(parser)
    return run_command(parser, _export, argv)


def _export(args: argparse.Namespace) -> None:
    model = Model.load(args.model, args.runtime)
    kind = model.manifest.input["kind"]
    if kind not in SKETCHES:
        raise ModelError(
            f"{args.model} has features of kind '{kind}', which have no version in C: export a "
            "model of strokes or of windows of samples"
        )
    if kind == "stroke":  # its sketch shows digits
        model = Model.load(args.model, args.runtime, task="airdigit")
    network, _ = read_model(model.path)
    methods = resolver_methods(network, str(model.path))
    headers = _stroke_headers if kind == "stroke" else _window_headers
    texts = headers(model, network, methods)
    folder: Path = args.out or Path("out") / f"{model.path.stem}_tflm"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (NETWORK, *FEATURES[kind], *SKETCHES[kind].glob("*.h")):
        shutil.copy(source, folder)
    for name, text in texts.items():
        (folder / name).write_text(text)
    sketch = folder / f"{folder.resolve().name}.ino"  # Arduino requires the name of the folder
    if sketch.exists():
        log.info("%s exists and is not changed", sketch)
    else:
        shutil.copy(SKETCHES[kind] / f"{SKETCHES[kind].name}.ino", sketch)
    used = ", ".join(operators(network))
    print(f"{sketch}: a network of {len(network)} bytes with the operators {used}")
    print("Open it in the Arduino IDE; firmware_bridge/README.md says which libraries it needs.")


def _stroke_headers(model: Model, network: bytes, methods: Sequence[str]) -> Mapping[str, str]:
    return {
        "model.h": model_header(model, network, methods),
        "golden.h": golden_header(golden_strokes(model)),
    }


def _window_headers(model: Model, network: bytes, methods: Sequence[str]) -> Mapping[str, str]:
    golden = golden_windows(model)
    return {
        "window_constants.h": constants_header(model),
        "model.h": window_model_header(model, network, methods, golden.outputs.shape[1]),
        "golden.h": golden_windows_header(golden),
    }


if __name__ == "__main__":
    raise SystemExit(main())

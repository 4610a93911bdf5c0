"""Write an Arduino sketch with which an ESP32 runs an AirDigit model without a computer.

  python -m firmware_bridge.export airdigit                    a shipped model, by its name
  python -m firmware_bridge.export my.tflite --out my_sketch   another model, into this folder

The folder contains the sketch, the preprocessing in C, the model (model.h) and ten golden strokes
(golden.h), with which the board tests itself at each start. An existing .ino file is not changed;
all other files are overwritten.
"""

from __future__ import annotations

import argparse
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from edge.cli.options import add_common, add_runtime_option
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.model import Model
from edge.model.model_file import read_model
from firmware_bridge.model_export.golden_strokes import golden_strokes
from firmware_bridge.model_export.headers import golden_header, model_header
from firmware_bridge.model_export.tflm_operators import operators, resolver_methods
from firmware_bridge.preprocessing import SOURCES

TASK = "airdigit"
SKETCH = Path(__file__).parent / "airdigit_esp32_tflm"

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
    model = Model.load(args.model, args.runtime, task=TASK)
    network, _ = read_model(model.path)
    methods = resolver_methods(network, str(model.path))
    folder: Path = args.out or Path("out") / f"{model.path.stem}_tflm"
    folder.mkdir(parents=True, exist_ok=True)
    for source in (*SOURCES, *SKETCH.glob("*.h")):
        shutil.copy(source, folder)
    (folder / "model.h").write_text(model_header(model, network, methods))
    (folder / "golden.h").write_text(golden_header(golden_strokes(model)))
    sketch = folder / f"{folder.resolve().name}.ino"  # Arduino requires the name of the folder
    if sketch.exists():
        log.info("%s exists and is not changed", sketch)
    else:
        shutil.copy(SKETCH / f"{SKETCH.name}.ino", sketch)
    used = ", ".join(operators(network))
    print(f"{sketch}: a network of {len(network)} bytes with the operators {used}")
    print("Open it in the Arduino IDE; firmware_bridge/README.md says which libraries it needs.")


if __name__ == "__main__":
    raise SystemExit(main())

"""Write an Arduino sketch with which an ESP32 runs an AirDigit model by itself.

  python -m firmware_bridge.export airdigit                    a shipped model by its name
  python -m firmware_bridge.export my.tflite --out my_sketch   another one, into a folder of choice

The folder holds the sketch, the preprocessing in C, the model (model.h) and strokes with known
answers (golden.h), with which the board tests itself at each start. A sketch that is already there
is left as it is; all else is written anew.
"""

from __future__ import annotations

import argparse
import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

from edge.cli.options import CommandParser, add_common, add_runtime_option
from edge.cli.run import run_command
from edge.model import Model
from edge.model.manifest import read_model
from firmware_bridge.golden import golden_strokes
from firmware_bridge.headers import golden_header, model_header
from firmware_bridge.preprocessing import SOURCES
from firmware_bridge.tflm import operations, resolver_methods

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
    sketch = folder / f"{folder.resolve().name}.ino"  # Arduino wants the name of the folder
    if sketch.exists():
        log.info("%s is left as it is", sketch)
    else:
        shutil.copy(SKETCH / f"{SKETCH.name}.ino", sketch)
    used = ", ".join(operations(network))
    print(f"{sketch}: a network of {len(network)} bytes made of {used}")
    print("Open it in the Arduino IDE; firmware_bridge/README.md says which libraries it needs.")


if __name__ == "__main__":
    raise SystemExit(main())

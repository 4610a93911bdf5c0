"""Train a model that hears spoken digits, or adapt one to your voice or language.

  python -m training.sounddigit --data fsdd/ speech_commands/ --out models/sounddigit.tflite
  python -m training.sounddigit --data takes/ --base sounddigit --out mine.tflite
  python -m training.sounddigit --data takes/ --front-end lecture --out lecture.tflite

--data takes folders with a folder for each digit's English word (zero ... nine; the recordings in
them may be in any language), or files named <digit>_<speaker>_<take>. Other words teach what is no
digit. All else is as with training.kws, which see.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Its threads wait for each other longer than a spectrum takes; TensorFlow has its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.sound.task import DIGITS
from training.sound.train import add_options, train


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.sounddigit", __doc__)
    add_options(parser)
    parser.set_defaults(command="sounddigit")
    return run_command(parser, lambda args: train(args, DIGITS), argv)


if __name__ == "__main__":
    sys.exit(main())

"""Train a model that recognises spoken digits, or adapt one to your voice or language.

  python -m training.sounddigit --data fsdd/ speech_commands/ --out models/sounddigit.tflite
  python -m training.sounddigit --data takes/ --base sounddigit --out mine.tflite
  python -m training.sounddigit --data takes/ --front-end lecture --out lecture.tflite

--data takes folders with one folder for each digit's English word (zero ... nine; the recordings in
them may be in any language), or files named <digit>_<speaker>_<take>. Recordings of other words
become examples of sounds that are no digit. Everything else is as in training.kws: see its --help.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Its threads wait for each other longer than a spectrum takes; TensorFlow has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.sound.learn.config import TrainingConfig
from training.sound.options import add_options, config_from_options
from training.sound.task import DIGIT_TASK
from training.sound.train import train

DEFAULTS = TrainingConfig(DIGIT_TASK)


def main(argv: Sequence[str] | None = None, defaults: TrainingConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.sounddigit", __doc__)
    add_options(parser)
    parser.set_defaults(command="sounddigit")

    return run_command(parser, lambda args: train(config_from_options(args, defaults)), argv)


if __name__ == "__main__":
    sys.exit(main())

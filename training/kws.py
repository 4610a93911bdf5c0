"""Train a model that hears words, or adapt one to your voice, your words, your language.

  python -m training.kws --data speech_commands/ --noise noise/*.wav --out models/kws.tflite
  python -m training.kws --data takes/ --base kws --out mine.tflite
  python -m training.kws --data worte/ --words ja nein links rechts --out worte.tflite

--data takes folders with a folder of recordings for each word (`sound-record` makes them), in any
language, with a folder for each person above those of the words if you like, with an index.csv or
Speech Commands' own lists if there are some; and tars of log-mel pictures. --download fetches all
of Speech Commands. Words that are not asked for teach what is none. Without --base a network learns
every word first and those asked for then, from many people with a larger network for a teacher: an
hour and a half for fifty thousand clips, minutes for some hundreds. With --base the given model
goes on learning from your takes, in minutes.

Nobody judges who was learnt from: the validation list, or else a fifth of the speakers, measures
the model and chooses its thresholds; of a single speaker, the last takes. Beside the model come its
card (.md), its confusion matrix (.png) and the float network (.onnx).
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
from training.sound.task import COMMANDS, commands
from training.sound.train import add_options, train


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.kws", __doc__)
    parser.add_argument(
        "--words", nargs="+", default=COMMANDS, metavar="WORD", help=f"({' '.join(COMMANDS)})"
    )
    add_options(parser)
    parser.set_defaults(command="kws")
    return run_command(parser, lambda args: train(args, commands(args.words)), argv)


if __name__ == "__main__":
    sys.exit(main())

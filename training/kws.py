"""Train a model that recognises words, or adapt one to your voice, your words, your language.

  python -m training.kws --data speech_commands/ --noise noise/*.wav --out models/kws.tflite
  python -m training.kws --data takes/ --base kws --out mine.tflite
  python -m training.kws --data worte/ --words ja nein links rechts --out worte.tflite
  python -m training.kws --words "hey lumos" computer --speak --out mine.tflite

--data takes folders with one folder of recordings for each word (`sound-record` makes them), in any
language. There may be one folder for each person above the folders of the words, an index.csv, or
the lists of Speech Commands. Tars of log-mel images are read as well. --download fetches all of
Speech Commands. Recordings of words that are not in --words become examples of other words.

Without --base, a network is first trained on every word and then on the words of --words, with the
help of a larger network (distillation) if there are many speakers: an hour and a half for fifty
thousand clips, minutes for some hundreds. With --base, the given model is trained further on your
takes, in minutes.

The model is measured, and its thresholds are chosen, on people who are not in the training data:
those of the validation list, or else a fifth of the speakers; of a single speaker, the last takes.
The command writes the model, its card (.md), its confusion matrix (.png) and the float network
(.onnx).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Its threads wait for each other longer than a spectrum takes; TensorFlow has threads of its own.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.sound.learn.config import TrainingConfig
from training.sound.options import add_options, config_from_options
from training.sound.speech.spoken_clips import spoken_corpus
from training.sound.task import KEYWORDS, keyword_task
from training.sound.train import train

DEFAULTS = TrainingConfig(keyword_task())
DEFAULT_LANGUAGE = "en-us"


def main(argv: Sequence[str] | None = None, defaults: TrainingConfig = DEFAULTS) -> int:
    parser = CommandParser("python -m training.kws", __doc__)
    parser.add_argument(
        "--words",
        nargs="+",
        default=KEYWORDS,
        metavar="WORD",
        help=f"words to recognise ({' '.join(KEYWORDS)})",
    )
    parser.add_argument(
        "--speak",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="machine voices (eSpeak NG, and Flite if installed) say the words, and words that "
        "sound similar: recordings in --data are not needed, but make the model better",
    )
    parser.add_argument(
        "--language",
        default=DEFAULT_LANGUAGE,
        metavar="LANGUAGE",
        help=f"of the machine voices ({DEFAULT_LANGUAGE}); `espeak-ng --voices` lists them",
    )
    add_options(parser)
    parser.set_defaults(command="kws")

    def run(args: argparse.Namespace) -> None:
        task = keyword_task(args.words)
        config = config_from_options(args, replace(defaults, task=task))
        if args.speak:
            spoken = spoken_corpus(task.words, args.language, config.cache, config.seed)
            config = replace(config, data=(*config.data, str(spoken)))
        train(config)

    return run_command(parser, run, argv)


if __name__ == "__main__":
    sys.exit(main())

"""Train the ECG model: the class of each heartbeat.

  python -m training.ecg --data mitbih --out models/ecg.tflite

--data is a folder with the MIT-BIH arrhythmia database of PhysioNet in the WFDB format (.hea, .dat
and .atr), or with its records.tar.xz. The patients are split as in de Chazal and others (2004):
those of DS1 train the model, those of DS2 that are there test it. Allow ten minutes; the features
of the beats are stored in out/cache, so that a second training takes three.

The card (.md), the confusion matrices (.png) and the float network (.onnx) are written beside the
model. The model is no medical device.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.common.options import add_training_options
from training.heart.config import TrainingConfig
from training.heart.train import train


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.ecg", __doc__)
    parser.add_argument(
        "--data", required=True, metavar="DIR", help="the folder of the MIT-BIH records"
    )
    add_training_options(parser)
    return run_command(
        parser,
        lambda args: train(TrainingConfig(data=args.data, out=args.out, seed=args.seed)),
        argv,
    )


if __name__ == "__main__":
    sys.exit(main())

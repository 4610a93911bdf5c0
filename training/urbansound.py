"""Train a model of ten urban sounds on UrbanSound8K: dog barks, drills, sirens and others.

  python -m training.urbansound --data UrbanSound8K --out urbansound.tflite
  python -m tools.make_urbansound --out miniature      synthesised sounds, to try the command

--data is the unpacked corpus: metadata/UrbanSound8K.csv and audio/fold1 to audio/fold10. Its
licence allows only non-commercial use. The official folds of the metadata are kept: each fold is
tested with a network that was trained on the other nine, ten trainings in all, and the model is
trained on all folds. The weights of each fold are stored in out/cache, so that an interrupted run
goes on where it was.

The card (.md), the confusion matrix (.png) and the float network (.onnx) are written beside the
model. No figure of this project was measured on the real corpus.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from training.common.options import add_training_options
from training.urban.config import TrainingConfig
from training.urban.train import train


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m training.urbansound", __doc__)
    parser.add_argument(
        "--data", required=True, metavar="DIR", help="the folder UrbanSound8K, unpacked"
    )
    add_training_options(parser)
    return run_command(
        parser,
        lambda args: train(TrainingConfig(data=args.data, out=args.out, seed=args.seed)),
        argv,
    )


if __name__ == "__main__":
    sys.exit(main())

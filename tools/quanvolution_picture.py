"""Plot the mel spectrogram of a word, and the output of a quantum circuit for it.

  python -m tools.quanvolution_picture --word yes --out yes.png
  python -m tools.quanvolution_picture my_yes.wav --out yes.png

The word comes from a simulated person or from the middle of a recording. Without --model, the front
end is that of QCNN, and the circuit has random angles that --seed chooses. Needs matplotlib.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import ModelError, RuntimeMissing, SourceError
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.features.sound.windows import SoundFeatures
from edge.formats import sound
from edge.model import read_manifest
from edge.model.shipped import find_model
from edge.simulation.seeds import seed
from edge.simulation.sound.speaker import WORDS, Speaker, say
from edge.simulation.sound.vocoder import RATE
from tools.qcnn_circuit import random_circuit
from training.sound.data.recordings import load_samples
from training.sound.learn.front_ends import PAPER

DYNAMIC_RANGE_DB = 60.0  # below the loudest value, where the colour scale ends


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.quanvolution_picture", __doc__)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a recording of a word")
    parser.add_argument(
        "--word", choices=WORDS, metavar="WORD", help="the word of a simulated person"
    )
    parser.add_argument("--model", metavar="NAME|FILE", help="a model with a quantum circuit")
    parser.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="N",
        help="seed of the person and of the angles (0)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.png", help="the picture to write"
    )
    add_common(parser)
    return run_command(parser, draw, argv)


def draw(args: argparse.Namespace) -> None:
    specification = _specification(args.model, args.seed)
    front_end = FrontEnd(**specification["front_end"])
    samples = _samples(args, front_end.rate_hz)
    frames = front_end.frames(pad_or_crop(samples, window_samples(specification)))
    stage = Quanvolution(specification["quanvolution"], front_end.bins)
    _plot(args.out, args.word or args.file.name, front_end, frames, stage)
    print(f"{args.out}: {stage.bins} x {len(frames)} values in, {stage.shape[1]} channels out")


def _specification(model: str | None, seed: int) -> dict[str, Any]:
    """The input of the model, or that of QCNN with a random circuit."""
    if model is None:
        return SoundFeatures.specification({**PAPER, "quanvolution": random_circuit(seed)})
    path = find_model(model)
    specification = read_manifest(path).input
    if "quanvolution" not in specification:
        raise ModelError(f"{path} has no quantum circuit: give a model like kws_qcnn")
    return SoundFeatures.specification(specification)


def _samples(args: argparse.Namespace, rate: int) -> NDArray[np.float32]:
    if (args.file is None) == (args.word is None):
        raise SourceError("give a recording, or --word for a word of a simulated person")
    if args.file is not None:
        return load_samples(args.file, rate)
    speaker = Speaker(args.seed)
    return sound.Sound(say(args.word, speaker, speaker.rng), RATE).at(rate).samples


def _plot(
    out: Path, word: str, front_end: FrontEnd, frames: NDArray[Any], stage: Quanvolution
) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise RuntimeMissing("matplotlib is not installed: pip install matplotlib") from None
    channels = stage.apply(frames)
    count = channels.shape[2]
    figure = Figure(figsize=(8, 2.0 * (1 + count)), layout="constrained")
    top, *below = figure.subplots(1 + count, 1, sharex=True)
    seconds = len(frames) * front_end.hop / front_end.rate_hz
    style: dict[str, Any] = {"origin": "lower", "aspect": "auto", "extent": (0, seconds, 0, 1)}
    spectrogram = frames
    if front_end.log is None:  # without a logarithm, only the loudest values would be visible
        level_db = 20 / front_end.power * np.log10(np.maximum(frames, 1e-9))
        spectrogram = np.maximum(level_db, level_db.max() - DYNAMIC_RANGE_DB)
    top.set_title(f"{word}: mel spectrogram, {stage.bins} bands of {len(frames)} frames")
    top.imshow(spectrogram.T, cmap="magma", **style)
    for panel, image, name in zip(
        below, channels.transpose(2, 1, 0), stage.circuit.observables, strict=True
    ):
        panel.set_title(f"quantum channel: {name}, {image.shape[0]} x {image.shape[1]}")
        shown = panel.imshow(image, cmap="RdBu", vmin=-1, vmax=1, **style)
        figure.colorbar(shown, ax=panel, label="expectation value")
    for panel in (top, *below):
        panel.set_yticks([])
        panel.set_ylabel("frequency")
    below[-1].set_xlabel("seconds")
    figure.savefig(out, dpi=120)


if __name__ == "__main__":
    sys.exit(main())

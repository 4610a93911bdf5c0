"""Draw a spoken word as its mel spectrogram, and as what the quantum circuit makes of it.

  python -m tools.quanvolution_picture --word yes --out yes.png
  python -m tools.quanvolution_picture my_yes.wav --out yes.png

A simulated person says the word, or it is in the middle of your recording. Without --model the
front end is QCNN's and the circuit one of its kind, whose angles --seed chooses. Needs matplotlib.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import ModelError, RecordingError, RuntimeMissing, SourceError
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.features.sound.windows import SoundFeatures
from edge.formats import sound
from edge.model.manifest import read_manifest
from edge.model.shipped import find_model
from edge.simulation.seeds import seed
from edge.simulation.sound.speaker import WORDS, Speaker, say

QCNN: dict[str, Any] = {
    "front_end": {
        **{"window": 1024, "hop": 128, "fft": 1024, "mels": 60, "low_hz": 40.0, "high_hz": 8000.0},
        **{"scale": "slaney", "norm": "slaney", "power": 1, "log": None},
    },
    "shape": [126, 60],
}
SEED = 42  # of the gates: PennyLane's, where QCNN gives none
DARKEST = 60.0  # dB below the loudest


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.quanvolution_picture", __doc__)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a recording of a word")
    parser.add_argument("--word", choices=WORDS, metavar="WORD", help="for a simulated person")
    parser.add_argument("--model", metavar="NAME|FILE", help="a model with a quantum circuit")
    parser.add_argument("--seed", type=seed, default=0, help="of the person and the angles (0)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    add_common(parser)
    return run_command(parser, draw, argv)


def draw(args: argparse.Namespace) -> None:
    specification = _specification(args)
    front_end = FrontEnd(**specification["front_end"])
    heard = pad_or_crop(_heard(args, front_end.rate_hz), window_samples(specification))
    frames = front_end.frames(heard)
    stage = Quanvolution(specification["quanvolution"], front_end.bins)
    _picture(args, front_end, frames, stage)
    print(f"{args.out}: {stage.bins} x {len(frames)} values in, {stage.shape[1]} channels out")


def _specification(args: argparse.Namespace) -> dict[str, Any]:
    if args.model is None:
        drawn = {"seed": SEED, "angles": random_angles(args.seed)}
        wanted = {**QCNN, "quanvolution": {"random_layers": drawn}}
    else:
        path = find_model(args.model)
        wanted = read_manifest(path).input
        if "quanvolution" not in wanted:
            raise ModelError(f"{path} has no quantum circuit: give a model like kws_qcnn")
    return SoundFeatures.specification(wanted)


def _heard(args: argparse.Namespace, rate: int) -> NDArray[np.float32]:
    if (args.file is None) == (args.word is None):
        raise SourceError("give a recording, or --word and a simulated person says it")
    if args.file is not None:
        try:
            return sound.read(args.file).at(rate).samples
        except RecordingError as fault:
            raise RecordingError(f"{args.file}: {fault}") from None
    speaker = Speaker(args.seed)
    return sound.Sound(say(args.word, speaker, speaker.rng), 16000).at(rate).samples


def _picture(
    args: argparse.Namespace, front_end: FrontEnd, frames: NDArray[Any], stage: Quanvolution
) -> None:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise RuntimeMissing("matplotlib is not installed: pip install matplotlib") from None
    channels = stage.apply(frames)
    count = channels.shape[2]
    figure = Figure(figsize=(8, 2.0 * (1 + count)), layout="constrained")
    above, *below = figure.subplots(1 + count, 1, sharex=True)
    seconds = len(frames) * front_end.hop / front_end.rate_hz
    look: dict[str, Any] = {"origin": "lower", "aspect": "auto", "extent": (0, seconds, 0, 1)}
    shown = frames
    if front_end.log is None:  # else only the loudest spot would be seen
        level = 20 / front_end.power * np.log10(np.maximum(frames, 1e-9))
        shown = np.maximum(level, level.max() - DARKEST)
    word = args.word or args.file.name
    above.set_title(f"{word}: mel spectrogram, {stage.bins} bands of {len(frames)} frames")
    above.imshow(shown.T, cmap="magma", **look)
    for panel, image, name in zip(
        below, channels.transpose(2, 1, 0), stage.circuit.observables, strict=True
    ):
        panel.set_title(f"quantum channel: {name}, {image.shape[0]} x {image.shape[1]}")
        painted = panel.imshow(image, cmap="RdBu", vmin=-1, vmax=1, **look)
        figure.colorbar(painted, ax=panel, label="expectation")
    for panel in (above, *below):
        panel.set_yticks([])
        panel.set_ylabel("frequency")
    below[-1].set_xlabel("seconds")
    figure.savefig(args.out, dpi=120)


if __name__ == "__main__":
    raise SystemExit(main())

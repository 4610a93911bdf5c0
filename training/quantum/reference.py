"""The paper's pipeline in float, as a reference: arXiv 2010.13309, on speakers never heard.

60x126 magnitudes, a quanvolution of one random layer, convolutions along time in the shape of a U,
two BiLSTM and attention, trained as its authors do. Two things are done otherwise: speakers are
disjoint, and the epoch is chosen by the validation split.
"""

from __future__ import annotations

import logging
import shlex
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import EdgeError, RecordingError
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.windows import SoundFeatures
from edge.samples import Chunk
from training.common.cache import DEFAULT_FOLDER
from training.quantum.study import microseconds
from training.sound.data.clips import Clips
from training.sound.data.load import load_clips
from training.sound.data.log_mel import RATE, loudest_second
from training.sound.data.recordings import load_samples
from training.sound.data.split import make_split
from training.sound.learn.front_ends import PAPER
from training.sound.task import Task

log = logging.getLogger(__name__)
layers = keras.layers

EPOCHS = 14
BATCH = 16
KERNEL = (5, 1)  # along time
LSTM = 64


def train(
    folders: Sequence[str], out: Path, seed: int, task: Task, cache: Path = DEFAULT_FOLDER
) -> None:
    """Write what it reaches to `out`, in Markdown."""
    if out.suffix != ".md":
        raise EdgeError(f"--out {out}: the reference is no model to ship, name a table.md")
    everything = load_clips(folders, cache)
    parts = {split: everything[everything.split == split] for split in ("val", "test")}
    parts["train"] = make_split(everything, task.words, seed).train
    parts = {name: _of_the_words(clips, task) for name, clips in parts.items()}
    if not all(map(len, parts.values())):
        raise RecordingError("no validation and test list with the words: give speech_commands")
    stage = Quanvolution({"random_layers": {"seed": seed, "angles": random_angles(seed)}}, 60)
    x = {
        name: np.stack([_seen(path, stage) for path in clips.path]) for name, clips in parts.items()
    }
    y = {name: clips.class_numbers(task.words, task.words[0]) for name, clips in parts.items()}
    keras.utils.set_random_seed(seed)
    model = network(x["train"].shape[1:], len(task.words))
    best = _fit(model, x, y)
    right = {n: float((_answers(model, x[n]) == y[n]).mean()) for n in ("val", "test")}
    one = x["test"][:1]
    run = keras.Model(model.inputs, model.outputs)
    cost = microseconds(lambda: run(one, training=False)) / 1000
    spectrum = np.random.default_rng(0).uniform(0, 1, (126, 60)).astype(np.float32)
    stage_cost = microseconds(lambda: stage.apply(spectrum)) / 1000
    speakers = {name: len(set(clips.speaker) - {""}) for name, clips in parts.items()}
    said = ", ".join(f"{n} {len(c)} clips of {speakers[n]} speakers" for n, c in parts.items())
    names = " ".join(Path(folder).resolve().name for folder in folders)
    command = shlex.join(["--seed", str(seed), "--out", f"models/{out.name}"])
    text = "\n".join(
        [
            "# The paper's pipeline, in float",
            "",
            f"`python -m training.qcnn --reference --data {names} {command}`",
            "",
            "60x126 magnitude mel, quanvolution of one random layer to 63x30x4, U-Net, two BiLSTM "
            f"64, attention; SGD 0.02, batches of {BATCH}, {EPOCHS} epochs, of which {best} did "
            f"best on the validation split. The ten words, speakers disjoint: {said}. No "
            "augmentation, and no pictures: they are of other spectra.",
            "",
            "| | |",
            "|---|---|",
            f"| right, test split | {right['test']:.2%} |",
            f"| right, validation split | {right['val']:.2%} |",
            f"| parameters | {model.count_params()} |",
            f"| its quanvolution, a clip, NumPy, one core | {stage_cost:.2f} ms |",
            f"| its network, a clip, Keras | {cost:.1f} ms |",
            "",
        ]
    )
    out.write_text(text)
    print(text)


def network(shape: tuple[int, ...], classes: int) -> keras.Model:
    """Of (frames, bands, channels)."""

    def convolved(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
        y = layers.Conv2D(channels, KERNEL, padding="same", activation="relu")(x)
        return layers.BatchNormalization()(y)

    given = keras.Input(shape)
    up = convolved(layers.BatchNormalization()(given), 16)
    down = convolved(convolved(up, 32), 16)
    x = convolved(layers.Concatenate()([up, down]), 1)
    x = layers.Reshape(shape[:2])(x)
    x = layers.Bidirectional(layers.LSTM(LSTM, return_sequences=True))(x)
    x = layers.Bidirectional(layers.LSTM(LSTM, return_sequences=True))(x)
    query = layers.Dense(2 * LSTM)(x[:, -1])
    scores = layers.Softmax()(layers.Dot(axes=(1, 2))([query, x]))
    x = layers.Dot(axes=(1, 1))([scores, x])
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dense(32)(x)
    return keras.Model(given, layers.Dense(classes, activation="softmax")(x))


def _of_the_words(clips: Clips, task: Task) -> Clips:
    return clips[np.isin(clips.word, task.words) & ~clips.image_only]


def _seen(path: str, stage: Quanvolution) -> NDArray[np.float32]:
    samples = loudest_second(load_samples(Path(path), RATE))
    chunk = Chunk(np.arange(len(samples)) / RATE, samples[:, None])
    window = next(iter(SoundFeatures.windows_of_recording(PAPER, chunk)))
    seen: NDArray[np.float32] = stage.apply(window.tensor)
    return seen


def _fit(
    model: keras.Model, x: dict[str, NDArray[np.float32]], y: dict[str, NDArray[np.int64]]
) -> int:
    """The epoch that was best on the validation split; the model has its weights then."""
    optimizer = keras.optimizers.SGD(0.02, momentum=0.9, nesterov=True, clipnorm=5.0)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy())
    best, chosen, weights = -1.0, 0, model.get_weights()
    for epoch in range(1, EPOCHS + 1):
        started = time.monotonic()
        model.fit(x["train"], y["train"], batch_size=BATCH, verbose=0)
        share = float((_answers(model, x["val"]) == y["val"]).mean())
        took = time.monotonic() - started
        log.info("epoch %d of %d: val %.4f, %.0f s", epoch, EPOCHS, share, took)
        if share > best:
            best, chosen, weights = share, epoch, model.get_weights()
    model.set_weights(weights)
    return chosen


def _answers(model: keras.Model, x: NDArray[np.float32]) -> NDArray[np.int64]:
    answers: NDArray[np.int64] = model.predict(x, batch_size=128, verbose=0).argmax(axis=1)
    return answers

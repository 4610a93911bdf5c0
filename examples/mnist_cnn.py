"""Train a network that reads handwritten digits, for `edge-convert`.

  python examples/mnist_cnn.py DIGITS mnist_cnn.keras

DIGITS is a folder with the folders train/ and test/, each with the folders 0 to 9 of PNG images, as
in https://github.com/rasbt/mnist-pngs. It needs the extra `training`. Then:

  edge-convert mnist_cnn.keras --out digits.tflite --representative DIGITS/test
  edge-classify digits.tflite DIGITS/test/7/*.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.formats.image import find, read

BATCH = 64


def images(folder: Path) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Images (n, 28, 28, 1), 0 to 1, and their digits: the names of their folders."""
    files = find([folder])
    pixels = np.stack([read(file).grey for file in files])
    return pixels, np.array([int(file.parent.name) for file in files])


def network() -> keras.Model:
    """Two convolutions with poolings, and two dense layers."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 5, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("digits", type=Path, help="folder with train/ and test/")
    parser.add_argument("out", help="the Keras file to write (.keras or .h5)")
    parser.add_argument("--epochs", type=int, default=12)
    args = parser.parse_args()
    keras.utils.set_random_seed(1)
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*images(args.digits / "train"), batch_size=BATCH, epochs=args.epochs, verbose=2)
    _, accuracy = model.evaluate(*images(args.digits / "test"), verbose=0)
    print(f"accuracy on the test images: {accuracy:.4f}")
    model.save(args.out)


if __name__ == "__main__":
    main()

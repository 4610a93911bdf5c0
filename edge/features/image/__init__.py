"""Features of a model that sees images: each image is one window.

An image on its way through the chain is one sample for each pixel, row by row from the top, with
values from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError, RecordingError, SampleError
from edge.events import Rejection
from edge.features import Features, Window
from edge.features.window.scaling import scaled, scaling_specification
from edge.fields import FieldError, Fields
from edge.samples import COLOUR, GREY, Chunk

MAX_SIDE = 4096  # pixels
CHANNELS = {"grey": GREY, "colour": COLOUR}


class ImageFeatures(Features):
    """A window for each image of `height` x `width` pixels."""

    averages_recordings = True

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """`wanted` chooses these keys:

        - `height`, `width`: of the image in pixels; another image is stretched to this size
        - `colours`: `grey` or `colour` (default: grey)
        - `shape`: of the network's input (default: height x width x channels)
        - `channels_first`: whether all pixels of a colour come before the next colour
        - `inverted`: whether bright pixels become dark ones, for models of white on black
        - `scaling`: see edge.features.window.scaling (default: 0 to 1)
        """
        fields = Fields(wanted or {}, "input")
        try:
            height, width = (fields.integer(key, 1, MAX_SIDE) for key in ("height", "width"))
            colours = fields.choice("colours", tuple(CHANNELS), "grey")
            channels = CHANNELS[colours]
            shape = fields.integers("shape", 1, MAX_SIDE**2, [height, width, len(channels)])
            if prod(shape) != height * width * len(channels):
                raise fields.error(
                    "shape", f"it must hold {height} x {width} x {len(channels)} values"
                )
            return {
                "kind": "image",
                "version": 1,
                "height": height,
                "width": width,
                "colours": colours,
                "shape": shape,
                "channels_first": fields.choice("channels_first", (False, True), False),
                "inverted": fields.choice("inverted", (False, True), False),
                "scaling": scaling_specification(fields.section("scaling", {}), len(channels)),
                "sensor": {
                    "channels": list(channels),
                    "rate_hz": 1,
                    "height": height,
                    "width": width,
                },
            }
        except FieldError as error:
            raise ModelError(f"the model's input is invalid ({error}): convert it again") from None

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self._specification = specification
        channels = len(specification["sensor"]["channels"])
        self._pixels = np.empty((0, channels), np.float32)
        self._t = np.empty(0)
        self._count = specification["height"] * specification["width"]

    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        if not len(chunk):
            return
        if chunk.values.shape[1] != self._pixels.shape[1]:
            raise SampleError(
                f"the pixels have {chunk.values.shape[1]} colours, and the model takes "
                f"{self._pixels.shape[1]}: convert the images"
            )
        self._pixels = np.concatenate([self._pixels, chunk.values])
        self._t = np.concatenate([self._t, chunk.t])
        while len(self._pixels) >= self._count:
            yield self._window(self._pixels[: self._count], self._t[: self._count])
            self._pixels = self._pixels[self._count :]
            self._t = self._t[self._count :]

    def finish(self) -> Iterator[Window | Rejection]:
        """An image that is not complete is left out."""
        yield from ()

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        found = [w for w in cls(specification).process(chunk) if isinstance(w, Window)]
        if not found:
            raise RecordingError("is no image of the size of the model")
        yield from found

    def _window(self, pixels: NDArray[np.float32], t: NDArray[np.float64]) -> Window:
        specification = self._specification
        values = scaled(
            1 - pixels if specification["inverted"] else pixels, specification["scaling"]
        )
        if specification["channels_first"]:
            values = values.T
        tensor = np.ascontiguousarray(values, np.float32).reshape(specification["shape"])
        return Window(float(t[0]), float(t[-1]), tensor)

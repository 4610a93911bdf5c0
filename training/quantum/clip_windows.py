"""The window of a clip, computed as on a device."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.windows import SoundFeatures
from edge.samples import Chunk
from training.sound.data.log_mel import RATE, loudest_second
from training.sound.data.recordings import load_samples


def window_of_clip(path: Path, specification: Mapping[str, Any]) -> NDArray[np.float32]:
    """Return the model input of the loudest second of a file."""
    samples = loudest_second(load_samples(path, RATE))
    chunk = Chunk(np.arange(len(samples)) / RATE, samples[:, None])
    return next(iter(SoundFeatures.windows_of_recording(specification, chunk))).tensor

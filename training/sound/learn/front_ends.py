"""The front ends that sound models are trained with, each as a manifest describes its input.

LECTURE and PAPER have the parameters of librosa and its defaults, with two differences:

* librosa centres its frames: it pads a clip with half a window of zeros on both sides. That is
  impossible in a stream, so no front end does it here. A clip as a whole is padded with zeros until
  it fills the window (`pad_or_crop`). For a clip of the intended length, both give the same frames:
  one second here, 61 * 512 samples in the lecture. A longer or shorter clip is moved by less than a
  hop, or it is cropped or padded in time, never stretched.
* librosa's MFCC raise all values that are more than 80 dB below the loudest value of the clip. In a
  stream the loudest value is not known in advance, so nothing is raised here. For a recording with
  some noise in it, the result is the same.

A spectrum is (frames, bins) here, and (bins, frames) in librosa.
"""

from __future__ import annotations

from typing import Any

from edge.features.sound.front_end import FrontEnd
from edge.features.sound.windows import SoundFeatures

_MFCC = FrontEnd(
    rate_hz=22050,
    window=2048,
    hop=512,
    fft=2048,
    mels=128,
    low_hz=0.0,
    high_hz=11025.0,
    scale="slaney",
    norm="slaney",
    log="db",
    floor=1e-10,
    coefficients=40,
)
_MAGNITUDES = FrontEnd(
    window=1024,
    hop=128,
    fft=1024,
    mels=60,
    low_hz=40.0,
    high_hz=8000.0,
    scale="slaney",
    norm="slaney",
    power=1,
    log=None,
)


def _specification(front_end: FrontEnd, frames: int, step: int) -> dict[str, Any]:
    features = {"front_end": front_end.specification(), "shape": [frames], "step": step}
    return SoundFeatures.specification(features)


SHIPPED = SoundFeatures.specification()
LECTURE = _specification(_MFCC, 62, 2)  # 1.5 s, a window every 46 ms
PAPER = _specification(_MAGNITUDES, 126, 6)  # of the quanvolution: 1.06 s, a window each 48 ms

FRONT_ENDS = {"shipped": SHIPPED, "lecture": LECTURE, "paper": PAPER}

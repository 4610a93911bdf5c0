"""The front ends that models of sound are made with, each as a manifest describes its input.

The numbers of the lecture's and the paper's are librosa's, with its defaults, with two differences:

* librosa centres its frames: it puts half a window of silence on both sides of a clip. A stream has
  no sides, so no frame here does. A whole clip gets silence on both sides until it fills the window
  (`pad_or_crop`), and that is the same for a clip as long as the frames are: one second here,
  61 * 512 samples in the lecture. A longer or shorter one is moved by less than a hop, or cropped
  and padded in time, never reshaped.
* librosa's MFCC lift everything to 80 dB below the loudest of the clip. No stream knows what will
  have been its loudest, so nothing is lifted here. A recording with any noise in it is the same.

Spectra stand time first here, (frames, bins), and bins first in librosa.
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


def _specified(front_end: FrontEnd, frames: int, step: int) -> dict[str, Any]:
    wanted = {"front_end": front_end.specification(), "shape": [frames], "step": step}
    return SoundFeatures.specification(wanted)


SHIPPED = SoundFeatures.specification()
LECTURE = _specified(_MFCC, 62, 2)  # 1.5 s, a window every 46 ms
PAPER = _specified(_MAGNITUDES, 126, 6)  # of the quanvolution: 1.06 s, a window every 48 ms

FRONT_ENDS = {"shipped": SHIPPED, "lecture": LECTURE, "paper": PAPER}

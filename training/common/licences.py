"""Source and licence of the corpora that a model was trained on, for its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

# Public corpora by the name of their folder.
CORPORA = {
    "imu_handheld": "imu_handheld (one writer, Edge Impulse captures), Apache-2.0",
    "imu_phone": "imu_phone (one writer, phone), MIT",
    "imu_pen": "imu_pen (metanav/Handwriting_Recognition_IMU), Apache-2.0",
    "strokes_wand": "strokes_wand (petewarden/magic_wand), Apache-2.0",
    "pen_strokes": "pen_strokes: UNIPEN train_r01_v07 (CC BY 4.0), pendigits (UCI, CC BY 4.0); "
    "digilets, in the same folder, is not trained on",
    "speech_commands": "Speech Commands v0.02 (Pete Warden, Google), CC BY 4.0",
    "speech_commands_extra": "more clips of Speech Commands v0.02 (Google), CC BY 4.0",
    "speech_commands_logmel": "log-mel pictures of Speech Commands v0.02 (Google), CC BY 4.0",
    "background_noise": "background noise of Speech Commands v0.02 (Google), CC BY 4.0",
    "speech_commands_v0.02": "Speech Commands v0.02 (Pete Warden, Google), CC BY 4.0",
    "simulated people": "simulated people of this project, after the voices of Flite (CMU)",
    "fsdd": "Free Spoken Digit Dataset (Zohar Jackson and others), CC BY-SA 4.0",
    "arabic_digits": "spoken Arabic digits of 24 speakers, CC BY 4.0",
    "UrbanSound8K": "UrbanSound8K (Salamon, Jacoby, Bello), CC BY-NC 3.0: no commercial use",
    "mitbih": "MIT-BIH arrhythmia database (Moody, Mark; PhysioNet), ODC-By 1.0",
}


SPOKEN = "spoken-"  # begins the name of a folder of words that machine voices say
MACHINE_VOICES = (
    "machine voices: eSpeak NG (GPL-3.0-or-later, its output is free), Flite (CMU, BSD-like)"
)


def corpora_and_licences(folders: Sequence[str]) -> list[str]:
    """One line for each folder; a folder that is no known corpus holds the user's own takes."""
    return [_licence(Path(folder).resolve().name) for folder in folders]


def _licence(name: str) -> str:
    if name.startswith(SPOKEN):
        return MACHINE_VOICES
    return CORPORA.get(name, f"{name}: recorded by whoever trained this model")

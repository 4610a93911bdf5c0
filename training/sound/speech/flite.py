"""The voices of Flite, through its command: with -psdur it prints the end of each phone."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from edge.errors import EdgeError
from edge.formats.sound import read
from training.sound.speech.phones import FLITE
from training.sound.speech.spoken import RATE, Phone, Spoken

VOICES = ("awb", "kal16", "rms", "slt")
"""Of Flite's voices, the ones at 16 kHz: English of Scotland, America, America, America."""
MISSING = "Flite is not installed: sudo apt install flite"
TIMEOUT_S = 60.0


def say(text: str, voice: str, stretch: float = 1.0, pitch_hz: float | None = None) -> Spoken:
    """Return the text spoken by one of VOICES, `stretch` times as long as it usually is."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        settings = [f"duration_stretch={stretch:.3f}"]
        if pitch_hz is not None:
            settings.append(f"int_f0_target_mean={pitch_hz:.1f}")
        command = ["flite", "-voice", voice, "-psdur", "-t", text, "-o", str(path)]
        for setting in settings:
            command += ["--setf", setting]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=TIMEOUT_S
            )
            samples = read(path, RATE).samples
        except FileNotFoundError:
            raise EdgeError(MISSING) from None
        except (OSError, subprocess.SubprocessError) as error:
            raise EdgeError(f"Flite cannot say {text!r}: {error}") from None
    phones, start = [], 0.0
    for entry in done.stdout.split():
        name, _, end = entry.rpartition(":")
        phones.append(Phone(FLITE.get(name, ""), start, float(end)))
        start = float(end)
    return Spoken(samples, phones)

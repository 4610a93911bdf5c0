"""Processor time and memory of kws-enroll, measured in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.sound.data.clip_files import LabelledClip
from training.sound.embedding.people import enrolled_takes

TAKES = 4
CODE = (
    "import sys, time; from edge.bench.machine.memory import peak_mb;"
    "from edge.commands.kws_enroll import main; status = main(sys.argv[1:]);"
    "print(time.process_time(), peak_mb()); sys.exit(status)"
)


@dataclass(frozen=True)
class EnrolmentCost:
    words: int
    takes: int
    processor_s: float
    """Of the whole command, with its start."""
    memory_mb: float
    """Largest resident memory."""


def measure_cost(clips: Sequence[LabelledClip]) -> EnrolmentCost:
    """Return the cost of enrolling the kept-out words of the person who enrols most of them.

    The command uses the shipped embedding.
    """
    words = max(enrolled_takes(clips).values(), key=len)
    with tempfile.TemporaryDirectory() as folder:
        for word, takes in words.items():
            (Path(folder) / "takes" / word).mkdir(parents=True)
            for clip in takes[:TAKES]:
                shutil.copy(clip.path, Path(folder) / "takes" / word)
        out = Path(folder) / "out.tflite"
        done = subprocess.run(
            [sys.executable, "-c", CODE, "--data", f"{folder}/takes", "--out", str(out)],
            capture_output=True,
            text=True,
            check=True,
        )
    seconds, memory = map(float, done.stdout.split()[-2:])
    return EnrolmentCost(len(words), TAKES * len(words), seconds, memory)

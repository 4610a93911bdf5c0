"""The commands that run on an emulated board and on this machine."""

from __future__ import annotations

from pathlib import Path

from edge.formats.sound import write_wav
from edge.simulation.sound.speaker import Speaker
from edge.simulation.sound.utterances import say_utterance
from edge.simulation.sound.vocoder import RATE
from tools.emulated_pi.boards import PROJECT

Check = tuple[str, list[str]]
SHORT = ("--processes=1", "--seconds=0.01", "--runs=2", "--signal=6", "--timeout=600")
ENROLLED = ("lights", "music")
TAKES = 3  # of each word


def write_takes(folder: Path) -> None:
    """Takes of two words, by a simulated speaker."""
    speaker = Speaker(1)
    for name, word in zip(ENROLLED, ("yes", "four"), strict=True):
        for number in range(TAKES):
            samples, _ = say_utterance(speaker, (word,))
            (folder / name).mkdir(exist_ok=True)
            write_wav(folder / name / f"{number}.wav", samples, RATE)


def checks() -> list[Check]:
    recordings = PROJECT / "examples/recordings"
    words = [str(path) for path in sorted(recordings.glob("*.wav"))]
    strokes = [str(path) for path in sorted(recordings.glob("*.csv"))]
    return [
        ("airdigit-live", ["--mock", "--digits", "42", "--seed", "1", "--speed", "100", "--json"]),
        ("kws-listen", ["--mock", "--words", "yes no", "--seed", "1", "--speed", "100", "--json"]),
        ("ecg-live", ["--mock", "--beats", "NNNVN", "--seed", "1", "--speed", "100", "--json"]),
        ("airdigit-doctor", ["--replay", strokes[0], "--json"]),
        ("edge-classify", ["airdigit", *strokes]),
        *[("edge-classify", [model, *words]) for model in ("kws", "kws_qcnn", "sounddigit")],
    ]


def slow_checks(takes: Path) -> list[Check]:
    """The checks of --more. `takes`: the folder of the takes that kws-enroll reads."""
    return [
        ("kws-enroll", ["--data", str(takes), "--out", "mine.tflite"]),
        ("edge-classify", ["mine.tflite", *map(str, sorted(takes.rglob("*.wav")))]),
        ("edge-bench", ["airdigit", "--pipeline", "kws", *SHORT, "--json", "-"]),
    ]

"""Make recordings of people who talk, and who say none of a model's words, with synthetic voices.

  python -m tools.make_talk --minutes 60 --out talk/
  python -m training.evaluate kws --talk talk/

Reads sentences of English texts aloud with the voices of espeak-ng and Flite, one sentence after
another with short pauses, in files of a minute. The texts are files of quotations from Debian's
package `fortunes`, or any text files. Sentences with one of the words, or with a word that sounds
the same, are left out.

--part training and --part test have different sentences and different voices, so that a model can
be trained with one part and measured with the other. Needs Debian's packages espeak-ng and flite.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from edge.formats.sound import read
from edge.formats.sound.wav_writer import write_wav
from edge.resample import resampled
from edge.simulation.seeds import seed
from training.sound.data.words import normalize_word
from training.sound.task import KEYWORDS

RATE = 16000
FILE_S = 60.0
LEVEL_RMS, LEVEL_DB = 0.05, 8.0  # of a sentence, and by how much it varies
PAUSE_S = (0.1, 0.8)
ROOM_RMS = 3e-4  # the hiss of a quiet room and its microphone
TEXTS = Path("/usr/share/games/fortunes")
SAME_SOUND = {"no": ("know",), "right": ("write", "rite", "wright"), "on": ("upon",)}
MIN_WORDS, MAX_WORDS = 4, 25  # of a sentence
TEST_SHARE = 0.25  # of the sentences
ACCENTS = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbcwmd")
ESPEAK_VOICES: dict[str, str] = {
    "training": "Alex Alicia Andrea Andy Annie Denis Diogo Gene Henrique Hugo Jacky Lee Marco "
    "Mario Michael Mike Nguyen adam anika antonio aunty belinda benjamin boris caleb david ed "
    "edward f1 f2 f3 f4 grandma grandpa gustave iven john linda m1 m2 m3 m4 m5 m6",
    "test": "f5 m7 m8 marcelo max michel miguel norbert pablo paul pedro rob steph travis",
}
FLITE_VOICES: dict[str, tuple[str, ...]] = {"training": (), "test": ("kal16", "awb", "rms", "slt")}
FLITE_SHARE = 0.6  # of the sentences, where there are voices of Flite

Samples = NDArray[np.float32]


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.make_talk", __doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for the recordings")
    parser.add_argument(
        "--minutes", type=float, default=60.0, metavar="N", help="length of all files (60)"
    )
    parser.add_argument(
        "--part", choices=sorted(ESPEAK_VOICES), default="test", help="which sentences and voices"
    )
    parser.add_argument(
        "--without",
        nargs="+",
        type=normalize_word,
        default=KEYWORDS,
        metavar="WORD",
        help=f"words that nobody says ({' '.join(KEYWORDS)})",
    )
    parser.add_argument(
        "--text", nargs="+", type=Path, metavar="FILE", help=f"texts to read ({TEXTS})"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N")
    add_common(parser)
    return run_command(parser, make_talk, argv)


def make_talk(args: argparse.Namespace) -> None:
    texts = args.text or fortune_files()
    found = [one for one in sentences(texts, args.without) if is_test(one) == (args.part == "test")]
    if not found:
        raise EdgeError("these texts have no sentence without the words: give other --text")
    rng = np.random.default_rng(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    files = max(1, round(args.minutes * 60 / FILE_S))
    reading = read_aloud(found, args.part, rng)
    for number in range(files):
        parts: list[Samples] = []
        while sum(map(len, parts)) < FILE_S * RATE:
            parts.append(next(reading))
        talk = np.concatenate(parts)
        talk += ROOM_RMS * rng.standard_normal(len(talk)).astype(np.float32)
        write_wav(args.out / f"{args.part}-{number:03d}.wav", talk, RATE)
    print(f"{args.out}: {files} files")


def fortune_files() -> list[Path]:
    """The texts of Debian's package `fortunes`."""
    found = [path for path in sorted(TEXTS.glob("*")) if path.is_file() and not path.suffix]
    if not found:
        raise EdgeError(f"{TEXTS} has no texts: install Debian's package fortunes, or give --text")
    return found


def sentences(texts: Sequence[Path], without: Collection[str]) -> list[str]:
    """Return the sentences of plain words that contain none of the words `without`."""
    excluded = {*without, *(other for word in without for other in SAME_SOUND.get(word, ()))}
    found = set()
    for path in texts:
        text = path.read_text(encoding="utf-8", errors="ignore")
        for paragraph in re.split(r"\n%\n|\n\t+--|\n\n", text):
            plain = re.sub(r"\s+", " ", paragraph)
            for part in re.split(r"(?<=[.!?;:])\s", plain):
                sentence = part.strip(" \"'-")
                words = re.findall(r"[a-z]+", sentence.lower())  # "who's on" contains who, s, on
                has_symbols = re.search(r"[^A-Za-z ,.;:!?'\"-]", sentence)
                fits = MIN_WORDS <= len(words) <= MAX_WORDS and not has_symbols
                if fits and not excluded & set(words):
                    found.add(sentence)
    return sorted(found)


def is_test(sentence: str) -> bool:
    """Return whether a sentence belongs to the test part; the same in every run."""
    return hashlib.sha256(sentence.encode()).digest()[0] < 256 * TEST_SHARE


def read_aloud(texts: Sequence[str], part: str, rng: np.random.Generator) -> Iterator[Samples]:
    """Yield all sentences in random order, each with a pause after it, again and again."""
    while True:
        for number in rng.permutation(len(texts)).tolist():
            samples = speak(texts[number], part, rng)
            if not samples.any():
                continue
            level = LEVEL_RMS * 10 ** (rng.uniform(-LEVEL_DB, LEVEL_DB) / 20)
            samples = samples * np.float32(level / np.sqrt(np.mean(samples**2)))
            pause = np.zeros(round(rng.uniform(*PAUSE_S) * RATE), np.float32)
            yield np.concatenate([samples, pause])


def speak(text: str, part: str, rng: np.random.Generator) -> Samples:
    """Return a sentence read by a random voice of the part."""
    flite = FLITE_VOICES[part]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sentence.wav"
        if flite and rng.random() < FLITE_SHARE:
            voice, stretch = str(rng.choice(flite)), f"{rng.uniform(0.85, 1.25):.2f}"
            command = ["flite", "-voice", voice, "--setf", f"duration_stretch={stretch}"]
            command += ["-t", text, "-o", str(path)]
        else:
            voice = f"{rng.choice(ACCENTS)}+{rng.choice(ESPEAK_VOICES[part].split())}"
            speed, pitch = str(rng.integers(130, 210)), str(rng.integers(20, 80))
            command = ["espeak-ng", "-v", voice, "-s", speed, "-p", pitch, "-w", str(path), text]
        if not shutil.which(command[0]):
            raise EdgeError(f"{command[0]} is not installed: apt install {command[0]}")
        subprocess.run(command, check=True, capture_output=True)
        sound = read(path)
    return resampled(sound.samples, sound.rate, RATE)


if __name__ == "__main__":
    sys.exit(main())

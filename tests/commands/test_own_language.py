"""The way of docs/own_language.md: record words of another language, enrol them, recognise them."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from edge.commands import edge_classify, kws_enroll, kws_listen, sound_record
from edge.formats.sound import write_wav
from edge.resample import resampled

RATE = 16000
WORDS = ("開燈", "音樂", "停止")  # light on, music, stop
TAKES = 4
HISS = 3e-4  # of a quiet room

pytestmark = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")


def spoken(word: str, speed: int, pitch: int) -> np.ndarray:
    """The word as a machine voice for Mandarin says it."""
    command = ["espeak-ng", "-v", "cmn", "-s", str(speed), "-p", str(pitch), "--stdout", word]
    wav = subprocess.run(command, capture_output=True, check=True).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    return 0.5 * resampled(samples, rate, RATE)


def in_a_room(parts: list[np.ndarray], seed: int) -> np.ndarray:
    """The sounds one after another, with pauses."""
    rng = np.random.default_rng(seed)
    padded = [np.pad(part, (round(0.9 * RATE), round(1.1 * RATE))) for part in parts]
    joined = np.concatenate([np.zeros(2 * RATE, np.float32), *padded])
    return (joined + HISS * rng.standard_normal(len(joined))).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The takes of one speaker, recorded with `sound-record`."""
    folder = tmp_path_factory.mktemp("language")
    order = [word for word in WORDS for _ in range(TAKES)]
    sounds = [spoken(word, 140 + 5 * k, 45 + k) for k, word in enumerate(order)]
    write_wav(folder / "session.wav", in_a_room(sounds, 0), RATE)
    options = ["--speaker", "mei", "--words", *WORDS, "--takes", str(TAKES)]
    options += ["--replay", str(folder / "session.wav"), "--speed", "max"]
    assert sound_record.main([*options, "--out", str(folder / "words")]) == 0
    return folder


@pytest.fixture(scope="module")
def model(folder: Path) -> Path:
    out = folder / "mine.tflite"
    assert kws_enroll.main(["--data", str(folder / "words"), "--out", str(out)]) == 0
    return out


def test_the_recorder_saves_takes_of_words_in_any_script(folder):
    for word in WORDS:
        assert len(list((folder / "words" / word).glob("mei_nohash_*.wav"))) == TAKES


def test_enrolled_words_are_recognised_in_recordings(model, tmp_path, capsys):
    for k, word in enumerate(WORDS):
        write_wav(tmp_path / f"{k}.wav", in_a_room([spoken(word, 155, 52)], k), RATE)
    assert edge_classify.main([str(model), str(tmp_path)]) == 0
    found = [json.loads(line)["label"] for line in capsys.readouterr().out.splitlines()]
    assert sum(label == word for label, word in zip(found, WORDS, strict=True)) >= 2


def test_enrolled_words_are_recognised_in_a_stream(model, tmp_path, capsys):
    sounds = [spoken(word, 150, 50) for word in WORDS]
    write_wav(tmp_path / "live.wav", in_a_room(sounds, 7), RATE)
    options = ["--model", str(model), "--replay", str(tmp_path / "live.wav")]
    assert kws_listen.main([*options, "--speed", "max", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [event["label"] for event in events if event.get("event") == "detection"]
    assert len(set(found) & set(WORDS)) >= 2

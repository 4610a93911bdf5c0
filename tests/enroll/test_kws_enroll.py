"""kws-enroll: words from takes, on the shipped embedding, with simulated people and espeak-ng."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from command_process import ROOT
from edge.commands import kws_listen
from edge.commands.kws_enroll import main
from edge.enroll import takes
from edge.enroll.embedding_file import EmbeddingFile
from edge.enroll.enrolled_model import measured_false_per_hour, threshold_for
from edge.formats.sound import read, write_wav
from edge.model import Model
from edge.resample import resampled
from edge.simulation.sound.speaker import Speaker, say

RATE = 16000
HISS = 1e-4

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")


def in_quiet(samples: np.ndarray, rng: np.random.Generator, pause_s: float = 0.4) -> np.ndarray:
    """Return the sound between two pauses of a quiet room."""
    padded = np.pad(samples, round(pause_s * RATE))
    return (padded + HISS * rng.standard_normal(len(padded))).astype(np.float32)


def save(folder: Path, word: str, number: int, samples: np.ndarray) -> Path:
    (folder / word).mkdir(parents=True, exist_ok=True)
    path = folder / word / f"me_nohash_{number}.wav"
    write_wav(path, samples, RATE)
    return path


def simulated_take(word: str, seed: int, number: int = 0) -> np.ndarray:
    rng = np.random.default_rng([seed, number])
    return in_quiet(say(word, Speaker(seed), rng), rng)


def enroll(folder: Path, *options: str) -> int:
    return main(["--data", str(folder), "--out", str(folder / "mine.tflite"), "-q", *options])


@pytest.fixture
def two_words(tmp_path: Path) -> Path:
    for word in ("seven", "left"):
        for number in range(3):
            save(tmp_path / "takes", word, number, simulated_take(word, 3, number))
    return tmp_path / "takes"


def detected(model: Path, sound: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert kws_listen.main(["--model", str(model), "--replay", str(sound)]) == 0
    lines = capsys.readouterr().out.splitlines()
    return [line.split()[2] for line in lines if " s  " in line]


def test_enrolled_words_are_recognised_in_later_sound(two_words, tmp_path, capsys):
    assert enroll(two_words) == 0
    printed = capsys.readouterr().out
    assert "seven: 3 takes, 3 of them detected with the other takes; record 1 more" in printed
    assert "expected of this speaker" in printed and "false accepts" in printed
    assert f"kws-listen --model {two_words / 'mine.tflite'}" in printed
    later = [simulated_take(word, 3, 9) for word in ("left", "one", "seven")]
    write_wav(tmp_path / "later.wav", np.concatenate(later), RATE)
    model = two_words / "mine.tflite"
    assert detected(model, tmp_path / "later.wav", capsys) == ["left", "seven"]


def test_the_model_file_has_labels_thresholds_and_the_words(two_words):
    assert enroll(two_words) == 0
    model = Model.load(two_words / "mine.tflite", task="kws")
    assert model.labels == ["left", "seven", "unknown"] and model.words == ["left", "seven"]
    assert model.settings.usual_threshold == 0.5
    stricter = model.settings.with_budget(0.1)
    at_half = measured_false_per_hour(EmbeddingFile.shipped())
    assert stricter.usual_threshold == pytest.approx(threshold_for(0.1, at_half), abs=1e-4)
    assert 0.6 < stricter.usual_threshold < 1
    assert model.manifest.provenance["takes"] == {"left": 3, "seven": 3}


def test_an_enrolled_model_scores_recordings(two_words):
    assert enroll(two_words) == 0
    model = Model.load(two_words / "mine.tflite")
    found = model.score_recording(read(two_words / "left" / "me_nohash_0.wav", RATE))
    assert model.labels[int(found.argmax())] == "left"


def test_the_same_takes_give_the_same_file(two_words):
    assert enroll(two_words) == 0
    first = (two_words / "mine.tflite").read_bytes()
    assert enroll(two_words) == 0
    assert (two_words / "mine.tflite").read_bytes() == first


def test_words_are_recorded_and_enrolled(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    options = ["--words", "yes", "seven", "--takes", "2", "--mock", "--seed", "5", "--speed", "max"]
    assert main(options) == 0
    assert len(list((tmp_path / "words").glob("*/me_nohash_*.wav"))) == 4
    assert Model.load("my_words.tflite").words == ["yes", "seven"]
    assert "yes: 2 takes" in capsys.readouterr().out


def test_enrolment_needs_no_tensorflow_and_little_memory(two_words):
    code = (
        "import sys; from edge.bench.machine.memory import status_mb;"
        "from edge.commands.kws_enroll import main; status = main();"
        "assert not {'tensorflow', 'scipy'} & set(sys.modules);"
        "print(status_mb('self', 'VmHWM')); sys.exit(status)"
    )
    command = [sys.executable, "-c", code, "--data", str(two_words), "--out"]
    done = subprocess.run(
        [*command, str(two_words / "mine.tflite")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=300,
    )
    assert 0 < float(done.stdout.split()[-1]) < 100


def test_one_take_says_that_it_cannot_be_tested(two_words, capsys):
    for path in sorted((two_words / "left").iterdir())[1:]:
        path.unlink()
    assert enroll(two_words) == 0
    assert "left: 1 take, so it cannot be tested: record 3 more" in capsys.readouterr().out


def test_one_take_of_the_only_word_is_enrolled(tmp_path, capsys):
    save(tmp_path, "seven", 0, simulated_take("seven", 3))
    assert enroll(tmp_path) == 0
    assert "seven: 1 take, so it cannot be tested: record 3 more" in capsys.readouterr().out


def test_a_take_of_another_word_is_named(two_words, capsys):
    other = save(two_words, "left", 7, simulated_take("zero", 3, 1))
    assert enroll(two_words) == 0
    assert f"{other} is unlike the other takes of 'left'" in capsys.readouterr().out


def test_takes_of_two_people_are_enrolled_together(two_words, capsys):
    for number in range(3):
        save(two_words, "left", 10 + number, simulated_take("left", 8, number))
    assert enroll(two_words) == 0
    assert "left: 6 takes" in capsys.readouterr().out


def clipped(samples: np.ndarray) -> np.ndarray:
    return np.clip(60 * samples, -1, 1)


def long_phrase(samples: np.ndarray) -> np.ndarray:
    """Return sound of more than four seconds without a pause."""
    rng = np.random.default_rng(0)
    word = samples[round(0.45 * RATE) : -round(0.45 * RATE)]
    return in_quiet(np.tile(word, 1 + 4 * RATE // len(word)), rng)


def short_word(samples: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    tone = 0.3 * np.sin(2 * np.pi * 500 * np.arange(round(0.08 * RATE)) / RATE)
    return in_quiet(tone.astype(np.float32), rng)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (np.zeros_like, "it is silent: is the microphone muted?"),
        (lambda samples: samples * 1e-4, "it is too soft"),
        (clipped, "it is clipped: speak softer"),
        (short_word, "is too short to know it by"),
        (long_phrase, "s, which is too long: choose one of up to 3 s"),
    ],
)
def test_a_bad_take_is_left_out_with_its_reason(two_words, capsys, changed, message):
    bad = save(two_words, "left", 7, changed(simulated_take("left", 3)))
    assert enroll(two_words) == 0
    printed = capsys.readouterr().out
    (line,) = [line for line in printed.splitlines() if str(bad) in line]
    assert line.startswith(f"{bad} left out: ") and message in line


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"hello", "is not a sound file: give WAV, FLAC, Ogg or MP3"),
        (b"", "is empty: record it again"),
    ],
)
def test_a_broken_take_is_named_in_one_plain_sentence(tmp_path, capsys, content, message):
    (tmp_path / "left").mkdir()
    path = tmp_path / "left" / "1.wav"
    path.write_bytes(content)
    assert enroll(tmp_path) == 1
    error = capsys.readouterr().err
    assert error == f"kws-enroll: error: no take of 'left' can be used: {path} {message}\n"


def test_a_broken_recording_without_words_is_left_out_with_its_reason(two_words, capsys):
    (two_words / "unknown").mkdir()
    path = two_words / "unknown" / "1.wav"
    path.write_bytes(b"hello")
    assert enroll(two_words) == 0
    assert f"{path} left out: it is not a sound file" in capsys.readouterr().out


def test_more_takes_than_can_be_used_are_named(two_words, monkeypatch, capsys):
    monkeypatch.setattr(takes, "MAX_TAKES", 2)
    assert enroll(two_words) == 0
    printed = capsys.readouterr().out
    assert f"{two_words / 'left'} has 3 takes: only the first 2 are used" in printed
    assert "left: 2 takes" in printed


def test_a_word_with_bad_takes_only_is_an_error(two_words, capsys):
    shutil.rmtree(two_words / "left")
    bad = save(two_words, "left", 0, np.zeros(RATE, np.float32))
    assert enroll(two_words) == 1
    reason = f"no take of 'left' can be used: {bad} is silent: is the microphone muted?"
    assert capsys.readouterr().err == f"kws-enroll: error: {reason}\n"
    assert not (two_words / "mine.tflite").exists()


def test_a_word_without_takes_does_not_get_the_reason_of_another_word(two_words, capsys):
    save(two_words, "left", 7, np.zeros(RATE, np.float32))
    (two_words / "silence").mkdir()
    assert enroll(two_words) == 1
    error = capsys.readouterr().err
    assert f"there is no take of 'silence' in {two_words / 'silence'}: record some" in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "say what to enrol: --words to record takes, or --data FOLDER"),
        (["--data", "missing"], "missing is no folder"),
        (["--data", "empty"], "empty has no folders"),
        (["--data", "empty", "--out", "mine.onnx"], "name a file, something.tflite"),
    ],
)
def test_impossible_options_give_one_line(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    assert main(options) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1


def test_a_full_disk_leaves_the_old_model(two_words, monkeypatch, capsys):
    assert enroll(two_words) == 0
    before = (two_words / "mine.tflite").read_bytes()

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    save(two_words, "left", 7, simulated_take("left", 3, 7))
    monkeypatch.setattr(os, "replace", full)
    assert enroll(two_words) == 1
    assert "mine.tflite cannot be written: No space left on device" in capsys.readouterr().err
    assert (two_words / "mine.tflite").read_bytes() == before
    assert not list(two_words.glob(".*"))


def spoken(text: str, voice: str, pace: int, pitch: int) -> np.ndarray:
    """Return the text by a voice of espeak-ng, without the quiet around it."""
    command = ["espeak-ng", "-v", voice, "-s", str(pace), "-p", str(pitch), "--stdout", text]
    data = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    samples = np.frombuffer(data[44 : 44 + (len(data) - 44) // 2 * 2], "<i2") / 32768
    return resampled(samples.astype(np.float32), 22050, RATE)


@needs_espeak
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ("Fenster", "Guten Morgen")),
        ("es", ("ventana", "buenos días")),
        ("ar", ("نافذة", "صباح")),
    ],
)
def test_words_of_other_languages_are_enrolled(tmp_path, capsys, language, words):
    rng, voice = np.random.default_rng(0), f"{language}+f3"
    for word in words:
        for number, (pace, pitch) in enumerate([(150, 45), (165, 50), (175, 55), (160, 48)]):
            save(tmp_path, word, number, in_quiet(spoken(word, voice, pace, pitch), rng))
    assert enroll(tmp_path) == 0
    capsys.readouterr()
    later = [in_quiet(spoken(word, voice, 157, 52), rng, 0.6) for word in words]
    write_wav(tmp_path / "later.wav", np.concatenate(later), RATE)
    model = Model.load(tmp_path / "mine.tflite")
    assert sorted(model.words) == sorted(words)
    options = ["--model", str(tmp_path / "mine.tflite"), "--replay", str(tmp_path / "later.wav")]
    assert kws_listen.main(options) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in words)


def test_a_phrase_of_two_parts_is_one_take(tmp_path):
    rng = np.random.default_rng(0)
    parts = [
        say("seven", Speaker(3), rng),
        np.zeros(round(0.3 * RATE)),
        say("left", Speaker(3), rng),
    ]
    path = save(tmp_path, "phrase", 0, in_quiet(np.concatenate(parts), rng))
    take = takes.read_take(path, RATE)
    assert take.end - take.start > 0.9


def test_a_folder_of_takes_that_cannot_be_made_is_said_with_its_option(tmp_path, capsys):
    (tmp_path / "takes").write_text("a file")
    out = str(tmp_path / "mine.tflite")
    assert main(["--words", "yes", "--mock", "--data", str(tmp_path / "takes"), "--out", out]) == 1
    assert "cannot be made (File exists): choose another --data" in capsys.readouterr().err

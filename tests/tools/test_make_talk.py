"""`python -m tools.make_talk`, with the real voices of espeak-ng."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edge.formats.sound import read
from tools import make_talk

TEXT = """Nobody knows why the old clock in the kitchen is always late.
%
She said that the train would stop here. He was on a boat. Who's up there with the dog?
He told us a long story about a lighthouse and its keeper; we believed him at once.
"""


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text"
    path.write_text(TEXT)
    return path


def test_sentences_with_one_of_the_words_are_left_out(text: Path) -> None:
    found = make_talk.sentences([text], ("stop", "on", "up"))
    assert found == [
        "He told us a long story about a lighthouse and its keeper;",
        "Nobody knows why the old clock in the kitchen is always late.",
        "we believed him at once.",
    ]


def test_a_sentence_belongs_to_one_part() -> None:
    numbers = [f"This is sentence number {number} of many" for number in range(400)]
    share = np.mean([make_talk.is_test(sentence) for sentence in numbers])
    assert 0.15 < share < 0.35


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs Debian's package espeak-ng")
def test_the_recordings_are_speech_and_the_same_for_the_same_seed(
    tmp_path: Path, text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_talk, "FILE_S", 6.0)
    sounds = []
    for name in ("first", "second"):
        folder = tmp_path / name
        options = ["--part", "training", "--minutes", "0.2", "--text", str(text)]
        assert make_talk.main([*options, "--without", "stop", "--out", str(folder)]) == 0
        files = sorted(folder.iterdir())
        assert [file.name for file in files] == ["training-000.wav", "training-001.wav"]
        sounds.append(read(files[0]))
    np.testing.assert_array_equal(sounds[0].samples, sounds[1].samples)
    assert sounds[0].rate == 16000 and 6 <= len(sounds[0].samples) / 16000 < 20
    assert np.sqrt(np.mean(sounds[0].samples ** 2)) > 0.01


def test_texts_without_a_sentence_are_an_error(
    tmp_path: Path, text: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text.write_text("no")
    assert make_talk.main(["--text", str(text), "--out", str(tmp_path / "talk")]) == 1
    assert "give other --text" in capsys.readouterr().err

"""Machine voices: their phones, and the clips of words that are given as text."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edge.errors import EdgeError
from training.sound.data.folder_layouts import find_clip_files
from training.sound.data.words import SPEECH_COMMANDS
from training.sound.embedding.alignment import align
from training.sound.speech import espeak, spoken_clips
from training.sound.speech.phones import NUMBER, PHONES, phones_of

needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")


@pytest.fixture(autouse=True)
def few_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken_clips, "CLIPS_PER_WORD", 3)
    monkeypatch.setattr(spoken_clips, "CLIPS_PER_OTHER_WORD", 1)
    monkeypatch.setattr(spoken_clips, "SIMILAR_WORDS", 2)
    monkeypatch.setattr(spoken_clips, "FLITE_SHARE", 0.0)


def test_marks_do_not_change_a_phone():
    assert [PHONES[n] for n in phones_of("ˈtʃɑːɹ")] == ["t", "ʃ", "ɑ", "ɹ"]
    assert phones_of("") == phones_of("ˈ") == [NUMBER["sil"]]


@needs_espeak
def test_espeak_tells_when_each_phone_is_said():
    spoken = espeak.load_espeak().say("computer", "en-us")
    names = "".join(phone.ipa for phone in spoken.phones)
    assert names.startswith("k") and "p" in names
    starts = [phone.start for phone in spoken.phones]
    assert starts == sorted(starts)
    assert spoken.phones[-1].end == pytest.approx(len(spoken.samples) / 16000, abs=0.01)


@needs_espeak
def test_words_as_text_become_a_corpus_with_similar_words(tmp_path: Path):
    folder = spoken_clips.spoken_corpus(["hey lumos", "computer"], "en-us", tmp_path, 0)
    clips = list(find_clip_files(folder))
    words = {clip.word for clip in clips}
    assert {"hey lumos", "computer", "hey", "lumos"} < words and len(words) <= 8 + len(
        SPEECH_COMMANDS
    )
    assert sum(clip.word == "computer" for clip in clips) == 3
    assert all(clip.speaker.startswith("espeak-") for clip in clips)
    assert spoken_clips.spoken_corpus(["hey lumos", "computer"], "en-us", tmp_path, 0) == folder


@needs_espeak
@pytest.mark.parametrize(
    ("word", "language", "message"),
    [
        ("...", "en-us", "the voices cannot say '...'"),
        ("word", "xx", "eSpeak NG has no voice 'xx"),
    ],
)
def test_a_text_that_cannot_be_said_is_an_error(tmp_path, word, language, message):
    with pytest.raises(EdgeError, match=message):
        spoken_clips.spoken_corpus([word], language, tmp_path, 0)
    assert not list(tmp_path.iterdir())


def test_a_missing_espeak_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(espeak, "LIBRARY", "no-such-library.so")
    espeak.load_espeak.cache_clear()
    with pytest.raises(EdgeError, match="sudo apt install espeak-ng"):
        spoken_clips.spoken_corpus(["word"], "en-us", tmp_path, 0)


def test_phones_of_a_known_word_are_found_in_order():
    silence, first, second = 0, 5, 9
    truth = [silence, silence, first, first, second, silence]
    scores = np.full((1, len(truth), len(PHONES)), -5, np.float32)
    scores[0, np.arange(len(truth)), truth] = 0
    scores[0, 3, second] = 0.1  # a step that is not in order of its own
    found, fit = align(scores, [first, second])
    assert found[0, :3].tolist() == truth[:3] and found[0, -2:].tolist() == truth[-2:]
    assert fit[0] <= 0.02

"""Clips are loaded once: unreadable ones left out, duplicates dropped, spectra cached."""

from __future__ import annotations

import logging

import numpy as np

from edge.formats.sound import write_wav
from sound_training import record_words, write_noise
from training.sound.data.load import load_clips
from training.sound.data.log_mel import RATE


def test_unreadable_and_silent_recordings_are_named_and_left_out(tmp_path, caplog):
    record_words(tmp_path, ["yes"], [0])
    write_wav(tmp_path / "yes" / "silent.wav", np.zeros(RATE), RATE)
    (tmp_path / "yes" / "broken.wav").write_bytes(b"RIFF")
    with caplog.at_level(logging.WARNING):
        assert len(load_clips([tmp_path])) == 1
    assert "silent.wav holds no sound" in caplog.text and "broken.wav" in caplog.text


def test_the_cache_is_used_until_the_folder_changes(tmp_path):
    cache = tmp_path / "cache"
    record_words(tmp_path / "c", ["yes"], [0])
    first = load_clips([tmp_path / "c"], cache)
    again = load_clips([tmp_path / "c"], cache)
    assert np.array_equal(again.rows, first.rows) and (again.path == first.path).all()
    record_words(tmp_path / "c", ["yes"], [1])
    assert len(load_clips([tmp_path / "c"], cache)) == 2


def test_a_take_that_is_recorded_again_with_the_same_size_is_read_again(tmp_path):
    write_noise(tmp_path / "c" / "yes" / "1.wav", 1.0)
    first = load_clips([tmp_path / "c"], tmp_path / "cache")
    write_wav(tmp_path / "c" / "yes" / "1.wav", np.sin(np.arange(RATE)), RATE)
    again = load_clips([tmp_path / "c"], tmp_path / "cache")
    assert (again.path == first.path).all() and not np.array_equal(again.rows, first.rows)


def test_a_damaged_cache_file_is_computed_again(tmp_path, caplog):
    write_noise(tmp_path / "c" / "yes" / "1.wav", 1.0)
    first = np.asarray(load_clips([tmp_path / "c"], tmp_path / "cache").rows)
    (cached,) = (tmp_path / "cache").iterdir()
    for damaged in (b"garbage" * 99, cached.read_bytes()[:5000], b""):
        cached.write_bytes(damaged)
        assert np.array_equal(load_clips([tmp_path / "c"], tmp_path / "cache").rows, first)
        assert "is damaged: computed again" in caplog.text
        caplog.clear()
    assert np.array_equal(load_clips([tmp_path / "c"], tmp_path / "cache").rows, first)
    assert not caplog.text


def test_a_duplicate_is_used_once(tmp_path):
    for name in ("a", "b"):
        record_words(tmp_path / name, ["yes", "no"], [0])
    assert len(load_clips([tmp_path / "a", tmp_path / "b"])) == 2


def test_of_duplicates_the_one_in_a_test_list_is_used(tmp_path):
    """Else a copy of a corpus would bring its test set into the training."""
    for name in ("copy", "listed", "also"):
        record_words(tmp_path / name, ["yes", "no"], [0])
    names = sorted(p.relative_to(tmp_path / "listed") for p in (tmp_path / "listed").rglob("*.wav"))
    (tmp_path / "listed" / "testing_list.txt").write_text("".join(f"{name}\n" for name in names))
    loaded = load_clips([tmp_path / name for name in ("copy", "listed", "also")])
    assert loaded.split.tolist() == ["test", "test"]
    assert set(loaded.corpus) == {"listed"}


def test_the_same_sound_under_two_words_is_a_warning(tmp_path, caplog):
    for word in ("yes", "no"):
        write_noise(tmp_path / "c" / word / "1.wav", 1.0)
    assert len(load_clips([tmp_path / "c"])) == 1
    assert "are the same sound: it is taken as no" in caplog.text

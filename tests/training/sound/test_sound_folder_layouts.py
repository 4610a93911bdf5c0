"""What the folders of a corpus say about its recordings: word, speaker, split; and noise."""

from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from sound_training import record_words, speaker_name, write_noise
from training.sound.data.folder_layouts import NOISE_FOLDER, find_clip_files, find_noise_files
from training.sound.data.load import load_clips
from training.sound.data.noise import recorded_noise
from training.sound.data.words import SILENCE
from training.sound.task import keyword_task


def words_of(folder: Path) -> set[str]:
    return {clip.word for clip in find_clip_files(folder)}


@pytest.fixture
def official(tmp_path: Path) -> Path:
    """A small corpus with the lists and the noise folder of Speech Commands."""
    folder = tmp_path / "official"
    record_words(folder, ["yes"], [1, 2, 3])
    (folder / "validation_list.txt").write_text(f"yes/{speaker_name(1)}_nohash_0.wav\n")
    (folder / "testing_list.txt").write_text(f"yes/{speaker_name(2)}_nohash_0.wav\n")
    write_noise(folder / NOISE_FOLDER / "hiss.wav")
    return folder


def test_the_lists_of_speech_commands_give_the_split(official):
    clips = load_clips([official])
    assert dict(zip(clips.speaker, clips.split, strict=True)) == {
        speaker_name(1): "val",
        speaker_name(2): "test",
        speaker_name(3): "train",
    }


def test_the_noise_folder_is_noise_and_not_a_word(official):
    assert set(load_clips([official]).word) == {"yes"}
    noise = find_noise_files([official])
    assert [path.name for path in noise] == ["hiss.wav"]
    assert len(recorded_noise(noise)) == 4  # 3 s, a clip every half second


def test_lists_match_names_in_another_unicode_form_and_missing_files_are_named(official, caplog):
    (official / "yes").rename(official / "gro\u0308ße an")
    listed = f"größe an/{speaker_name(1)}_nohash_0.wav\r\n\ngröße an/gone_nohash_0.wav\n"
    (official / "validation_list.txt").write_bytes(listed.encode("utf-8-sig"))
    (official / "testing_list.txt").unlink()
    assert [clip.split for clip in find_clip_files(official)].count("val") == 1
    assert "1 recordings that are missing, the first is größe an/gone_nohash_0" in caplog.text


def test_a_tar_of_spectrum_images_is_read_and_other_images_are_left_out(official, tmp_path, caplog):
    with tarfile.open(official / "backup.tar", "w") as backup:
        backup.add(official / "yes", "an")
        for name in ("me.jpg", "yes/a_nohash_0.jpg", "yes/b_nohash_0.jpg"):
            image = tmp_path / Path(name).name
            shape = (50, 50, 1) if name.startswith("yes/b") else (98, 40, 1)
            jpeg = tf.io.encode_jpeg(np.zeros(shape, np.uint8)).numpy()
            image.write_bytes(b"none" if name.startswith("yes/a") else jpeg)
            backup.add(image, name)
        backup.add(official, "yes/folder.jpg", recursive=False)
    assert len(load_clips([official])) == 3
    assert "backup.tar: 0 images of words, 2 other images left out" in caplog.text
    with tarfile.open(official / "backup.tar", "a") as backup:
        backup.add(tmp_path / "me.jpg", "yes/c_nohash_0.jpg")
    assert len(load_clips([official])) == 4
    assert "backup.tar: 1 images of words, 2 other images left out" in caplog.text


def test_without_word_folders_the_digit_in_the_name_is_the_word(tmp_path):
    for name in ("3_anna_0.wav", "4_017.wav", "hm.wav"):
        write_noise(tmp_path / name, 1.0)
    found = {clip.path.name: (clip.word, clip.speaker) for clip in find_clip_files(tmp_path)}
    assert found == {"3_anna_0.wav": ("three", "anna"), "4_017.wav": ("four", "")}


@pytest.mark.parametrize(
    ("names", "speakers"),
    [
        (["recordings/3_anna_0.wav", "recordings/4_anna_1.wav"], {"anna"}),
        (["anna/3_anna_0.wav", "anna/4_anna_1.wav", "otto/4_otto_1.wav"], {"anna", "otto"}),
    ],
)
def test_a_folder_of_everything_or_of_a_speaker_is_not_a_word(tmp_path, names, speakers):
    for name in names:
        write_noise(tmp_path / name, 1.0)
    found = list(find_clip_files(tmp_path))
    assert {clip.word for clip in found} == {"three", "four"}
    assert {clip.speaker for clip in found} == speakers


def test_names_as_in_the_lecture_say_the_digit_in_any_folder(tmp_path):
    for name in ("mine/4_017.wav", "mine/3_001.wav"):
        write_noise(tmp_path / name, 1.0)
    assert words_of(tmp_path) == {"three", "four"}
    write_noise(tmp_path / "yours" / "5_002.wav", 1.0)
    assert words_of(tmp_path) == {"three", "four", "five"}


def test_numbers_in_a_word_folder_count_takes(tmp_path):
    numbered = ("ja/1_take.wav", "ja/2_take_2.wav", "nein/1_1.wav", "nein/1_2.wav", "7/1.wav")
    for name in numbered:
        write_noise(tmp_path / name, 1.0)
    assert words_of(tmp_path) == {"ja", "nein", "seven"}


def test_the_speaker_is_the_folder_above_the_word_or_in_the_name(tmp_path):
    write_noise(tmp_path / "ja" / "1.wav")
    write_noise(tmp_path / "otto" / "ja" / "1.wav")
    write_noise(tmp_path / "zwei" / "00000012_NO_05.wav")
    write_noise(tmp_path / "_silence_" / "2.wav")
    found = {(clip.word, clip.speaker) for clip in find_clip_files(tmp_path)}
    assert found == {("ja", ""), ("ja", "otto"), ("zwei", "00000012"), (SILENCE, "")}


def test_a_word_is_the_same_in_both_unicode_forms(tmp_path):
    write_noise(tmp_path / "gru\u0308n" / "1.wav")
    (word,) = words_of(tmp_path)
    assert (word,) == keyword_task(["grün"]).words == keyword_task(["gru\u0308n"]).words


@pytest.mark.parametrize(
    ("name", "split"),
    [("train", "train"), ("Training", "train"), ("dev", "val"), ("validation", "val"), ("", "")],
)
def test_an_index_may_use_the_usual_names_of_splits(tmp_path, name, split):
    rows = f"split,path,label,word,speaker\n{name},1.wav,yes,yes,ann\n"
    (tmp_path / "index.csv").write_text(rows)
    (clip,) = find_clip_files(tmp_path)
    assert clip.split == split


def test_links_to_folders_are_followed_once(tmp_path):
    record_words(tmp_path / "real", ["yes", "no"], [0])
    (tmp_path / "data").mkdir()
    for word in ("yes", "no"):
        (tmp_path / "data" / word).symlink_to(tmp_path / "real" / word)
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data")
    assert sorted(clip.word for clip in find_clip_files(tmp_path / "data")) == ["no", "yes"]

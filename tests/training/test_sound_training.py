from __future__ import annotations

import http.server
import io
import json
import logging
import tarfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from edge.commands import edge_classify
from edge.errors import EdgeError, RecordingError
from edge.formats.sound import write_wav
from edge.model import Model
from edge.simulation.seeds import person_seed
from training import kws, sounddigit
from training.common.atomic_write import atomic_write
from training.sound import export
from training.sound import train as sound_training
from training.sound.data import clips as corpora
from training.sound.data import download, folder_layouts, selection, simulated_speakers
from training.sound.data.clips import RATE, ROWS, Clips
from training.sound.data.folder_layouts import DIGIT_WORDS, SILENCE
from training.sound.data.split import hold_out
from training.sound.evaluate.validation import ValidationConfig
from training.sound.learn import config, fit, network, training_sets, waveform_augmentation
from training.sound.learn.augmentation import (
    BANDS,
    FRAMES,
    Strength,
    augment,
    moving_noise,
    steady_noise,
)
from training.sound.learn.front_ends import LECTURE
from training.sound.learn.layers import TINY, Shape
from training.sound.task import OTHER_SHARE, SILENT_SHARE, commands

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

WORDS = ["yes", "no"]
SHAPE = Shape(stem=8, stages=((12, 2), (16, 2)), width=24, blocks=1)
NOTHING = Strength(
    tempo=0.0,
    tract=0.0,
    cut_rows=0,
    partial=0.0,
    beside=0.0,
    bare=0.0,
    gain_db=0.0,
    tilt_nats=0.0,
    reverberant=0.0,
    noisy=0.0,
    masks=0,
)


@pytest.fixture(autouse=True)
def in_little_time(monkeypatch, tmp_path):
    monkeypatch.setattr(fit, "CACHE", tmp_path / "cache")
    for name, value in {"STEPS": 50, "BATCH": 48, "FEWEST": 1, "FULL": 1}.items():
        monkeypatch.setattr(fit, name, value)
    for name, epochs, rate in (
        ("PRETRAIN", 4, 1e-2),
        ("FINISH", 5, 4e-3),
        ("ADAPT", 2, 3e-3),
        ("WAVES", 6, 1e-2),
        ("TEACHER", 1, 1e-2),
    ):
        plan = replace(getattr(fit, name), epochs=epochs, rate=rate)
        monkeypatch.setattr(fit, name, plan)
    monkeypatch.setattr(waveform_augmentation, "BATCH", 48)
    monkeypatch.setitem(config.SIZES, "tiny", SHAPE)
    monkeypatch.setattr(sound_training, "VALIDATION", ValidationConfig(hours=0.02))
    monkeypatch.setattr(config, "PEOPLE", 0)
    monkeypatch.setattr(training_sets, "CALIBRATION", 100)
    monkeypatch.setattr(selection, "MADE_NOISES", 50)


def say(folder: Path, words: Sequence[str], people: Sequence[int], name: str = "{:x}_nohash_0.wav"):
    """Each of the people says each word, in a folder for each."""
    for number in people:
        seed = person_seed(77, number)
        for word, second in zip(words, simulated_speakers.spoken(seed, words), strict=True):
            path = folder / word / name.format(seed)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_wav(path, second, RATE)


def hiss(path: Path, seconds: float = 3.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    write_wav(path, 0.01 * rng.standard_normal(round(seconds * RATE)), RATE)
    return path


def clips(
    words: Sequence[str], speakers: Sequence[str], corpus: str = "c", split: str = ""
) -> Clips:
    """One clip a word and speaker; what is in it is the same noise everywhere."""
    named = [(word, who) for who in speakers for word in words]
    count = len(named)
    rng = np.random.default_rng(len(corpus))
    return Clips(
        rng.normal(-5, 1, (count, ROWS, BANDS)).astype(np.float16),
        np.array([word for word, _ in named]),
        np.array([who for _, who in named]),
        np.full(count, corpus),
        np.full(count, split),
        np.array([f"{who}/{word}/{k}.wav" for k, (word, who) in enumerate(named)]),
        np.zeros(count, bool),
    )


# --- whole commands ---


def test_words_are_learnt_and_heard_from_people_who_were_not_there(tmp_path, capsys):
    data = tmp_path / "spoken"
    say(data, [*WORDS, "dog"], range(20))
    said_by_judges = [f"{w}/{person_seed(77, n):x}_nohash_0.wav" for w in WORDS for n in range(8)]
    (data / "validation_list.txt").write_text("\n".join(said_by_judges))
    hiss(data / folder_layouts.NOISE / "hiss.wav")
    out = tmp_path / "m.tflite"
    arguments = ["--words", *WORDS, "--people", "12", "--size", "tiny", "--out", str(out)]
    assert kws.main(["--data", str(data), *arguments]) == 0
    printed = capsys.readouterr().out
    assert "| yes | 8 |" in printed and "validation list" in printed
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    model = Model.load(out, task="kws")
    assert model.labels == [*WORDS, "silence", "unknown"]
    provenance = model.manifest.provenance
    assert provenance["metrics"]["judged"]["int8"] >= 0.7  # chance is 0.25
    assert "simulated people" in provenance["corpora"][1]
    assert "--words yes no --people 12" in provenance["command"]

    judge = data / "yes" / f"{person_seed(77, 0):x}_nohash_0.wav"
    assert edge_classify.main([str(out), str(judge)]) == 0
    assert json.loads(capsys.readouterr().out)["label"] in model.labels

    # Somebody else's words, in another language, from a few takes of one person.
    own = tmp_path / "worte"
    for take in range(3):
        say(own, ["house", "bird"], [50 + take], name=f"{take}.wav")
    for word, wort in (("house", "Haus"), ("bird", "Vögel")):
        (own / word).rename(own / wort)
    mine = tmp_path / "mine.tflite"
    arguments = ["--words", "Haus", "Vögel", "--people", "3", "--out", str(mine)]
    assert kws.main(["--data", str(own), "--base", str(out), *arguments]) == 0
    assert Model.load(mine, task="kws").labels == ["Haus", "Vögel", "silence", "unknown"]
    assert "by people who taught it" in capsys.readouterr().out


def test_the_front_end_of_the_lecture_is_learnt_by_ear(tmp_path, capsys):
    data = tmp_path / "digits"
    say(data, DIGIT_WORDS, range(20))
    judges = [f"{person_seed(77, number):x}" for number in range(3)]
    rows = ["split,path,label,word,speaker"]
    for path in sorted(data.rglob("*.wav")):
        word, speaker = path.parent.name, path.stem.split("_")[0]
        split = "val" if speaker in judges else "train"
        rows.append(f"{split},{path.relative_to(data)},{word},{word},{speaker}")
    (data / "index.csv").write_text("\n".join(rows))
    out = tmp_path / "m.tflite"
    arguments = ["--front-end", "lecture", "--size", "tiny", "--out", str(out)]
    assert sounddigit.main(["--data", str(data), *arguments]) == 0
    model = Model.load(out, task="sounddigit")
    assert model.manifest.input == LECTURE and model.input_shape == (62, 40)
    assert "MFCC" in out.with_suffix(".md").read_text()
    assert model.manifest.provenance["metrics"]["judged"]["int8"] >= 0.3  # chance is 0.1
    capsys.readouterr()
    assert edge_classify.main([str(out), str(next(data.rglob("*.wav")))]) == 0
    assert json.loads(capsys.readouterr().out)["label"] in model.labels


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give --data"),
        (["--data", "nowhere"], "nowhere does not exist"),
        (["--data", "empty"], "holds no sound"),
        (["--data", "two", "--words", "yes", "ja"], "nobody says ja in two"),
        (["--data", "two", "--words", "yes", "yes"], "there twice"),
        (["--data", "two", "--words", "yes", "unknown"], "unknown is said of"),
        (
            [
                "--data",
                "two",
                "--words",
                "yes",
                "no",
            ],
            "two recordings at least",
        ),
        (["--data", "two", "--words", "no", "--noise", "short.wav"], "must last a second"),
        (["--data", "two", "--base", "airdigit"], "hears other spectra"),
        (["--data", "bad"], "none of its 1 recordings can be read"),
        (["--data", "list"], "columns split, path, label, word and speaker"),
        (["--data", "none"], "index.csv lists no recording"),
        (["--data", "odd"], "has a split 'Kontrolle': call it train, val or test"),
        (["--data", "two", "--words", "no", "--others", "nowhere"], "nowhere does not exist"),
        (["--data", "two", "--words", "no", "--others", "empty"], "empty: no recordings"),
        (["--data", "two", "--words", "no", "--others", "two"], "--others are in --data as well"),
        (["--data", "two", "--words", "no", "--others", "more"], "--others say no: give"),
        (["--data", "two", "--words", "no", "--others", "torn"], "none of 1 clips can be read"),
        (["--data", "two", "--base", "kws", "--size", "tiny"], "--size is of a new network"),
        (["--data", "broken"], "words.tar is broken"),
        (["--data", "latin"], "validation_list.txt is no text"),
        (["--data", "two", "--out", "m.h5"], r".tflite"),
        (["--data", "two", "--out", "dir.tflite"], "name a file"),
        (["--data", "two", "--out", "/proc/new/m.tflite"], "choose another --out"),
    ],
)
def test_what_cannot_be_learnt_is_one_line(arguments, sentence, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for folder in (
        *("empty", "bad/yes", "list", "broken", "latin", "none", "odd", "torn/up", "dir.tflite"),
    ):
        Path(folder).mkdir(parents=True)
    Path("broken/words.tar").write_bytes(b"no tar" * 999)
    Path("latin/validation_list.txt").write_bytes("größe/1.wav".encode("latin-1"))
    Path("bad/yes/1.wav").write_text("no sound")
    Path("list/index.csv").write_text("path,word\n1.wav,yes\n")
    Path("none/index.csv").write_text("split,path,label,word,speaker\n")
    Path("odd/index.csv").write_text("split,path,label,word,speaker\nKontrolle,1.wav,yes,yes,ann\n")
    Path("torn/up/1.wav").write_bytes(b"")
    say(Path("two"), WORDS, [0])
    say(Path("more"), WORDS, [1])
    hiss(Path("short.wav"), 0.5)
    logging.getLogger().setLevel(logging.WARNING)
    out = [] if "--out" in arguments else ["--out", "m.tflite"]
    assert kws.main([*arguments, *out]) == 1
    last = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert last.startswith("python -m training.kws: error:") and sentence in last
    assert not Path("m.tflite").exists()


# --- folders ---


def test_every_layout_says_word_speaker_and_split(tmp_path, caplog):
    official = tmp_path / "official"
    say(official, ["yes"], [1, 2, 3])
    ids = [f"{person_seed(77, n):x}" for n in (1, 2, 3)]
    (official / "validation_list.txt").write_text(f"yes/{ids[0]}_nohash_0.wav\n")
    (official / "testing_list.txt").write_text(f"yes/{ids[1]}_nohash_0.wav\n")
    hiss(official / folder_layouts.NOISE / "hiss.wav")
    read = corpora.load([official])
    assert dict(zip(read.speaker, read.split, strict=True)) == {
        ids[0]: "val",
        ids[1]: "test",
        ids[2]: "train",
    }
    assert set(read.word) == {"yes"}  # noise is none of the clips
    noise = folder_layouts.noise_files([official])
    assert [path.name for path in noise] == ["hiss.wav"]
    assert len(selection.recorded_noise(noise)) == 4  # 3 s, every half of a second

    (official / "yes").rename(official / "gro\u0308ße an")
    listed = f"größe an/{ids[0]}_nohash_0.wav\r\n\ngröße an/gone_nohash_0.wav\n"
    (official / "validation_list.txt").write_bytes(listed.encode("utf-8-sig"))
    (official / "testing_list.txt").unlink()
    assert [name.split for name in folder_layouts.named(official)].count("val") == 1
    assert "what is not there: 1 recordings, the first größe an/gone_nohash_0" in caplog.text

    with tarfile.open(official / "backup.tar", "w") as backup:
        backup.add(official / "gro\u0308ße an", "an")
        for name in ("me.jpg", "yes/a_nohash_0.jpg", "yes/b_nohash_0.jpg"):
            picture = tmp_path / Path(name).name
            shape = (50, 50, 1) if name.startswith("yes/b") else (98, 40, 1)
            jpeg = tf.io.encode_jpeg(np.zeros(shape, np.uint8)).numpy()
            picture.write_bytes(b"none" if name.startswith("yes/a") else jpeg)
            backup.add(picture, name)
        backup.add(tmp_path / "official", "yes/folder.jpg", recursive=False)
    assert len(corpora.load([official])) == 3
    assert "backup.tar: 0 pictures of words, 2 that are none left out" in caplog.text
    with tarfile.open(official / "backup.tar", "a") as backup:
        backup.add(tmp_path / "me.jpg", "yes/c_nohash_0.jpg")
    assert len(corpora.load([official])) == 4
    assert "backup.tar: 1 pictures of words, 2 that are none left out" in caplog.text

    flat = tmp_path / "flat"
    flat.mkdir()
    for name in ("3_anna_0.wav", "4_017.wav", "hm.wav"):
        hiss(flat / name, 1.0)
    named = {name.path.name: (name.word, name.speaker) for name in folder_layouts.named(flat)}
    assert named == {"3_anna_0.wav": ("three", "anna"), "4_017.wav": ("four", "")}

    for place in ("fsdd/recordings/3_anna_0.wav", "said/anna/3_anna_0.wav"):
        hiss(tmp_path / place, 1.0)
        hiss((tmp_path / place).with_name("4_anna_1.wav"), 1.0)
    hiss(tmp_path / "said" / "otto" / "4_otto_1.wav", 1.0)
    for corpus, speakers in (("fsdd", {"anna"}), ("said", {"anna", "otto"})):
        found = list(folder_layouts.named(tmp_path / corpus))
        assert {name.word for name in found} == {"three", "four"}
        assert {name.speaker for name in found} == speakers

    lecture = tmp_path / "lecture"
    for place in ("mine/4_017.wav", "mine/3_001.wav"):
        hiss(lecture / place, 1.0)
    assert {name.word for name in folder_layouts.named(lecture)} == {"three", "four"}
    hiss(lecture / "yours" / "5_002.wav", 1.0)
    assert {name.word for name in folder_layouts.named(lecture)} == {"three", "four", "five"}

    words = tmp_path / "words"  # their takes are numbered
    numbered = ("ja/1_take.wav", "ja/2_take_2.wav", "nein/1_1.wav", "nein/1_2.wav", "7/1.wav")
    for place in numbered:
        hiss(words / place, 1.0)
    assert {name.word for name in folder_layouts.named(words)} == {"ja", "nein", "seven"}

    people = tmp_path / "people"
    hiss(people / "ja" / "1.wav")
    hiss(people / "otto" / "ja" / "1.wav")
    hiss(people / "zwei" / "00000012_NO_05.wav")
    hiss(people / "_silence_" / "2.wav")
    found = {(name.word, name.speaker) for name in folder_layouts.named(people)}
    assert found == {("ja", ""), ("ja", "otto"), ("zwei", "00000012"), (SILENCE, "")}


def test_a_word_is_the_same_however_its_umlaut_is_written(tmp_path):
    hiss(tmp_path / "gru\u0308n" / "1.wav")
    (word,) = (name.word for name in folder_layouts.named(tmp_path))
    assert (word,) == commands(["grün"]).words == commands(["gru\u0308n"]).words


def test_what_cannot_be_heard_is_named_and_left_out(tmp_path, caplog):
    say(tmp_path, ["yes"], [0])
    write_wav(tmp_path / "yes" / "silent.wav", np.zeros(RATE), RATE)
    (tmp_path / "yes" / "broken.wav").write_bytes(b"RIFF")
    with caplog.at_level(logging.WARNING):
        assert len(corpora.load([tmp_path])) == 1
    assert "silent.wav holds no sound" in caplog.text and "broken.wav" in caplog.text


def test_what_was_read_once_is_kept_until_something_else_lies_there(tmp_path):
    cache = tmp_path / "cache"
    say(tmp_path / "c", ["yes"], [0])
    first = corpora.load([tmp_path / "c"], cache)
    again = corpora.load([tmp_path / "c"], cache)
    assert (again.rows == first.rows).all() and (again.path == first.path).all()
    say(tmp_path / "c", ["yes"], [1])
    assert len(corpora.load([tmp_path / "c"], cache)) == 2


def test_a_take_that_was_recorded_again_is_read_again(tmp_path):
    """As long as it was before, to the byte."""
    hiss(tmp_path / "c" / "yes" / "1.wav", 1.0)
    first = corpora.load([tmp_path / "c"], tmp_path / "cache")
    write_wav(tmp_path / "c" / "yes" / "1.wav", np.sin(np.arange(RATE)), RATE)
    again = corpora.load([tmp_path / "c"], tmp_path / "cache")
    assert (again.path == first.path).all() and not (again.rows == first.rows).all()


def test_what_is_interrupted_leaves_nothing_to_be_believed(tmp_path):
    kept = tmp_path / "new" / "kept.npz"
    with pytest.raises(KeyboardInterrupt), atomic_write(kept) as unfinished:
        unfinished.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(kept.parent.iterdir()) == []
    with atomic_write(kept) as unfinished:
        unfinished.write_bytes(b"all")
    assert kept.read_bytes() == b"all"


def test_a_clip_that_stands_twice_is_taken_once(tmp_path):
    for name in ("a", "b"):
        say(tmp_path / name, ["yes", "no"], [0])
    assert len(corpora.load([tmp_path / "a", tmp_path / "b"])) == 2


def test_of_a_clip_that_stands_twice_the_one_is_taken_that_a_list_has_for_a_judge(tmp_path):
    """Or the judges of a corpus would be learnt from because it was copied."""
    for name in ("copy", "listed", "also"):
        say(tmp_path / name, ["yes", "no"], [0])
    names = sorted(p.relative_to(tmp_path / "listed") for p in (tmp_path / "listed").rglob("*.wav"))
    (tmp_path / "listed" / "testing_list.txt").write_text("".join(f"{name}\n" for name in names))
    loaded = corpora.load([tmp_path / name for name in ("copy", "listed", "also")])
    assert loaded.split.tolist() == ["test", "test"]
    assert set(loaded.corpus) == {"listed"}


# --- who judges ---


@pytest.mark.parametrize(
    ("said", "split"),
    [("train", "train"), ("Training", "train"), ("dev", "val"), ("validation", "val"), ("", "")],
)
def test_splits_are_known_by_their_usual_names(tmp_path, said, split):
    rows = f"split,path,label,word,speaker\n{said},1.wav,yes,yes,ann\n"
    (tmp_path / "index.csv").write_text(rows)
    (one,) = folder_layouts.named(tmp_path)
    assert one.split == split


def test_folders_that_are_links_are_looked_into(tmp_path):
    say(tmp_path / "real", ["yes", "no"], [0])
    (tmp_path / "data").mkdir()
    for word in ("yes", "no"):
        (tmp_path / "data" / word).symlink_to(tmp_path / "real" / word)
    (tmp_path / "data" / "again").symlink_to(tmp_path / "data")
    assert sorted(name.word for name in folder_layouts.named(tmp_path / "data")) == ["no", "yes"]


def test_where_a_list_has_nobody_to_judge_a_fifth_of_its_speakers_do():
    everything = clips(WORDS, [f"p{k}" for k in range(10)], split="train")
    held = hold_out(everything, WORDS, seed=0)
    assert len(set(held.judging.speaker)) == 2
    assert not set(held.judging.speaker) & set(held.learnt.speaker)


def test_of_one_person_the_last_takes_judge_though_simulated_people_say_the_words_too():
    people = simulated_speakers.people(2, 0, WORDS)
    mine = clips(WORDS, ["me"])
    takes = corpora.together([mine] * 5)
    takes = replace(takes, path=np.array([f"{word}/{k}.wav" for k in range(5) for word in WORDS]))
    held = hold_out(corpora.together([takes, people]), WORDS, seed=0)
    assert sorted(held.judging.path) == sorted(f"{word}/4.wav" for word in WORDS)
    assert (held.learnt.speaker == "me").sum() == 8
    assert held.said.startswith("the last takes of each word (the shipped weights")
    with pytest.raises(RecordingError, match="two recordings at least"):
        hold_out(corpora.together([mine, people]), WORDS, seed=0)


def test_the_lectures_windows_have_a_network_that_fits():
    assert config._shape("normal", LECTURE["shape"][0]) == config.FEW_ROWS
    assert config._shape("normal", FRAMES) == config.SIZES["normal"]
    fits = network.learning(tuple(LECTURE["shape"]), 11, config.FEW_ROWS)
    assert fits.output_shape == (None, 11)


def test_the_same_sound_as_two_words_is_told(tmp_path, caplog):
    for word in ("yes", "no"):
        hiss(tmp_path / "c" / word / "1.wav", 1.0)
    assert len(corpora.load([tmp_path / "c"])) == 1
    assert "are the same sound, and no is taken to be right" in caplog.text


def test_what_was_kept_and_is_damaged_is_made_again(tmp_path, caplog):
    hiss(tmp_path / "c" / "yes" / "1.wav", 1.0)
    first = corpora.load([tmp_path / "c"], tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    for damaged in (b"garbage" * 99, kept.read_bytes()[:5000], b""):
        kept.write_bytes(damaged)
        assert (corpora.load([tmp_path / "c"], tmp_path / "cache").rows == first.rows).all()
        assert "is damaged: made again" in caplog.text
        caplog.clear()
    assert (corpora.load([tmp_path / "c"], tmp_path / "cache").rows == first.rows).all()
    assert not caplog.text


def test_what_cannot_be_written_is_named(tmp_path):
    said = pytest.raises(EdgeError, match=r"m\.onnx cannot be written: No space left")
    with said, atomic_write(tmp_path / "m.onnx"):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_nobody_is_on_both_sides():
    everything = clips(WORDS, [f"p{k}" for k in range(10)])
    held = hold_out(everything, WORDS, seed=0)
    assert len(set(held.judging.speaker)) == 2 and not held.by_list
    assert not set(held.judging.speaker) & set(held.learnt.speaker)
    assert len(held.judging) + len(held.learnt) == len(everything)


def test_a_list_is_followed_and_its_speakers_are_not_learnt_from():
    listed = clips(WORDS, ["judge"], split="val")
    also = clips(["dog"], ["judge", "other"], corpus="dd")
    with_test = clips(WORDS, ["tested"], corpus="ttt", split="test")
    learnt = clips(WORDS, ["other"], corpus="eeee", split="train")
    held = hold_out(corpora.together([listed, also, with_test, learnt]), WORDS, seed=0)
    assert held.by_list and set(held.judging.speaker) == {"judge"}
    assert set(held.learnt.speaker) == {"other"}


def test_speakers_of_a_small_corpus_judge_before_those_of_a_large_one():
    """What a large one teaches is learnt but once, for all who judge."""
    many = clips(WORDS, [f"m{k}" for k in range(selection.MANY)], corpus="large")
    few = clips(WORDS, [f"f{k}" for k in range(10)], corpus="few")
    held = hold_out(corpora.together([many, few]), WORDS, seed=0)
    assert set(held.judging.corpus) == {"few"} and len(set(held.judging.speaker)) == 2
    assert held.said.startswith("2 of 10 speakers (the shipped weights")


def test_who_judges_beside_a_list_is_told():
    listed = clips(["yes"], ["judge"], split="val")
    others = clips(WORDS, [f"p{k}" for k in range(10)], corpus="few")
    held = hold_out(corpora.together([listed, others]), WORDS, seed=0)
    assert held.said.startswith("the speakers of the validation list, and 2 of 10 others (")


def test_more_people_judge_until_every_word_is_said():
    parts = [clips(["yes"], ["a", "b", "c"], "1"), clips(["no"], ["d", "e", "f"], "22")]
    for seed in range(5):
        held = hold_out(corpora.together(parts), WORDS, seed)
        for side in (held.judging, held.learnt):
            assert set(side.word) == set(WORDS)
        assert not set(held.judging.speaker) & set(held.learnt.speaker)


def test_of_one_person_the_last_takes_judge():
    one = clips(WORDS, ["me"] * 10)
    held = hold_out(one, WORDS, seed=0)
    assert len(held.judging) == 4 and set(held.judging.word) == set(WORDS)
    assert not set(held.judging.path) & set(held.learnt.path)
    many = clips(WORDS, ["me"] * 15)
    many = replace(many, path=np.array([f"{w}/{k}.wav" for k in range(15) for w in WORDS]))
    judged = set(hold_out(many, WORDS, seed=0).judging.path)
    assert judged == {f"{word}/{k}.wav" for word in WORDS for k in (12, 13, 14)}
    with pytest.raises(RecordingError, match="nobody can judge no"):
        hold_out(one[(one.word == "yes") | (one.path == one.path[1])], WORDS, seed=0)


def test_simulated_people_are_others_than_those_of_a_mock_and_never_judge():
    seeds = {simulated_speakers.training_seed(s, k) for s in range(4) for k in range(9)}
    assert len(seeds) == 36 and not any(seed % 2 for seed in seeds)
    people = simulated_speakers.people(3, 0, ["yes", "no"])
    assert len(people) == 6 and len(set(people.speaker)) == 3
    assert (people.rows == simulated_speakers.people(3, 0, ["yes", "no"]).rows).all()
    held = hold_out(corpora.together([people, clips(WORDS, ["a", "b"])]), WORDS, seed=0)
    assert simulated_speakers.CORPUS not in set(held.judging.corpus)


# --- how often each is shown ---


def test_weights_are_shares_and_rare_words_are_shown_more_often_than_their_number():
    common, rare = clips(["yes"], ["a"] * 90), clips(["no"], ["b"] * 10)
    both = corpora.together([common, rare, clips([SILENCE], ["", ""], "22")])
    weight = selection.weights(both)
    assert weight.sum() == pytest.approx(1) and (weight > 0).all()
    assert weight[both.word == SILENCE].sum() == pytest.approx(selection.NOISE_SHARE)
    share = weight[both.word == "no"].sum() / weight[both.word == "yes"].sum()
    assert share == pytest.approx((10 / 90) ** 0.5)
    each = weight[both.word == "no"][0] / weight[both.word == "yes"][0]
    assert each == pytest.approx(3)


def test_each_of_the_words_is_shown_as_often_and_all_else_has_its_share():
    task = commands(WORDS)
    several = corpora.together(
        [
            clips(["yes"], ["a"] * 30),
            clips(["no"], ["b"] * 3, "22"),
            clips(["dog", SILENCE], ["c"], "333"),
        ]
    )
    noise = several.rows[:2]
    lesson = task.lesson(several, selection.weights(several), noise)
    assert lesson.labels == ("yes", "no", "silence", "unknown")
    shares = [lesson.weight[lesson.classes == k].sum() for k in range(4)]
    each = (1 - SILENT_SHARE - OTHER_SHARE) / 2
    assert shares == pytest.approx([each, each, SILENT_SHARE, OTHER_SHARE])


def test_half_of_what_an_adaptation_shows_are_own_takes():
    own, others = clips(WORDS, ["me"]), clips(WORDS, [f"p{k}" for k in range(50)], "many")
    others = replace(others, path=np.full(len(others), ""))
    noise = np.zeros((0, ROWS, BANDS), np.float16)
    lesson = training_sets.own_lesson(own, others, noise, commands(WORDS), 0)
    mine = np.isin(lesson.clips.speaker, ["me"])
    assert lesson.weight[mine].sum() == pytest.approx(training_sets.OWN)
    assert lesson.weight.sum() == pytest.approx(1)


def test_few_clips_take_less_time_and_many_exactly_the_plan(monkeypatch):
    monkeypatch.setattr(fit, "FULL", 50_000)
    monkeypatch.setattr(fit, "FEWEST", 4)
    plan = fit.Plan(epochs=60, rate=1e-3)
    assert fit.for_clips(plan, 56_000) == plan
    epochs = [fit.for_clips(plan, count).epochs for count in (10, 500, 5_000, 49_000)]
    assert epochs[0] == 4 and epochs == sorted(epochs) and epochs[1] <= 6
    assert fit.for_clips(replace(plan, epochs=2), 10).epochs == 2


# --- other voices, rooms and noises ---


def ridge(first: int, last: int, loud: float = 2.0) -> np.ndarray:
    rows = np.full((1, ROWS, BANDS), -10.0, np.float32)
    rows[:, first : last + 1] = loud
    return rows


def augmented(rows: np.ndarray, strength: Strength, noise: np.ndarray | None = None):
    span = corpora.where_spoken(rows.astype(np.float16)).astype(np.int32)
    noise = np.full_like(rows, -30) if noise is None else noise
    silent = np.zeros(len(rows), bool)
    windows, seen = augment(rows, span, silent, noise.astype(np.float32), strength)
    return windows.numpy(), seen.numpy()


def test_a_word_is_found_where_it_is():
    rows = np.concatenate([ridge(20, 50), ridge(0, 97), ridge(60, 97)]).astype(np.float16)
    rows[2, 70:75] = -10  # a closure
    spans = corpora.where_spoken(rows)
    assert spans.tolist() == [[20, 50], [0, 97], [60, 97]]


def test_with_all_strengths_zero_a_clip_is_only_moved():
    rows = ridge(30, 59)
    count = 50
    windows, seen = augmented(np.repeat(rows, count, axis=0), NOTHING)
    assert windows.shape == (count, FRAMES, BANDS) and seen.all()
    inside = windows > 1.9
    assert (inside == inside[:, :, :1]).all()  # of one height in every band
    frames = inside[:, :, 0].sum(axis=1)
    assert set(frames) <= {13, 14, 15, 16}
    assert len({int(row.argmax()) for row in inside[:, :, 0]}) > 10


def test_a_shifted_word_stays_inside_but_for_what_may_be_outside():
    rows = np.repeat(ridge(10, 69), 100, axis=0)
    windows, _ = augmented(rows, NOTHING)
    assert ((windows[:, :, 0] > 1.9).sum(axis=1) >= 28).all()
    windows, _ = augmented(rows, replace(NOTHING, cut_rows=6))
    frames = (windows[:, :, 0] > 1.9).sum(axis=1)
    assert frames.min() >= 24


def test_of_a_part_of_a_word_there_is_no_more_to_see_and_of_a_word_not_long_since():
    rows = np.repeat(ridge(10, 69), 200, axis=0)
    windows, seen = augmented(rows, replace(NOTHING, partial=0.5))
    inside = windows[:, :, 0] > 1.9
    frames = inside.sum(axis=1)
    since = inside[:, ::-1].argmax(axis=1)  # frames after the word
    assert 50 < seen.sum() < 150
    assert (frames[seen] >= 28).all() and (since[seen] <= NOTHING.after_rows / 2 + 1).all()
    assert (frames[~seen] <= 13).all() and (since[~seen] == 0).all()


def test_another_word_beside_one_is_over_before_it_or_has_hardly_begun():
    """High and low: each word is told by its bands."""
    high, low = ridge(30, 69), ridge(30, 69)
    high[:, :, :20], low[:, :, 20:] = -10, -10
    rows = np.concatenate([high, low] * 100)
    windows, seen = augmented(rows, replace(NOTHING, beside=1.0))
    assert seen.all()
    own = windows > 1.0
    upper, lower = own[:, :, 30].sum(axis=1), own[:, :, 10].sum(axis=1)
    mine = np.where(np.arange(200) % 2, lower, upper)
    other = np.where(np.arange(200) % 2, upper, lower)
    assert (mine >= 18).all()
    beside = other > 0
    assert 40 < beside.sum() < 160
    for k in np.flatnonzero(beside):
        bands = (10, 30) if k % 2 else (30, 10)
        word, another = (np.flatnonzero(own[k, :, band]) for band in bands)
        assert another[-1] <= word[0] + 1 or (another[0] >= word[-1] - 1 and len(another) <= 9)


def test_nothing_at_all_may_be_around_a_clip():
    rows = np.repeat(ridge(30, 59), 50, axis=0)
    rows[:, :30] = rows[:, 60:] = -6.0
    windows, _ = augmented(rows, replace(NOTHING, bare=1.0))
    assert {round(float(v), 1) for v in np.unique(windows)} >= {-13.8, -6.0, 2.0}
    windows, _ = augmented(rows, NOTHING)
    assert windows.min() > -6.1


def test_made_noises_are_steady_or_move_and_the_same_each_time():
    steady, moving = (make(200, 3) for make in (steady_noise, moving_noise))
    for noise, make in ((steady, steady_noise), (moving, moving_noise)):
        assert noise.shape == (200, ROWS, BANDS) and np.isfinite(noise).all()
        assert np.array_equal(noise, make(200, 3)) and not np.array_equal(noise, make(200, 4))
    swing = [noise.mean(axis=2).std(axis=1).mean() for noise in (steady, moving)]
    assert swing[1] > 2 * swing[0]


@pytest.mark.parametrize("snr", [0.0, 12.0])
def test_noise_is_as_loud_as_was_asked(snr):
    rows, noise = ridge(20, 69, 3.0), np.full((1, ROWS, BANDS), -4.0, np.float32)
    strength = replace(NOTHING, noisy=1.0, snr_db=(snr, snr))
    windows, _ = augmented(rows, strength, noise)
    clean, _ = augmented(rows, NOTHING)
    quiet = windows[0].min()  # nothing but noise
    assert clean.max() - quiet == pytest.approx(snr * np.log(10) / 10, abs=0.05)


def test_as_sound_too_noise_is_as_loud_as_was_asked_and_words_stay_inside():
    lesson = heard_lesson()
    drawn = waveform_augmentation._Heard(lesson, replace(NOTHING, noisy=1.0, snr_db=(6.0, 6.0)))
    clean = waveform_augmentation._Heard(lesson, NOTHING)
    level = []
    for _ in range(20):
        noisy, number = drawn.window(0)
        still, _ = clean.window(0)
        assert noisy.shape == (waveform_augmentation.window_samples(LECTURE),) and number == 0
        word = np.flatnonzero(np.abs(still) > 1e-3)
        assert word[0] > 0 and word[-1] < len(still) - 1
        rms = np.sqrt(np.mean(still[word[0] : word[-1]] ** 2))
        blocks = noisy[: len(noisy) // 1000 * 1000].reshape(-1, 1000)
        rest = np.quantile(blocks.std(axis=1), 0.3)  # where no word is
        level.append(20 * np.log10(rms / rest))
    assert np.mean(level) == pytest.approx(6.0, abs=0.7)


def test_of_what_is_cut_too_little_is_seen_to_be_the_word():
    lesson = heard_lesson()
    drawn = waveform_augmentation._Heard(lesson, replace(NOTHING, partial=1.0))
    whole = waveform_augmentation._Heard(lesson, NOTHING).window(0)[0]
    energies = []
    for _ in range(20):
        part, number = drawn.window(0)
        assert number == lesson.part
        energies.append((part**2).sum() / (whole**2).sum())
    assert max(energies) < 0.8


def heard_lesson() -> waveform_augmentation.HeardLesson:
    """One tone, at the front end's own rate."""
    one = clips(["yes"], ["a"])
    t = np.arange(8000) / 22050
    tone = np.concatenate([np.zeros(4000), 0.1 * np.sin(2 * np.pi * 440 * t), np.zeros(4000)])
    rng = np.random.default_rng(3)
    hissing = rng.standard_normal(200_000).astype(np.float32)
    return waveform_augmentation.HeardLesson(
        *(one, np.zeros(1, np.int64), np.ones(1), one.rows, ("yes", "unknown"), 1),
        *(LECTURE, (tone.astype(np.float32),), (hissing,)),
    )


@pytest.mark.parametrize("span", [(0, 3), (12_000, 16_000), (16_000, 16_000)])
def test_a_word_at_the_very_edge_of_a_recording_can_be_cut(span):
    drawn = waveform_augmentation._Heard(heard_lesson(), replace(NOTHING, partial=1.0, tempo=0.3))
    drawn._spans = [span]
    for _ in range(200):
        window, _ = drawn.window(0)
        assert len(window) == drawn.length and np.isfinite(window).all()


def test_a_window_by_ear_has_the_frames_of_the_front_end():
    windows, classes = heard_lesson().drawing(fit.FINISH.strength)(np.int64(0))
    assert windows.shape == (waveform_augmentation.BATCH, 62, 40) and classes.shape == (
        waveform_augmentation.BATCH,
        2,
    )
    assert np.isfinite(windows.numpy()).all()


# --- teachers ---


def taught_by(network_: network.keras.Model) -> fit.Lesson:
    """Words of a corpus that the teacher knows, of one that it does not, and silence."""
    words = corpora.together(
        [
            clips(["yes", "no"], "ab", "known"),
            clips(["yes"], "c", "new"),
            clips([SILENCE], [""], ""),
        ]
    )
    lesson = commands(["yes"]).lesson(words, selection.weights(words), words.rows)
    return replace(lesson, teacher=fit.Teacher(network_, (1, 2, 0, 2), ("known",)))


def test_a_teacher_is_asked_of_its_own_people_alone():
    lesson = taught_by(trained())
    assert lesson.teacher.asked(lesson.clips).tolist() == [True] * 4 + [False, True]
    other = replace(lesson.teacher, groups=(0, 2, 1, 2)), replace(lesson.teacher, corpora=())
    taught = [replace(lesson, teacher=one) for one in (None, lesson.teacher, *other)]
    assert len({one.fingerprint for one in taught}) == 4


def test_what_a_teacher_makes_of_a_window_is_most_of_its_truth():
    lesson = taught_by(trained())
    windows, classes = lesson.drawing(NOTHING)(np.int64(0))
    said = network.probabilities(lesson.teacher.network, windows)
    sums = np.stack([said[:, 2], said[:, 0], said[:, 1] + said[:, 3]], axis=1)
    rest = (classes.numpy() - fit.TRUST * sums) / (1 - fit.TRUST)
    asked = np.isclose(rest, 0, atol=1e-4) | np.isclose(rest, 1, atol=1e-4)
    sure = np.isin(classes, (0, 1))
    assert (asked.all(axis=1) | sure.all(axis=1)).all()
    assert asked.all(axis=1).any() and sure.all(axis=1).any()


def test_few_voices_have_no_teacher():
    few = clips(["yes", "no"], ["a", "b"])
    lesson = training_sets.lesson_of(few, few.rows, commands(["yes"]), 0)
    assert training_sets.taught(lesson, few, few.rows, commands(["yes"]), 0) is lesson


def test_many_voices_have_one(monkeypatch):
    monkeypatch.setattr(training_sets, "TEACHER", SHAPE)
    many = clips(["yes", "no"], [f"{n}" for n in range(selection.MANY)])
    task = commands(["yes"])
    lesson = training_sets.lesson_of(many, many.rows[:2], task, 0)
    teacher = training_sets.taught(lesson, many, many.rows[:2], task, 0).teacher
    assert teacher.corpora == ("c",)
    assert teacher.network.output_shape == (None, len(teacher.groups))
    assert {task.labels[group] for group in teacher.groups} == set(task.labels)


def test_a_front_end_without_pictures_says_which_words_are_pictures_only():
    seen = clips(["yes"], ["a"])
    seen = replace(seen, pictured=np.ones(1, bool))
    both = corpora.together([seen, clips([SILENCE], [""], "22")])
    lesson = commands(["yes"]).lesson(both, selection.weights(both), both.rows)
    with pytest.raises(RecordingError, match="yes: there are pictures only"):
        waveform_augmentation.heard(lesson, LECTURE, [], 0)


# --- networks ---


def trained() -> network.keras.Model:
    """Random weights, and norms as if it had seen something."""
    learning = network.learning((FRAMES, BANDS), 4, SHAPE)
    rng = np.random.default_rng(0)
    for layer in learning.layers:
        if isinstance(layer, network.layers.BatchNormalization):
            shape = layer.get_weights()[0].shape
            layer.set_weights([rng.uniform(0.5, 1.5, shape) for _ in range(4)])
    return learning


def test_a_class_that_is_favoured_is_so_much_likelier():
    plain = network.folded(trained(), SHAPE)
    x = np.random.default_rng(1).normal(-5, 3, (20, FRAMES, BANDS)).astype(np.float32)
    before = network.probabilities(plain, x)
    network.favour(plain, 2, 2.8)
    after = network.probabilities(plain, x)
    for other in (0, 1, 3):
        odds = (after[:, 2] / after[:, other]) / (before[:, 2] / before[:, other])
        assert odds == pytest.approx(np.full(20, 2.8), rel=1e-3)


def test_norms_settle_on_what_is_there():
    lesson = taught_by(trained())
    settled = trained()
    fit.settle(settled, lesson, NOTHING)
    first = next(at for at in settled.layers if isinstance(at, network.layers.BatchNormalization))
    seen = network.keras.Model(settled.input, first.input)
    windows = np.concatenate([lesson.drawing(NOTHING)(np.int64(0))[0] for _ in range(20)])
    there = seen.predict(windows, verbose=0)
    _, _, mean, variance = first.get_weights()
    assert mean == pytest.approx(there.mean(axis=(0, 1, 2)), abs=0.05 * float(there.std()))
    assert variance == pytest.approx(there.var(axis=(0, 1, 2)), rel=0.2)


def test_a_folded_network_says_what_the_learning_one_does_and_can_be_read_back():
    learning = trained()
    plain = network.folded(learning, SHAPE)
    x = np.random.default_rng(1).normal(-5, 3, (200, FRAMES, BANDS)).astype(np.float32)
    scores = network.probabilities(learning, x)
    assert np.abs(network.probabilities(plain, x) - scores).max() < 1e-4

    back = network.from_model(export.to_int8(plain, SHAPE, x), (FRAMES, BANDS), 4, SHAPE)
    for ours, known in zip(back.get_weights(), plain.get_weights(), strict=True):
        assert np.abs(ours - known).max() <= max(np.abs(known).max() / 100, 1e-4)
    assert np.abs(network.probabilities(back, x) - scores).mean() < 0.02

    other = network.with_new_head(plain, 7, SHAPE)
    assert other.output_shape == (None, 7)
    for ours, known in zip(other.get_weights()[:-2], plain.get_weights()[:-2], strict=True):
        assert (ours == known).all()
    with pytest.raises(EdgeError):
        network.from_model(export.to_int8(plain, SHAPE, x), (FRAMES, BANDS), 4, TINY)


# --- fetching ---


class Server(http.server.BaseHTTPRequestHandler):
    content = b""
    breaks_after = 1 << 30
    asked: list[str] = []

    def do_GET(self) -> None:
        begin = int((self.headers["Range"] or "bytes=0-").split("=")[1].rstrip("-"))
        self.asked.append(self.headers["Range"])
        rest = self.content[begin:]
        self.send_response(206)
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.breaks_after])

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def archive(tmp_path) -> Iterator[download.Archive]:
    def pack(name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        packed.addfile(member, io.BytesIO(content))

    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        pack("./yes/1_nohash_0.wav", np.random.default_rng(0).bytes(50_000))
        link = tarfile.TarInfo("./yes/link.wav")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    Server.content, Server.asked, Server.breaks_after = file.getvalue(), [], 1 << 30
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    digest = sha256(Server.content).hexdigest()
    url = f"http://127.0.0.1:{server.server_port}/words_v1.tar.gz"
    yield download.Archive(url, len(Server.content), digest)
    server.shutdown()
    server.server_close()


def test_an_archive_is_fetched_in_as_many_pieces_as_it_takes_and_only_once(archive, tmp_path):
    Server.breaks_after = 20_000
    folder = download.fetched(tmp_path / "d", archive)
    assert [path.name for path in folder.rglob("*.*")] == ["1_nohash_0.wav"]
    assert Server.asked == ["bytes=0-", "bytes=20000-", "bytes=40000-"]
    assert download.fetched(tmp_path / "d", archive) == folder and len(Server.asked) == 3
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["words_v1"]


def test_a_file_that_was_put_there_is_taken_and_kept(archive, tmp_path):
    (tmp_path / "words_v1.tar.gz").write_bytes(Server.content)
    assert (download.fetched(tmp_path, archive) / "yes").is_dir()
    assert not Server.asked and (tmp_path / "words_v1.tar.gz").exists()


def test_what_is_not_the_archive_is_not_unpacked(archive, tmp_path):
    with pytest.raises(EdgeError, match="is not the words_v1.tar.gz it should be"):
        download.fetched(tmp_path, replace(archive, sha256="0" * 64))
    assert not (tmp_path / "words_v1").exists()


def test_without_a_network_one_line_says_what_to_do(tmp_path):
    nobody = download.Archive("http://127.0.0.1:9/words.tar.gz", 10, "")
    with pytest.raises(EdgeError, match="connect to the Internet and start again, or put"):
        download.fetched(tmp_path, nobody)


@pytest.mark.parametrize("name", ["../outside.wav", "/tmp/outside.wav", "yes/../../outside.wav"])
def test_nothing_is_written_outside_of_the_folder(name, tmp_path):
    file = tmp_path / "evil.tar.gz"
    with tarfile.open(file, "w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.size = 1
        packed.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(EdgeError, match="outside of its folder"):
        download._unpack(file, tmp_path / "in" / "evil")
    assert not list(tmp_path.rglob("outside.wav"))

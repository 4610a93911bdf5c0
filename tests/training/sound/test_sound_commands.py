"""The commands training.kws and training.sounddigit, from recordings to a model and its card."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from command_process import ROOT
from edge.commands import edge_classify
from edge.model import Model
from sound_training import WORDS, record_words, small_config, speaker_name, write_noise
from training import kws, sounddigit
from training.sound.data.folder_layouts import NOISE_FOLDER
from training.sound.data.words import DIGIT_WORDS
from training.sound.learn.front_ends import LECTURE
from training.sound.task import DIGIT_TASK, keyword_task

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras and the converters


def test_kws_trains_on_a_corpus_and_then_adapts_to_own_words(tmp_path, capsys):
    data = tmp_path / "spoken"
    record_words(data, [*WORDS, "dog"], range(20))
    validation = [f"{word}/{speaker_name(n)}_nohash_0.wav" for word in WORDS for n in range(8)]
    (data / "validation_list.txt").write_text("\n".join(validation))
    write_noise(data / NOISE_FOLDER / "hiss.wav")
    out = tmp_path / "m.tflite"
    small = small_config(keyword_task(), tmp_path / "cache")
    arguments = ["--words", *WORDS, "--people", "12", "--size", "tiny", "--out", str(out)]
    assert kws.main(["--data", str(data), *arguments], small) == 0
    printed = capsys.readouterr().out
    assert "| yes | 8 |" in printed and "validation list" in printed
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    model = Model.load(out, task="kws")
    assert model.labels == [*WORDS, "silence", "unknown"]
    provenance = model.manifest.provenance
    assert provenance["metrics"]["validation"]["int8"] >= 0.7  # chance is 0.25
    assert "simulated people" in provenance["corpora"][1]
    assert "--words yes no --people 12" in provenance["command"]

    clip = data / "yes" / f"{speaker_name(0)}_nohash_0.wav"
    assert edge_classify.main([str(out), str(clip)]) == 0
    assert json.loads(capsys.readouterr().out)["label"] in model.labels

    # Further training on sequences of words, talk and noise.
    write_noise(tmp_path / "talk" / "radio.wav", 61)
    further = tmp_path / "further.tflite"
    arguments = ["--words", *WORDS, "--people", "0", "--base", str(out), "--out", str(further)]
    arguments += ["--talk", str(tmp_path / "talk")]
    assert kws.main(["--data", str(data), *arguments], small) == 0
    model = Model.load(further, task="kws")
    assert model.manifest.provenance["metrics"]["validation"]["int8"] >= 0.7
    assert "--talk talk" in model.manifest.provenance["command"]
    capsys.readouterr()

    # Words in another language, from a few takes of one person.
    own = tmp_path / "worte"
    for take in range(3):
        record_words(own, ["house", "bird"], [50 + take], name=f"{take}.wav")
    for word, wort in (("house", "Haus"), ("bird", "Vögel")):
        (own / word).rename(own / wort)
    mine = tmp_path / "mine.tflite"
    arguments = ["--words", "Haus", "Vögel", "--people", "3", "--out", str(mine)]
    assert kws.main(["--data", str(own), "--base", str(out), *arguments], small) == 0
    assert Model.load(mine, task="kws").labels == ["Haus", "Vögel", "silence", "unknown"]
    assert "by speakers who are in the training data as well" in capsys.readouterr().out


def test_a_killed_training_leaves_the_old_model_and_nothing_half_written(tmp_path):
    record_words(tmp_path / "spoken", WORDS, range(6))
    out = tmp_path / "models" / "m.tflite"
    out.parent.mkdir()
    out.write_bytes(b"the old model")
    code = (
        "import sys; from pathlib import Path; from sound_training import small_config;"
        "from training import kws; from training.sound.task import keyword_task;"
        "kws.main(sys.argv[2:], small_config(keyword_task(), Path(sys.argv[1])))"
    )
    arguments = ["--data", str(tmp_path / "spoken"), "--words", *WORDS, "--people", "2"]
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "cache"), *arguments, "--out", str(out)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests" / "support")},
    ) as training:
        assert training.stderr is not None
        assert any("epoch 2 of" in line for line in training.stderr)
        training.kill()
    assert training.returncode == -signal.SIGKILL
    assert out.read_bytes() == b"the old model"
    assert list(out.parent.iterdir()) == [out]


def test_sounddigit_trains_on_waveforms_for_the_front_end_of_the_lecture(tmp_path, capsys):
    data = tmp_path / "digits"
    record_words(data, DIGIT_WORDS, range(20))
    validation = [speaker_name(number) for number in range(3)]
    rows = ["split,path,label,word,speaker"]
    for path in sorted(data.rglob("*.wav")):
        word, speaker = path.parent.name, path.stem.split("_")[0]
        split = "val" if speaker in validation else "train"
        rows.append(f"{split},{path.relative_to(data)},{word},{word},{speaker}")
    (data / "index.csv").write_text("\n".join(rows))
    out = tmp_path / "m.tflite"
    small = small_config(DIGIT_TASK, tmp_path / "cache")
    arguments = ["--front-end", "lecture", "--out", str(out)]
    assert sounddigit.main(["--data", str(data), *arguments], small) == 0
    model = Model.load(out, task="sounddigit")
    assert model.manifest.input == LECTURE and model.input_shape == (62, 40)
    assert "MFCC" in out.with_suffix(".md").read_text()
    assert model.manifest.provenance["metrics"]["validation"]["int8"] >= 0.3  # chance is 0.1
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
        (["--data", "two", "--words", "yes", "yes"], "given twice"),
        (["--data", "two", "--words", "yes", "unknown"], "unknown is the label of other sounds"),
        (["--data", "two", "--words", "yes", "no"], "at least two recordings"),
        (["--data", "two", "--words", "no", "--noise", "short.wav"], "must last a second"),
        (["--data", "two", "--base", "airdigit"], "has other input spectra"),
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
def test_impossible_options_and_data_are_one_line(
    arguments, sentence, tmp_path, monkeypatch, capsys
):
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
    record_words(Path("two"), WORDS, [0])
    record_words(Path("more"), WORDS, [1])
    write_noise(Path("short.wav"), 0.5)
    logging.getLogger().setLevel(logging.WARNING)
    out = [] if "--out" in arguments else ["--out", "m.tflite"]
    small = small_config(keyword_task(), tmp_path / "cache")
    assert kws.main([*arguments, *out], small) == 1
    last = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert last.startswith("python -m training.kws: error:") and sentence in last
    assert not Path("m.tflite").exists()

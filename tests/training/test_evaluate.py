"""`python -m training.evaluate`, as a user starts it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from test_long_audio import RATE, say, write_wav

import sound_network
from edge.commands import edge_classify
from edge.errors import RecordingError
from edge.model import Model
from edge.samples import Chunk
from sound_network import write_model
from stroke_network import write_model as write_stroke_model
from training.evaluate import main
from training.sound.data.clip_files import Spoken
from training.sound.data.recordings import load_samples
from training.sound.evaluate import clip_accuracy
from training.sound.evaluate.long_audio.annotations import AnnotatedRecording

WORDS = ["one", "two", "bird"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("model") / "kws.tflite")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    rows = ["split,path,label,word,speaker"]
    for number, word in enumerate(WORDS):
        for take in range(6):
            name = f"{word}_{take}.wav"
            samples = say(0.2, 0.7, 30, seed=10 * number + take, hz=120 + 60 * number)
            write_wav(folder / name, samples)
            rows.append(f"{'train' if take < 3 else 'test'},{name},{word},{word},s{take}")
    write_wav(folder / "quiet.wav", np.zeros(RATE, np.float32))
    rows.append("test,quiet.wav,_silence_,_silence_,")
    (folder / "index.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = 0.1 * np.random.default_rng(1).standard_normal(3 * RATE)
    return write_wav(tmp_path_factory.mktemp("noise") / "tap.wav", sound)


def found(capsys: pytest.CaptureFixture[str], *args: object) -> dict:
    assert main([*map(str, args), "--json", "-q"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def refused(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    assert main([*map(str, args), "-q"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("python -m training.evaluate: error: ")
    return err


def test_clips_are_scored(
    model: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = found(
        capsys, model, "--clips", corpus, "--split", "test", "--pictures", tmp_path / "new"
    )["clips"]
    assert (clips["clips"], clips["speakers"], clips["float"]) == (10, 3, None)
    assert {one["label"]: one["clips"] for one in clips["classes"]} == {
        "one": 3,
        "two": 3,
        "silence": 1,
        "unknown": 3,
    }
    counts = np.array(clips["confusion"]["counts"])
    assert counts.sum() == 10
    assert np.trace(counts) / 10 == clips["int8"]
    low, high = clips["interval"]
    assert low <= clips["int8"] <= high
    assert (tmp_path / "new" / "kws-confusion.png").read_bytes()[:4] == b"\x89PNG"


def test_clips_get_the_answers_of_edge_classify(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    confusion = found(capsys, model, "--clips", corpus, "--split", "test")["clips"]["confusion"]
    labels = confusion["labels"]
    counts = np.zeros((len(labels), len(labels)), int)
    for word, label in (("one", "one"), ("two", "two"), ("bird", "unknown"), ("quiet", "silence")):
        files = [str(file) for file in corpus.glob(f"{word}*.wav") if file.stem[-1] not in "012"]
        assert edge_classify.main([str(model), *files]) == 0
        for line in capsys.readouterr().out.splitlines():
            counts[labels.index(label), labels.index(json.loads(line)["label"])] += 1
    assert counts.tolist() == confusion["counts"]


def test_a_threshold_decides_which_clips_are_accepted(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = model, "--clips", corpus, "--threshold"
    bold, strict = (found(capsys, *args, value)["clips"]["accepted"] for value in ("0", "1"))
    assert bold["right"]["of"] == 12 and bold["false"]["of"] == 7
    assert bold["right"]["clips"] + bold["mistaken"]["clips"] + bold["false"]["clips"] > 0
    assert [strict[name]["clips"] for name in ("right", "mistaken", "false")] == [0, 0, 0]


def test_tables_are_markdown(
    model: Path, corpus: Path, noise: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["--clips", corpus, "--long", corpus, "--split", "test", "--hours", "0.05"]
    args += ["--noise", noise, "--snr", "clean", "-3"]
    assert main([str(model), *map(str, args)]) == 0
    out, err = capsys.readouterr()
    tables = [line for line in out.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables[:6]}) == 1
    assert len({line.count("|") for line in tables[6:]}) == 1
    assert tables[-2].startswith("| clean |") and tables[-1].startswith("| -3 dB |")
    assert "minutes" in err


def test_long_audio_is_listened_to(
    model: Path, corpus: Path, noise: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [model, "--long", corpus, "--split", "test", "--hours", "0.05"]
    args += ["--noise", noise, "--snr", "clean", "10"]
    long = found(capsys, *args, "--pictures", tmp_path)["long"]
    assert long == found(capsys, *args)["long"]  # the seed alone decides
    assert long != found(capsys, *args, "--seed", "1")["long"]
    clean, loud = long["levels"]
    assert found(capsys, *args, "--times", "2")["long"]["levels"][0] != clean
    assert (clean["name"], loud["name"]) == ("clean", "10 dB")
    assert clean["words"] == loud["words"] > 10
    for one in (clean, loud):
        assert one["hits"] + sum(one["missed_by_word"].values()) == one["words"]
        assert one["false"] == sum(one["false_by_cause"].values())
        assert one["false_per_hour"] == pytest.approx(one["false"] / 0.05)
        assert 0 < one["asked"] <= 1
    assert (tmp_path / "kws-det.png").read_bytes()[:4] == b"\x89PNG"


def test_thresholds_can_be_tried(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = model, "--long", corpus, "--hours", "0.05"
    deaf = found(capsys, *args, "--threshold", "1")["long"]
    assert deaf["thresholds"] == {"one": 1, "two": 1}
    assert deaf["levels"][0]["hits"] == deaf["levels"][0]["false"] == 0
    assert deaf["levels"][0]["delay_median_s"] is None
    one = found(capsys, *args, "--threshold", "1", "one=0.2", "--words", "one")["long"]
    assert one["thresholds"] == {"one": 0.2}
    along = found(capsys, *args, "--max-false-per-hour", "1")["long"]
    assert along["thresholds"] == {"one": 0.9, "two": 0.9}


def test_a_place_that_is_given_twice_is_one(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once, twice = (found(capsys, model, "--clips", *[corpus] * n)["clips"] for n in (1, 2))
    assert once == twice


def test_words_are_the_same_however_their_letters_are_written(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wav(tmp_path / "a.wav", say(0.5, 1.0, 40, seconds=20))
    (tmp_path / "a.csv").write_text("start,end,word\n0.5,1.0,gro\u0308\u00dfe\n\n\n9,8,one\n")
    with pytest.raises(RecordingError, match="line 5: needs start"):
        AnnotatedRecording.open(path)
    (tmp_path / "a.csv").write_text("start,end,word\n0.5,1.0,gro\u0308\u00dfe\n")
    assert AnnotatedRecording.open(path).words[0].label == "gr\u00f6\u00dfe"
    assert main([str(model), "--long", str(path)]) == 0
    assert "none of its words (größe) is one of the model's (one, two)" in capsys.readouterr().err


def test_what_is_not_asked_for_and_heard_is_false(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [model, "--long", corpus, "--hours", "0.05", "--threshold", "0.2", "--words", "one"]
    (level,) = found(capsys, *args)["long"]["levels"]
    assert level["false_by_label"].get("two")


def test_a_word_that_is_said_and_was_not_asked_for_is_not_false(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a recording; it is no hit either."""
    path = write_wav(tmp_path / "kitchen.wav", say(0.5, 1.0, 40, seconds=20))
    args = [model, "--long", path, "--threshold", "0.2"]
    (tmp_path / "kitchen.csv").write_text("start,end,word\n15,15.5,one\n")
    (level,) = found(capsys, *args)["long"]["levels"]
    (label,) = level["false_by_label"]
    (tmp_path / "kitchen.csv").write_text(f"start,end,word\n0.5,1.0,{label}\n")
    (level,) = found(capsys, *args, "--words", "two" if label == "one" else "one")["long"]["levels"]
    assert level["words"] == level["hits"] == level["false"] == 0


def test_an_annotated_recording_is_listened_to(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_wav(tmp_path / "kitchen.wav", say(0.5, 1.0, 40, seconds=20))
    (tmp_path / "kitchen.csv").write_text("start,end,word\n0.5,1.0,one\n4,4.5,bird\n")
    (level,) = found(capsys, model, "--long", path)["long"]["levels"]
    assert (level["name"], level["words"]) == ("kitchen.wav", 1)
    soundfile.write(tmp_path / "hall.ogg", say(0.5, 1.0, 40, seconds=20), RATE)
    (tmp_path / "kitchen.csv").rename(tmp_path / "hall.csv")
    (level,) = found(capsys, model, "--long", tmp_path / "hall.ogg")["long"]["levels"]
    assert (level["name"], level["words"]) == ("hall.ogg", 1)


def test_what_cannot_be_read_is_named_and_left_out(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in WORDS:
        write_wav(tmp_path / word / "a_nohash_0.wav", say(0.2, 0.7, 30))
    torn = tmp_path / "one" / "torn_nohash_0.wav"
    torn.write_bytes(b"RIFF, it said")
    assert main([str(model), "--clips", str(tmp_path), "--json", "-q"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["clips"]["clips"] == 3
    assert "torn_nohash_0.wav" in err and len(err.splitlines()) == 1


def test_bad_input_is_one_line(
    model: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def says(*args: object) -> str:
        return refused(capsys, model, *args)

    assert "give --clips or --long" in says()
    assert "does not exist" in says("--clips", tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "empty" in says("--clips", tmp_path / "empty")
    assert "no split 'dev', but test, train" in says("--clips", corpus, "--split", "dev")
    assert "no recordings for the speakers bob" in says("--clips", corpus, "--speakers", "bob")
    assert "the model has no three" in says("--clips", corpus, "--words", "three")
    for times in ("0", "many"):
        with pytest.raises(SystemExit):
            says("--long", corpus, "--times", times)
        assert f"invalid times value: '{times}'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        says("--clips", corpus, "--seed", "-1")
    assert "-1 is no seed: give 0 or more" in capsys.readouterr().err
    assert "--snr needs --noise" in says("--long", corpus, "--snr", "10")
    silence = write_wav(tmp_path / "silence.wav", np.zeros(2 * RATE))
    assert "silence alone" in says("--long", corpus, "--noise", silence, "--snr", "0")
    idle = "--noise, --snr: of long audio made of clips, and here is none"
    (tmp_path / "silence.csv").write_text("start,end,word\n0.5,1.0,one\n")
    assert idle in says("--long", silence, "--noise", "nowhere.wav", "--snr", "0")
    assert "no kitchen.csv" in says("--long", write_wav(tmp_path / "kitchen.wav", np.zeros(RATE)))
    assert "no threshold of this model keeps to" in says(
        "--long", corpus, "--max-false-per-hour", "0.01"
    )
    write_wav(tmp_path / "half" / "one" / "a_nohash_0.wav", say(0.2, 0.7, 30))
    for what in ("--clips", "--long"):
        assert "no clips of two" in says(what, tmp_path / "half")
    write_wav(tmp_path / "torn" / "one" / "a_nohash_0.wav", np.zeros(10)).write_bytes(b"no")
    assert "none of 1 clips can be read" in says("--clips", tmp_path / "torn", "--words", "one")


def test_a_model_of_strokes_is_refused(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strokes = write_stroke_model(tmp_path / "airdigit.tflite")
    assert "is no model of sound" in refused(capsys, strokes, "--clips", corpus)


def test_the_float_network_beside_a_model_is_compared(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_model(tmp_path / "kws.tflite")
    path.with_suffix(".onnx").write_bytes(_onnx())
    clips = found(capsys, path, "--clips", corpus)["clips"]
    assert clips["float"] == pytest.approx(clips["int8"], abs=0.11)
    assert all(one["float"] is not None for one in clips["classes"])
    path.with_suffix(".onnx").write_bytes(b"no network")
    assert "is not the float network" in refused(capsys, path, "--clips", corpus)


def test_clips_are_asked_about_and_streams_are_not(corpus: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "kws.tflite")
    path.with_suffix(".onnx").write_bytes(_onnx())
    model = Model.load(path)
    clips = [Spoken(file, "one") for file in sorted(corpus.glob("*.wav"))]
    scored = clip_accuracy.score(model, clips, RATE)
    for clip, asked, live in zip(clips, scored.int8, scored.live, strict=True):
        samples = load_samples(clip.path, RATE)
        chunk = Chunk(np.arange(len(samples)) / RATE, samples[:, None])
        assert asked.tolist() == model.score_recording(chunk).tolist()
        (window,) = model.windows_of_recording(chunk)
        assert live.tolist() == model.scores(window.tensor).tolist()
    assert np.abs(scored.int8 - scored.live).max() > 0.1
    assert scored.float32 is not None
    assert np.abs(scored.float32 - scored.int8).max() < 0.05
    accepted = clip_accuracy.at_thresholds(scored, dict.fromkeys(("one", "two"), 0.0))
    leads = int((scored.live.argmax(axis=1) == 0).sum())
    assert accepted["right"]["clips"] == leads < int((scored.int8.argmax(axis=1) == 0).sum())


def _onnx() -> bytes:
    """The network of `sound_network`, in float."""
    from onnx import TensorProto, helper

    weights = sound_network.weights()
    bands, labels = weights.shape
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "w"], ["y"]),
        helper.make_node("Softmax", ["y"], ["scores"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "kws",
        [
            helper.make_tensor_value_info(
                "x", TensorProto.FLOAT, [None, sound_network.INPUT["shape"][0], bands]
            )
        ],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [None, labels])],
        [helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.flatten().tolist())],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return made.SerializeToString()

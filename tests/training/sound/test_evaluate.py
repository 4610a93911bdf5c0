"""`python -m training.evaluate`, as a user starts it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

import sound_network
from edge.commands import edge_classify
from edge.errors import RecordingError
from edge.model import Model
from edge.samples import Chunk
from sound_network import write_model
from stroke_network import write_model as write_stroke_model
from synthetic_words import RATE, synthetic_word, write_clip
from training.evaluate import main
from training.sound.data.clip_files import LabelledClip
from training.sound.data.recordings import load_samples
from training.sound.evaluate.clip_accuracy.figures import accepted_clips
from training.sound.evaluate.clip_accuracy.scores import score_clips
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
            samples = synthetic_word(0.2, 0.7, 30, seed=10 * number + take, hz=120 + 60 * number)
            write_clip(folder / name, samples)
            rows.append(f"{'train' if take < 3 else 'test'},{name},{word},{word},s{take}")
    write_clip(folder / "quiet.wav", np.zeros(RATE, np.float32))
    rows.append("test,quiet.wav,_silence_,_silence_,")
    (folder / "index.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sound = 0.1 * np.random.default_rng(1).standard_normal(3 * RATE)
    return write_clip(tmp_path_factory.mktemp("noise") / "tap.wav", sound)


def evaluate(capsys: pytest.CaptureFixture[str], *args: object) -> dict:
    assert main([*map(str, args), "--json", "-q"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def error_of(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    assert main([*map(str, args), "-q"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    last = err.splitlines()[-1]
    assert last.startswith("python -m training.evaluate: error: ")
    return err


def test_clip_accuracy_is_measured_for_each_label(
    model: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = evaluate(
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


def test_clips_get_the_labels_of_edge_classify(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    confusion = evaluate(capsys, model, "--clips", corpus, "--split", "test")["clips"]["confusion"]
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
    low, high = (evaluate(capsys, *args, value)["clips"]["accepted"] for value in ("0", "1"))
    assert low["right"]["of"] == 12 and low["false"]["of"] == 7
    assert low["right"]["clips"] + low["mistaken"]["clips"] + low["false"]["clips"] > 0
    assert [high[name]["clips"] for name in ("right", "mistaken", "false")] == [0, 0, 0]


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


def test_long_audio_has_figures_for_each_noise_level(
    model: Path, corpus: Path, noise: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [model, "--long", corpus, "--split", "test", "--hours", "0.05"]
    args += ["--noise", noise, "--snr", "clean", "10"]
    long = evaluate(capsys, *args, "--pictures", tmp_path)["long"]
    assert long == evaluate(capsys, *args)["long"]  # only the seed matters
    assert long != evaluate(capsys, *args, "--seed", "1")["long"]
    clean, noisy = long["levels"]
    assert evaluate(capsys, *args, "--times", "2")["long"]["levels"][0] != clean
    assert (clean["name"], noisy["name"]) == ("clean", "10 dB")
    assert clean["words"] == noisy["words"] > 10
    for one in (clean, noisy):
        assert one["hits"] + sum(one["missed_by_word"].values()) == one["words"]
        assert one["false"] == sum(one["false_by_cause"].values())
        assert one["false_per_hour"] == pytest.approx(one["false"] / 0.05)
        assert 0 < one["asked"] <= 1
    assert (tmp_path / "kws-det.png").read_bytes()[:4] == b"\x89PNG"


def test_thresholds_can_be_given(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = model, "--long", corpus, "--hours", "0.05"
    highest = evaluate(capsys, *args, "--threshold", "1")["long"]
    assert highest["thresholds"] == {"one": 1, "two": 1}
    assert highest["levels"][0]["hits"] == highest["levels"][0]["false"] == 0
    assert highest["levels"][0]["delay_median_s"] is None
    one = evaluate(capsys, *args, "--threshold", "1", "one=0.2", "--words", "one")["long"]
    assert one["thresholds"] == {"one": 0.2}
    budget = evaluate(capsys, *args, "--max-false-per-hour", "1")["long"]
    assert budget["thresholds"] == {"one": 0.9, "two": 0.9}


def test_clips_that_are_given_twice_count_once(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    once, twice = (evaluate(capsys, model, "--clips", *[corpus] * n)["clips"] for n in (1, 2))
    assert once == twice


def test_words_with_composed_and_decomposed_letters_are_the_same(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_clip(tmp_path / "a.wav", synthetic_word(0.5, 1.0, 40, seconds=20))
    (tmp_path / "a.csv").write_text("start,end,word\n0.5,1.0,gro\u0308\u00dfe\n\n\n9,8,one\n")
    with pytest.raises(RecordingError, match="line 5: needs start"):
        AnnotatedRecording.open(path)
    (tmp_path / "a.csv").write_text("start,end,word\n0.5,1.0,gro\u0308\u00dfe\n")
    assert AnnotatedRecording.open(path).words[0].label == "gr\u00f6\u00dfe"
    assert main([str(model), "--long", str(path)]) == 0
    assert "none of its words (größe) is one of the model's (one, two)" in capsys.readouterr().err


def test_detections_of_words_that_are_not_measured_are_false_accepts(
    model: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [model, "--long", corpus, "--hours", "0.05", "--threshold", "0.2", "--words", "one"]
    (level,) = evaluate(capsys, *args)["long"]["levels"]
    assert level["false_by_label"].get("two")


def test_correct_detections_of_words_that_are_not_measured_are_ignored(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_clip(tmp_path / "kitchen.wav", synthetic_word(0.5, 1.0, 40, seconds=20))
    args = [model, "--long", path, "--threshold", "0.2"]
    (tmp_path / "kitchen.csv").write_text("start,end,word\n15,15.5,one\n")
    (level,) = evaluate(capsys, *args)["long"]["levels"]
    (label,) = level["false_by_label"]
    (tmp_path / "kitchen.csv").write_text(f"start,end,word\n0.5,1.0,{label}\n")
    (level,) = evaluate(capsys, *args, "--words", "two" if label == "one" else "one")["long"][
        "levels"
    ]
    assert level["words"] == level["hits"] == level["false"] == 0


def test_an_annotated_recording_is_evaluated(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_clip(tmp_path / "kitchen.wav", synthetic_word(0.5, 1.0, 40, seconds=20))
    (tmp_path / "kitchen.csv").write_text("start,end,word\n0.5,1.0,one\n4,4.5,bird\n")
    (level,) = evaluate(capsys, model, "--long", path)["long"]["levels"]
    assert (level["name"], level["words"]) == ("kitchen.wav", 1)
    soundfile.write(tmp_path / "hall.ogg", synthetic_word(0.5, 1.0, 40, seconds=20), RATE)
    (tmp_path / "kitchen.csv").rename(tmp_path / "hall.csv")
    (level,) = evaluate(capsys, model, "--long", tmp_path / "hall.ogg")["long"]["levels"]
    assert (level["name"], level["words"]) == ("hall.ogg", 1)


def test_unreadable_clips_are_named_and_left_out(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in WORDS:
        write_clip(tmp_path / word / "a_nohash_0.wav", synthetic_word(0.2, 0.7, 30))
    damaged = tmp_path / "one" / "damaged_nohash_0.wav"
    damaged.write_bytes(b"RIFF, not a sound")
    assert main([str(model), "--clips", str(tmp_path), "--json", "-q"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["clips"]["clips"] == 3
    assert "damaged_nohash_0.wav" in err and len(err.splitlines()) == 1


def test_wrong_input_is_refused_with_one_line(
    model: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def error(*args: object) -> str:
        return error_of(capsys, model, *args)

    assert "give --clips, --long or --talk" in error()
    assert "does not exist" in error("--clips", tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    assert "empty" in error("--clips", tmp_path / "empty")
    assert "no split 'dev', but test, train" in error("--clips", corpus, "--split", "dev")
    assert "no recordings for the speakers bob" in error("--clips", corpus, "--speakers", "bob")
    assert "the model has no three" in error("--clips", corpus, "--words", "three")
    for times in ("0", "many"):
        with pytest.raises(SystemExit):
            error("--long", corpus, "--times", times)
        assert f"invalid times value: '{times}'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        error("--clips", corpus, "--seed", "-1")
    assert "-1 is no seed: give 0 or more" in capsys.readouterr().err
    assert "--snr needs --noise" in error("--long", corpus, "--snr", "10")
    silence = write_clip(tmp_path / "silence.wav", np.zeros(2 * RATE))
    assert "silence alone" in error("--long", corpus, "--noise", silence, "--snr", "0")
    unused = "--noise, --snr: only for long audio that is mixed from clips"
    (tmp_path / "silence.csv").write_text("start,end,word\n0.5,1.0,one\n")
    assert unused in error("--long", silence, "--noise", "nowhere.wav", "--snr", "0")
    assert "no kitchen.csv" in error("--long", write_clip(tmp_path / "kitchen.wav", np.zeros(RATE)))
    assert "no threshold of this model keeps to" in error(
        "--long", corpus, "--max-false-per-hour", "0.01"
    )
    write_clip(tmp_path / "half" / "one" / "a_nohash_0.wav", synthetic_word(0.2, 0.7, 30))
    for option in ("--clips", "--long"):
        assert "no clips of two" in error(option, tmp_path / "half")
    write_clip(tmp_path / "damaged" / "one" / "a_nohash_0.wav", np.zeros(10)).write_bytes(b"no")
    assert "none of 1 clips can be read" in error("--clips", tmp_path / "damaged", "--words", "one")


def test_a_motion_model_is_refused(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    strokes = write_stroke_model(tmp_path / "airdigit.tflite")
    assert "is not a sound model" in error_of(capsys, strokes, "--clips", corpus)


def test_the_float_network_beside_a_model_is_scored(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_model(tmp_path / "kws.tflite")
    path.with_suffix(".onnx").write_bytes(_onnx())
    clips = evaluate(capsys, path, "--clips", corpus)["clips"]
    assert clips["float"] == pytest.approx(clips["int8"], abs=0.11)
    assert all(one["float"] is not None for one in clips["classes"])
    path.with_suffix(".onnx").write_bytes(b"no network")
    assert "is not the float network" in error_of(capsys, path, "--clips", corpus)


def test_the_word_prior_applies_to_clips_and_not_to_streams(corpus: Path, tmp_path: Path) -> None:
    path = write_model(tmp_path / "kws.tflite")
    path.with_suffix(".onnx").write_bytes(_onnx())
    model = Model.load(path)
    clips = [LabelledClip(file, "one") for file in sorted(corpus.glob("*.wav"))]
    scores = score_clips(model, clips)
    for clip, of_clip, of_stream in zip(clips, scores.int8, scores.without_prior, strict=True):
        samples = load_samples(clip.path, RATE)
        chunk = Chunk(np.arange(len(samples)) / RATE, samples[:, None])
        assert of_clip.tolist() == model.score_recording(chunk).tolist()
        (window,) = model.windows_of_recording(chunk)
        assert of_stream.tolist() == model.scores(window.tensor).tolist()
    assert np.abs(scores.int8 - scores.without_prior).max() > 0.1
    assert scores.float32 is not None
    assert np.abs(scores.float32 - scores.int8).max() < 0.05
    accepted = accepted_clips(scores, dict.fromkeys(("one", "two"), 0.0))
    correct = int((scores.without_prior.argmax(axis=1) == 0).sum())
    assert accepted["right"]["clips"] == correct < int((scores.int8.argmax(axis=1) == 0).sum())


def _onnx() -> bytes:
    """Return the network of `sound_network` in float, as ONNX."""
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


def test_every_detection_in_talk_is_a_false_accept(tmp_path, capsys, model, corpus):
    folder = tmp_path / "talk"
    folder.mkdir()
    parts = [np.zeros(RATE, np.float32)]
    for take in range(4):
        parts += [load_samples(corpus / f"one_{take}.wav", RATE), np.zeros(RATE, np.float32)]
    for name in ("a.wav", "b.wav"):
        write_clip(folder / name, np.concatenate(parts))
    (talk,) = evaluate(capsys, model, "--talk", folder, "--threshold", 0.3)["talk"]["levels"]
    assert talk["name"] == "talk" and talk["words"] == 0
    assert talk["hours"] == pytest.approx(2 * sum(map(len, parts)) / RATE / 3600, abs=1e-4)
    assert talk["false"] == sum(talk["false_by_label"].values()) > 0
    assert main([str(model), "--talk", str(folder), "-q"]) == 0
    assert f"| talk | {talk['hours']:.2g} | " in capsys.readouterr().out


def test_talk_without_recordings_is_an_error(tmp_path, capsys, model):
    assert main([str(model), "--talk", str(tmp_path)]) == 1
    assert "no recordings in" in capsys.readouterr().err

"""One JSON object a file, whatever the file is."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tiny_sound
import tiny_task
from edge.commands import edge_classify
from edge.commands.edge_classify import READERS
from edge.features import FEATURES
from edge.formats.sound import write_wav
from edge.model.shipped import shipped_models
from edge.registry import load
from edge.samples import ACCEL
from edge.source import MOTION_SOURCES


@pytest.fixture
def model(tiny_network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(FEATURES, "tiny", tiny_task.FEATURES)
    monkeypatch.setitem(READERS, "tiny", "edge.formats.motion")
    path = tmp_path / "tiny.tflite"
    return tiny_task.write_model(path, tiny_network.tflite, ["3", "8", "none"])


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    return folder


def write(path: Path, samples: np.ndarray) -> Path:
    rows = [",".join(f"{value:.4f}" for value in (10.0 * i, *r)) for i, r in enumerate(samples)]
    header = "t_ms,ax,ay,az" + (",gx,gy,gz" if samples.shape[1] == 6 else "")
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def classify(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, list[dict]]:
    status = edge_classify.main([str(arg) for arg in argv])
    said = capsys.readouterr()
    assert said.err == ""
    return status, [json.loads(line) for line in said.out.splitlines()]


def test_a_recording_gets_its_label_and_every_score(model, takes, capsys):
    file = write(takes / "a.csv", tiny_task.strokes(1))
    status, (answer,) = classify(capsys, model, file)
    assert status == 0
    assert list(answer) == ["file", "label", "score", "scores"]
    assert (answer["file"], answer["label"]) == (str(file), "3")
    assert answer["score"] == answer["scores"]["3"] == pytest.approx(0.8958, abs=0.02)
    assert list(answer["scores"]) == ["3", "8", "none"]


@pytest.mark.parametrize("labels", [["3", "8", "none"], ["none", "3", "8"]])
def test_the_label_is_the_most_probable_whatever_the_threshold(
    tiny_network, model, takes, capsys, labels
):
    tiny_task.write_model(model, tiny_network.tflite, labels, threshold=0.99)
    status, (answer,) = classify(capsys, model, write(takes / "a.csv", tiny_task.strokes(1)))
    assert (status, answer["label"]) == (0, labels[0])
    assert answer["score"] == max(answer["scores"].values()) == answer["scores"][labels[0]]


def test_a_recording_without_gravity_is_refused(tiny_network, takes, capsys, monkeypatch):
    """The 30 rows of the course's MPU6050 sketch, for a model that could do without a gyro."""
    monkeypatch.setitem(FEATURES, "tiny", tiny_task.FEATURES)
    monkeypatch.setitem(READERS, "tiny", "edge.formats.motion")
    specification = tiny_task.TinyFeatures.specification()
    specification["sensor"] = {**specification["sensor"], "channels": list(ACCEL)}
    monkeypatch.setattr(tiny_task.TinyFeatures, "specification", lambda wanted=None: specification)
    model = tiny_task.write_model(takes / "m.tflite", tiny_network.tflite, ["3", "8", "none"])
    (takes / "3_000.csv").write_text("0.01,0.02,0.03\n" * 30)
    status, (answer,) = classify(capsys, model, takes / "3_000.csv")
    assert status == 1 and answer["error"].startswith("gravity was subtracted from it")


def test_bad_files_say_what_is_wrong_and_the_others_are_still_answered(model, takes, capsys):
    write(takes / "a.csv", tiny_task.strokes(1))
    write(takes / "b.csv", tiny_task.strokes(2))
    write(takes / "c.csv", tiny_task.strokes(1)[:3])
    write(takes / "d.csv", tiny_task.strokes(1)[:, :3])
    (takes / "e.csv").write_bytes(bytes(range(256)))
    (takes / "f.csv").write_text("")
    write(takes / "h.csv", tiny_task.strokes(1))
    files = [takes / f"{name}.csv" for name in "abcdefgh"]
    status, answers = classify(capsys, model, *files)
    assert status == 1
    assert [answer["file"] for answer in answers] == [str(file) for file in files]
    assert [answer.get("label") for answer in answers] == ["3", *[None] * 6, "3"]
    errors = [answer["error"] for answer in answers[1:7]]
    assert errors[:2] == ["2 strokes in it: give one", "0 strokes in it: give one"]
    assert "gyroscope" in errors[2] and errors[5] == "does not exist"
    assert all(len(error) > 10 and "\n" not in error for error in errors)


def test_a_folder_is_read_through_in_order(model, takes, capsys):
    (takes / "inner").mkdir()
    names = ["b.csv", "inner/c.csv", "a.csv"]
    for name in names:
        write(takes / name, tiny_task.strokes(1))
    status, answers = classify(capsys, model, takes)
    assert status == 0
    assert [Path(answer["file"]).name for answer in answers] == ["a.csv", "b.csv", "c.csv"]


def test_a_folder_without_recordings_is_an_error(model, takes, capsys):
    status, (answer,) = classify(capsys, model, takes)
    assert status == 1 and answer["file"] == str(takes)
    assert answer["error"] == "is a folder without any recording: name one that has some"


def test_names_come_from_stdin(model, takes, capsys, monkeypatch):
    files = [write(takes / f"{name}.csv", tiny_task.strokes(1)) for name in "ab"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{files[1]}\n\n{files[0]}\n"))
    status, answers = classify(capsys, model, "-", files[1])
    assert status == 0
    assert [answer["file"] for answer in answers] == [str(files[k]) for k in (1, 0, 1)]


def test_answers_come_before_the_next_name_is_known(model, takes):
    """So that a program may keep it running and ask file by file."""
    file = write(takes / "a.csv", tiny_task.strokes(1))
    script = (
        "import sys; from edge.commands.edge_classify import READERS, main\n"
        "from edge.features import FEATURES\n"
        "FEATURES['tiny'] = 'tiny_task:TinyFeatures'; READERS['tiny'] = 'edge.formats.motion'\n"
        "sys.exit(main())"
    )
    tests = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", script, str(model), "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": f"{tests}/support:{tests.parent}"},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for _ in range(2):
            process.stdin.write(f"{file}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["label"] == "3"
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_model_that_is_none_is_one_line(takes, capsys):
    file = write(takes / "a.csv", tiny_task.strokes(1))
    assert edge_classify.main([str(file), str(file)]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(f"edge-classify: error: {file} is no TFLite")


def test_without_a_file_it_is_a_usage_error(model):
    with pytest.raises(SystemExit) as stop:
        edge_classify.main([str(model)])
    assert stop.value.code == 2


# Sound


@pytest.fixture
def words(tmp_path: Path) -> Path:
    return tiny_sound.write_model(tmp_path / "kws.tflite", "kws", ["yes", "no", "silence"])


def record(path: Path, text: str, rate: int = tiny_sound.RATE) -> Path:
    """With every sample repeated, a higher rate sounds the same to a model of low bands."""
    write_wav(path, np.repeat(tiny_sound.say(text), rate // tiny_sound.RATE), rate)
    return path


def test_the_word_of_a_sound_file_is_found_at_any_length_and_rate(words, takes, capsys):
    texts = {"a": "l", "b": ".h", "c": ".n", "d": "h-", "e": ".l..", "f": "."}
    for name, text in texts.items():
        record(takes / f"{name}.wav", text)
    record(takes / "g.wav", "--l.", 48000)
    status, answers = classify(capsys, words, takes)
    assert status == 0
    said = [answer["label"] for answer in answers]
    assert said == ["yes", "no", "silence", "no", "yes", "silence", "yes"]
    assert list(answers[0]) == ["file", "label", "score", "scores"]
    assert answers[0]["score"] == max(answers[0]["scores"].values())


def test_a_file_is_likelier_to_hold_a_word_than_a_moment_of_a_stream(words, takes, capsys):
    file = record(takes / "a.wav", "l")
    _, (plain,) = classify(capsys, words, file)
    model = tiny_sound.write_model(words, "kws", ["yes", "no", "silence"], asked=3.0)
    _, (asked,) = classify(capsys, model, file)
    for word in ("yes", "no"):
        ratio = plain["scores"][word] / plain["scores"]["silence"]
        assert asked["scores"][word] / asked["scores"]["silence"] == pytest.approx(3 * ratio, 0.05)
    assert sum(asked["scores"].values()) == pytest.approx(1, abs=0.01)


def test_what_is_no_sound_is_an_error_for_that_file(words, takes, capsys):
    write(takes / "a.csv", tiny_task.strokes(1))
    (takes / "b.wav").write_bytes(b"")
    record(takes / "c.wav", "h")
    files = [takes / "a.csv", takes / "b.wav", takes / "c.wav", takes / "d.wav"]
    status, answers = classify(capsys, words, *files)
    assert status == 1
    assert [answer.get("label") for answer in answers] == [None, None, "no", None]
    assert "is not a sound file" in answers[0]["error"] and "is empty" in answers[1]["error"]
    assert answers[3]["error"] == "does not exist"


def test_a_sound_is_no_stroke(model, takes, capsys):
    status, (answer,) = classify(capsys, model, record(takes / "a.wav", "l"))
    assert status == 1 and "\n" not in answer["error"]


@pytest.mark.skipif("airdigit" not in shipped_models(), reason="no model is shipped yet")
def test_what_a_simulated_hand_drew_is_read_from_its_recording(takes, capsys):
    requirements = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
    read = ""
    for digit in "0123456789":
        with load(MOTION_SOURCES, "mock")(requirements, digit, seed=7, speed=np.inf) as hand:
            samples = np.concatenate([chunk.values for chunk in hand])
        _, (answer,) = classify(capsys, "airdigit", write(takes / f"{digit}.csv", samples))
        read += answer.get("label", "error")[0]
    assert sum(a == b for a, b in zip(read, "0123456789", strict=True)) >= 8

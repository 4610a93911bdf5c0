"""edge-classify prints one JSON object for each file, whatever the file contains."""

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
from edge.api.classification import READERS
from edge.commands import edge_classify
from edge.features import FEATURES
from edge.formats.sound import write_wav
from edge.samples import ACCEL
from edge.source import MOTION_SOURCES


@pytest.fixture
def model(tiny_stroke_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(READERS, "tiny", "edge.formats.motion")
    return tiny_stroke_model


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    folder = tmp_path / "takes"
    folder.mkdir()
    return folder


def write_csv(path: Path, samples: np.ndarray) -> Path:
    """Write samples at 100 Hz as a motion recording."""
    rows = [",".join(f"{value:.4f}" for value in (10.0 * i, *r)) for i, r in enumerate(samples)]
    header = "t_ms,ax,ay,az" + (",gx,gy,gz" if samples.shape[1] == 6 else "")
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def classify(capsys: pytest.CaptureFixture[str], *argv: str | Path) -> tuple[int, list[dict]]:
    """Run the command; return its exit status and the results that it printed."""
    status = edge_classify.main([str(arg) for arg in argv])
    printed = capsys.readouterr()
    assert printed.err == ""
    return status, [json.loads(line) for line in printed.out.splitlines()]


def test_a_recording_gets_a_label_and_all_scores(model, takes, capsys):
    file = write_csv(takes / "a.csv", tiny_task.strokes(1))
    status, (result,) = classify(capsys, model, file)
    assert status == 0
    assert list(result) == ["file", "label", "score", "scores"]
    assert (result["file"], result["label"]) == (str(file), "3")
    assert result["score"] == result["scores"]["3"] == pytest.approx(0.8958, abs=0.02)
    assert list(result["scores"]) == ["3", "8", "none"]


@pytest.mark.parametrize("labels", [["3", "8", "none"], ["none", "3", "8"]])
def test_the_label_has_the_highest_score_whatever_the_threshold(
    tiny_network, model, takes, capsys, labels
):
    tiny_task.write_model(model, tiny_network.tflite, labels, threshold=0.99)
    status, (result,) = classify(capsys, model, write_csv(takes / "a.csv", tiny_task.strokes(1)))
    assert (status, result["label"]) == (0, labels[0])
    assert result["score"] == max(result["scores"].values()) == result["scores"][labels[0]]


def test_a_recording_without_gravity_is_refused(tiny_network, takes, capsys, monkeypatch):
    """Such as the 30 rows of the course's sketch, for a model that needs no gyroscope."""
    monkeypatch.setitem(FEATURES, "tiny", tiny_task.FEATURES)
    monkeypatch.setitem(READERS, "tiny", "edge.formats.motion")
    specification = tiny_task.TinyFeatures.specification()
    specification["sensor"] = {**specification["sensor"], "channels": list(ACCEL)}
    monkeypatch.setattr(tiny_task.TinyFeatures, "specification", lambda wanted=None: specification)
    model = tiny_task.write_model(takes / "m.tflite", tiny_network.tflite, ["3", "8", "none"])
    (takes / "3_000.csv").write_text("0.01,0.02,0.03\n" * 30)
    status, (result,) = classify(capsys, model, takes / "3_000.csv")
    assert status == 1 and result["error"].startswith("gravity was subtracted from it")


def test_bad_files_get_an_error_and_the_other_files_are_classified(model, takes, capsys):
    write_csv(takes / "a.csv", tiny_task.strokes(1))
    write_csv(takes / "b.csv", tiny_task.strokes(2))
    write_csv(takes / "c.csv", tiny_task.strokes(1)[:3])
    write_csv(takes / "d.csv", tiny_task.strokes(1)[:, :3])
    (takes / "e.csv").write_bytes(bytes(range(256)))
    (takes / "f.csv").write_text("")
    write_csv(takes / "h.csv", tiny_task.strokes(1))
    files = [takes / f"{name}.csv" for name in "abcdefgh"]
    status, results = classify(capsys, model, *files)
    assert status == 1
    assert [result["file"] for result in results] == [str(file) for file in files]
    assert [result.get("label") for result in results] == ["3", *[None] * 6, "3"]
    errors = [result["error"] for result in results[1:7]]
    assert errors[:2] == ["2 strokes in it: give one", "0 strokes in it: give one"]
    assert "gyroscope" in errors[2] and errors[5] == "does not exist"
    assert all(len(error) > 10 and "\n" not in error for error in errors)


def test_all_recordings_in_a_folder_are_classified_in_order(model, takes, capsys):
    (takes / "inner").mkdir()
    names = ["b.csv", "inner/c.csv", "a.csv"]
    for name in names:
        write_csv(takes / name, tiny_task.strokes(1))
    status, results = classify(capsys, model, takes)
    assert status == 0
    assert [Path(result["file"]).name for result in results] == ["a.csv", "b.csv", "c.csv"]


def test_a_folder_without_recordings_is_an_error(model, takes, capsys):
    status, (result,) = classify(capsys, model, takes)
    assert status == 1 and result["file"] == str(takes)
    assert result["error"] == "is a folder without any recording: name a folder with recordings"


def test_file_names_are_read_from_stdin(model, takes, capsys, monkeypatch):
    files = [write_csv(takes / f"{name}.csv", tiny_task.strokes(1)) for name in "ab"]
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{files[1]}\n\n{files[0]}\n"))
    status, results = classify(capsys, model, "-", files[1])
    assert status == 0
    assert [result["file"] for result in results] == [str(files[k]) for k in (1, 0, 1)]


def test_a_result_is_printed_before_the_next_name_is_read(model, takes):
    """A program can keep the command running and send it one file after another."""
    file = write_csv(takes / "a.csv", tiny_task.strokes(1))
    script = (
        "import sys; from edge.api.classification import READERS\n"
        "from edge.commands.edge_classify import main\n"
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


def test_a_file_that_is_not_a_model_is_an_error_of_one_line(takes, capsys):
    file = write_csv(takes / "a.csv", tiny_task.strokes(1))
    assert edge_classify.main([str(file), str(file)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith(
        f"edge-classify: error: {file} is not a TFLite"
    )


def test_without_a_file_it_is_a_usage_error(model):
    with pytest.raises(SystemExit) as stop:
        edge_classify.main([str(model)])
    assert stop.value.code == 2


# Sound


@pytest.fixture
def words(tiny_word_model: Path) -> Path:
    return tiny_word_model


def record(path: Path, text: str, rate: int = tiny_sound.RATE) -> Path:
    """Write a word. A higher rate repeats every sample: a model of low bands is not affected."""
    write_wav(path, np.repeat(tiny_sound.say(text), rate // tiny_sound.RATE), rate)
    return path


def test_a_word_is_recognised_in_files_of_any_length_and_rate(words, takes, capsys):
    texts = {"a": "l", "b": ".h", "c": ".n", "d": "h-", "e": ".l..", "f": "."}
    for name, text in texts.items():
        record(takes / f"{name}.wav", text)
    record(takes / "g.wav", "--l.", 48000)
    status, results = classify(capsys, words, takes)
    assert status == 0
    labels = [result["label"] for result in results]
    assert labels == ["yes", "no", "silence", "no", "yes", "silence", "yes"]
    assert list(results[0]) == ["file", "label", "score", "scores"]
    assert results[0]["score"] == max(results[0]["scores"].values())


def test_word_prior_makes_words_likelier_than_in_a_stream(words, takes, capsys):
    file = record(takes / "a.wav", "l")
    _, (stream,) = classify(capsys, words, file)
    model = tiny_sound.write_model(words, "kws", ["yes", "no", "silence"], word_prior=3.0)
    _, (clip,) = classify(capsys, model, file)
    for word in ("yes", "no"):
        ratio = stream["scores"][word] / stream["scores"]["silence"]
        assert clip["scores"][word] / clip["scores"]["silence"] == pytest.approx(3 * ratio, 0.05)
    assert sum(clip["scores"].values()) == pytest.approx(1, abs=0.01)


def test_a_file_that_is_not_sound_gets_an_error(words, takes, capsys):
    write_csv(takes / "a.csv", tiny_task.strokes(1))
    (takes / "b.wav").write_bytes(b"")
    record(takes / "c.wav", "h")
    files = [takes / "a.csv", takes / "b.wav", takes / "c.wav", takes / "d.wav"]
    status, results = classify(capsys, words, *files)
    assert status == 1
    assert [result.get("label") for result in results] == [None, None, "no", None]
    assert "is not a sound file" in results[0]["error"] and "is empty" in results[1]["error"]
    assert results[3]["error"] == "does not exist"


def test_a_motion_model_refuses_sound(model, takes, capsys):
    status, (result,) = classify(capsys, model, record(takes / "a.wav", "l"))
    assert status == 1 and "\n" not in result["error"]


def test_digits_of_a_simulated_hand_are_recognised(takes, capsys):
    requirements = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}
    recognised = ""
    for digit in "0123456789":
        with MOTION_SOURCES.load("mock")(requirements, digit, seed=7, speed=np.inf) as hand:
            samples = np.concatenate([chunk.values for chunk in hand])
        _, (result,) = classify(capsys, "airdigit", write_csv(takes / f"{digit}.csv", samples))
        recognised += result.get("label", "error")[0]
    assert sum(a == b for a, b in zip(recognised, "0123456789", strict=True)) >= 8

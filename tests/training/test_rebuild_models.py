"""The tool that trains the shipped models again: their commands and the comparison of figures."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import EdgeError, ModelError
from edge.model import attach, shipped
from edge.model.model_file import read_model
from edge.model.shipped import find_model
from tools import rebuild_models
from tools.rebuild_models import Change, _parser, rebuild

COMMAND = (
    "python -m training.kws --data takes more --noise hum/a.wav --seed 0 --out models/kws.tflite"
)
FIGURES = {"test": {"clips": 482, "int8": 0.93, "false_per_hour": 1.5}, "kind": "words"}


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(shipped, "shipped_folder", lambda: folder)
    return folder


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    for name in ("takes", "more", "hum"):
        (folder / name).mkdir(parents=True)
    (folder / "hum" / "a.wav").touch()
    return folder


SHIPPED = find_model("airdigit").resolve()


def write_model(path, command=COMMAND, metrics=FIGURES, **details):
    network, manifest = read_model(SHIPPED)
    provenance = {"metrics": metrics, **({"command": command} if command else {}), **details}
    path.write_bytes(attach(network, replace(manifest, provenance=provenance)))


def options(*argv):
    return _parser().parse_args(argv)


class FakeTraining:
    """Records the commands and writes a model with the given figures, in place of hours of work."""

    def __init__(self, metrics=FIGURES, status=0):
        self.metrics, self.status, self.commands = metrics, status, []

    def __call__(self, command):
        self.commands.append(command)
        if not self.status:
            write_model(Path(command[command.index("--out") + 1]), metrics=self.metrics)
        return self.status


def test_rebuild_runs_the_command_with_the_data_of_this_machine(models, data, capsys):
    write_model(models / "kws.tflite")
    training = FakeTraining()
    assert rebuild(options("--data", str(data)), training) == 0
    assert training.commands == [
        [
            *(sys.executable, "-m", "training.kws"),
            *("--data", str(data / "takes"), str(data / "more")),
            *("--noise", str(data / "hum" / "a.wav")),
            *("--seed", "0", "--out", str(models / "kws.tflite")),
        ]
    ]
    assert "kws: 0 of 4 figures are worse than before" in capsys.readouterr().out


def test_base_of_a_model_is_trained_first_and_the_model_begins_with_it(models, data, monkeypatch):
    monkeypatch.chdir(data)  # with the cache
    command = COMMAND.replace("--seed", "--base kws --seed")
    write_model(models / "kws.tflite", command, base_command=COMMAND)
    training = FakeTraining()
    assert rebuild(options("--data", str(data)), training) == 0
    base, further = training.commands
    written = base[base.index("--out") + 1]
    assert Path(written).name == "kws-base.tflite" and Path(written).parent != models
    assert further[further.index("--base") + 1] == written
    assert further[further.index("--out") + 1] == str(models / "kws.tflite")


def test_base_that_is_a_shipped_model_is_not_trained_again(models, data, monkeypatch):
    monkeypatch.chdir(data)  # with the cache
    write_model(models / "kws.tflite")
    command = COMMAND.replace("training.kws", "training.qcnn").replace(
        "--seed", "--base kws --seed"
    )
    write_model(models / "kws_qcnn.tflite", command, base_command=COMMAND)
    training = FakeTraining()
    assert rebuild(options("--data", str(data), "--only", "kws_qcnn"), training) == 0
    assert [command[2] for command in training.commands] == ["training.qcnn"]
    other = COMMAND.replace("hum/a.wav", "hum/a.wav hum/a.wav")
    write_model(models / "kws_qcnn.tflite", command, base_command=other)
    assert rebuild(options("--data", str(data), "--only", "kws_qcnn"), training) == 0
    assert [c[2] for c in training.commands[1:]] == ["training.kws", "training.qcnn"]


def test_report_marks_worse_figures_but_not_sizes_of_the_test_set(models, data, capsys):
    write_model(models / "kws.tflite")
    worse = {"test": {"clips": 400, "int8": 0.92, "false_per_hour": 2.0}}
    assert rebuild(options("--data", str(data)), FakeTraining(worse)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  test/clips: 482 -> 400" in lines
    assert "  test/int8: 0.93 -> 0.92  worse" in lines
    assert "  test/false_per_hour: 1.5 -> 2  worse" in lines
    assert lines[0].startswith("kws: 2 of 4")


def test_change_is_worse_only_in_the_direction_of_its_figure():
    assert not Change("test/int8", 0.9, 0.91).worse
    assert not Change("bytes", 50000, 49000).worse
    assert Change("bytes", 50000, 50001).worse
    assert not Change("missed_per_word", 0.1, 0.1).worse


def test_out_folder_leaves_the_shipped_models_unchanged(models, data, tmp_path):
    write_model(models / "kws.tflite")
    before = (models / "kws.tflite").read_bytes()
    other = tmp_path / "other"
    training = FakeTraining({"test": {"int8": 0.5}})
    assert rebuild(options("--data", str(data), "--out", str(other)), training) == 0
    assert (models / "kws.tflite").read_bytes() == before
    assert (other / "kws.tflite").exists()


def test_base_models_come_first_and_a_failure_does_not_stop_the_others(models, data, capsys):
    for name in ("airdigit", "kws", "kws_qcnn", "sounddigit"):
        write_model(models / f"{name}.tflite", COMMAND.replace("kws.tflite", f"{name}.tflite"))
    training = FakeTraining(status=2)
    assert rebuild(options("--data", str(data)), training) == 1
    order = [Path(command[-1]).stem for command in training.commands]
    assert order == ["kws", "sounddigit", "airdigit", "kws_qcnn"]
    assert "kws: the training failed" in capsys.readouterr().out


def test_missing_recordings_are_reported_before_any_training(models, data):
    write_model(models / "airdigit.tflite")
    write_model(models / "kws.tflite", COMMAND.replace("more", "elsewhere"))
    training = FakeTraining()
    with pytest.raises(EdgeError, match=r"elsewhere does not exist: put the recordings"):
        rebuild(options("--data", str(data)), training)
    assert not training.commands


def test_model_without_a_training_command_is_refused(models, data):
    write_model(models / "kws.tflite", command=None)
    with pytest.raises(ModelError, match="kws does not contain its training command"):
        rebuild(options("--data", str(data)), FakeTraining())
    with pytest.raises(EdgeError, match="no shipped model 'cats': choose from kws"):
        rebuild(options("--data", str(data), "--only", "cats"), FakeTraining())


def test_every_shipped_model_has_a_training_command():
    for name in shipped.shipped_models():
        command = rebuild_models._training_commands(name)[-1]
        assert command[2].startswith("training.")
        assert Path(command[command.index("--out") + 1]).name == f"{name}.tflite"


def test_make_models_runs_the_tool():
    result = subprocess.run(
        ["make", "-n", "models", "DATA=recordings"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert 'tools.rebuild_models --data "recordings"' in result.stdout

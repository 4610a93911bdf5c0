"""Making the shipped models anew: their commands, on this machine, and what got worse."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import EdgeError, ModelError
from edge.model import attach, shipped
from edge.model.manifest import read_model
from edge.model.shipped import find_model
from tools import rebuild_models
from tools.rebuild_models import Change, _parser, rebuild

MADE = "python -m training.kws --data takes more --noise hum/a.wav --seed 0 --out models/kws.tflite"
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


def write(path, command=MADE, metrics=FIGURES):
    network, manifest = read_model(SHIPPED)
    provenance = {"metrics": metrics, **({"command": command} if command else {})}
    path.write_bytes(attach(network, replace(manifest, provenance=provenance)))


def asked(*argv):
    return _parser().parse_args(argv)


class Training:
    """In place of hours: writes a model with other figures, and remembers how it was called."""

    def __init__(self, metrics=FIGURES, status=0):
        self.metrics, self.status, self.commands = metrics, status, []

    def __call__(self, command):
        self.commands.append(command)
        if not self.status:
            write(Path(command[command.index("--out") + 1]), metrics=self.metrics)
        return self.status


def test_the_command_is_run_again_on_the_data_of_this_machine(models, data, capsys):
    write(models / "kws.tflite")
    training = Training()
    assert rebuild(asked("--data", str(data)), training) == 0
    assert training.commands == [
        [
            *(sys.executable, "-m", "training.kws"),
            *("--data", str(data / "takes"), str(data / "more")),
            *("--noise", str(data / "hum" / "a.wav")),
            *("--seed", "0", "--out", str(models / "kws.tflite")),
        ]
    ]
    assert "kws: 0 of 4 figures are worse than before" in capsys.readouterr().out


def test_what_got_worse_is_shown_and_what_is_only_counted_is_not(models, data, capsys):
    write(models / "kws.tflite")
    worse = {"test": {"clips": 400, "int8": 0.92, "false_per_hour": 2.0}}
    assert rebuild(asked("--data", str(data)), Training(worse)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "  test/clips: 482 -> 400" in lines
    assert "  test/int8: 0.93 -> 0.92  worse" in lines
    assert "  test/false_per_hour: 1.5 -> 2  worse" in lines
    assert lines[0].startswith("kws: 2 of 4")


def test_better_is_not_worse():
    assert not Change("test/int8", 0.9, 0.91).worse
    assert not Change("bytes", 50000, 49000).worse
    assert Change("bytes", 50000, 50001).worse
    assert not Change("missed_per_word", 0.1, 0.1).worse


def test_the_shipped_ones_stay_where_another_folder_is_asked_for(models, data, tmp_path):
    write(models / "kws.tflite")
    before = (models / "kws.tflite").read_bytes()
    other = tmp_path / "other"
    training = Training({"test": {"int8": 0.5}})
    assert rebuild(asked("--data", str(data), "--out", str(other)), training) == 0
    assert (models / "kws.tflite").read_bytes() == before
    assert (other / "kws.tflite").exists()


def test_what_others_go_on_from_comes_first_and_one_that_fails_stops_none(models, data, capsys):
    for name in ("airdigit", "kws", "kws_qcnn", "sounddigit"):
        write(models / f"{name}.tflite", MADE.replace("kws.tflite", f"{name}.tflite"))
    training = Training(status=2)
    assert rebuild(asked("--data", str(data)), training) == 1
    made = [Path(command[-1]).stem for command in training.commands]
    assert made == ["kws", "sounddigit", "airdigit", "kws_qcnn"]
    assert "kws: it could not be made anew" in capsys.readouterr().out


def test_missing_recordings_are_named_before_anything_is_trained(models, data):
    write(models / "airdigit.tflite")
    write(models / "kws.tflite", MADE.replace("more", "elsewhere"))
    training = Training()
    with pytest.raises(EdgeError, match=r"elsewhere does not exist: put there"):
        rebuild(asked("--data", str(data)), training)
    assert not training.commands


def test_a_model_that_does_not_say_how_it_was_made_is_named(models, data):
    write(models / "kws.tflite", command=None)
    with pytest.raises(ModelError, match="kws does not say by which command"):
        rebuild(asked("--data", str(data)), Training())
    with pytest.raises(EdgeError, match="no shipped model 'cats': choose from kws"):
        rebuild(asked("--data", str(data), "--only", "cats"), Training())


def test_the_command_of_every_shipped_model_can_be_run_again():
    for name in shipped.shipped_models():
        command = rebuild_models._command_of(name)
        assert command[2].startswith("training.")
        assert Path(command[command.index("--out") + 1]).name == f"{name}.tflite"


def test_make_says_what_it_needs():
    done = subprocess.run(
        ["make", "-n", "models", "DATA=recordings"],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert 'tools.rebuild_models --data "recordings"' in done.stdout

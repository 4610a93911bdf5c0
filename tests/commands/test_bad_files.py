"""Recordings and models that cannot be used: each command ends with one line of error."""

from __future__ import annotations

import contextlib
import io
import json
import os
from pathlib import Path

import pytest

from command_process import error_message, run, write_recording
from edge.commands import airdigit_doctor
from edge.model import Manifest, attach
from edge.model.model_file import read_model
from edge.model.shipped import find_model


def broken_recordings(folder: Path) -> dict[Path, str]:
    """Write broken files; return each path with a part of its error message."""
    head = "t_ms,ax,ay,az,gx,gy,gz\n"
    rows = [f"{10 * i},0.1,0.2,9.8,0,0,0\n" for i in range(50)]
    texts = {
        "empty.csv": ("", "record it again"),
        "header.csv": (head, "holds 0 samples: record it again"),
        "truncated.csv": (head + "".join(rows) + "500,0.1", "line 52: 2 columns"),
        "nan.csv": (head + "".join(rows) + "500,nan,0,0,0,0,0\n", "line 52: a value is nan"),
        "infinite.csv": (head + "".join(rows) + "500,1e999,0,0,0,0,0\n", "line 52: a value is"),
        "backwards.csv": (head + "".join(reversed(rows)), "sample 2: its time is not later"),
        "columns.csv": ("t_ms,x,y,z\n0,1,2,3\n", "they should be t_ms,ax,ay,az,gx,gy,gz"),
        "fast.csv": (head + "".join(f"{i * 1e-4},0,0,9,0,0,0\n" for i in range(9)), "the unit of"),
        "slow.csv": (head + "".join(f"{i * 1e4},0,0,9,0,0,0\n" for i in range(9)), "the unit of"),
        "wild.csv": (head + "".join(f"{10 * i},0,0,9e6,0,0,0\n" for i in range(9)), "the unit of"),
        "sound.json": (
            '{"payload": {"interval_ms": 1, "sensors": [{"name": "audio", "units": "V"}], '
            '"values": [1, 2]}}',
            "recorded by another sensor: it holds 'audio'",
        ),
        "cut.json": ('{"payload": {"interval_ms": 10, "sens', "cut off"),
        "deep.json": ("[" * 100_000, "JSON"),
    }
    messages = {}
    for name, (text, message) in texts.items():
        (folder / name).write_text(text)
        messages[folder / name] = message
    (folder / "noise.csv").write_bytes(bytes(range(256)) * 99)
    (folder / "huge.csv").touch()
    os.truncate(folder / "huge.csv", 2 << 30)  # a sparse file: it uses no space on the disk
    os.mkfifo(folder / "pipe.csv")
    (folder / "folder.csv").mkdir()
    return messages | {
        folder / "noise.csv": "it is not text",
        folder / "huge.csv": "has 2048 MB",
        folder / "pipe.csv": "is not a regular file",
        folder / "folder.csv": "folder",
        folder / "missing.csv": "does not exist",
    }


class TestRecordings:
    def test_classify_gives_the_error_of_each_recording(self, tmp_path):
        broken = broken_recordings(tmp_path)
        still = write_recording(tmp_path / "still.csv")
        status, out, err = run("edge-classify", "airdigit", *broken, still)
        results = [json.loads(line) for line in out.splitlines()]
        assert (status, err) == (1, "")
        assert [result["file"] for result in results] == [*map(str, broken), str(still)]
        for result, message in zip(results, [*broken.values(), "holds no stroke"], strict=True):
            assert message in result["error"] and "\n" not in result["error"]

    def test_replay_gives_the_error_and_the_name_of_each_recording(self, tmp_path):
        for path, message in broken_recordings(tmp_path).items():
            if "folder" in message:
                message = "no .csv or .json"
            assert message in self.doctor_error(path), path

    def doctor_error(self, path: Path) -> str:
        (first, *_) = self.run_doctor("--replay", path, "--speed", "max", "--json")
        finding = json.loads(first)
        assert (finding["check"], finding["level"]) == ("connection", "fault")
        assert str(path) in finding["text"]
        return f"{finding['text']}: {finding['fix']}"

    def run_doctor(self, *argv: str | Path) -> list[str]:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            assert airdigit_doctor.main([str(arg) for arg in argv]) == 1
        return output.getvalue().splitlines()

    def test_a_recording_without_a_channel_of_the_model_is_an_error(self, tmp_path):
        take = tmp_path / "acceleration.csv"
        take.write_text("t_ms,ax,ay,az\n" + "".join(f"{10 * i},0,0,9.8\n" for i in range(99)))
        message = error_message("airdigit-live", "--replay", take)
        assert "also needs rotation (gx, gy, gz): use a sensor with a gyroscope" in message


class TestModels:
    @pytest.fixture
    def files(self, tmp_path: Path) -> dict[Path, str]:
        texts = {"empty": b"", "text": b"hello", "data": bytes(range(256)) * 99}
        files = {}
        for name, data in texts.items():
            path = tmp_path / f"{name}.tflite"
            path.write_bytes(data)
            files[path] = "is not a TFLite model: give a .tflite file"
        (tmp_path / "huge.tflite").touch()
        os.truncate(tmp_path / "huge.tflite", 2 << 30)
        os.mkfifo(tmp_path / "pipe.tflite")
        files[tmp_path / "huge.tflite"] = "has 2048 MB"
        files[tmp_path / "pipe.tflite"] = "is not a file"
        files[tmp_path] = "is not a file"
        files[tmp_path / "missing.tflite"] = "does not exist"
        files[Path("nosuchname")] = "no shipped model 'nosuchname'"
        return files

    def test_classify_refuses_a_file_that_is_not_a_model(self, files, tmp_path):
        take = write_recording(tmp_path / "take.csv")
        for path, message in files.items():
            assert message in error_message("edge-classify", path, take), path

    def test_a_live_command_refuses_a_file_that_is_not_a_model(self, files):
        assert "is not a TFLite model" in error_message(
            "airdigit-live", "--mock", "--model", [*files][0]
        )

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"task": "chorus"}, "'chorus'"),
            ({"input": {"version": 99}}, "99"),
            ({"input": {"kind": "spectrogram"}}, "spectrogram"),
            ({"decision": {"kind": "vote"}}, "vote"),
        ],
        ids=["task", "version", "features", "decision"],
    )
    def test_a_model_for_another_task_or_version_is_an_error(self, tmp_path, change, message):
        network, manifest = read_model(find_model("airdigit"))
        parts = {
            name: value if isinstance(value, str) else {**getattr(manifest, name), **value}
            for name, value in change.items()
        }
        same = {"task": manifest.task, "input": manifest.input, "decision": manifest.decision}
        other = Manifest(labels=manifest.labels, **{**same, **parts})
        path = tmp_path / "other.tflite"
        path.write_bytes(attach(network, other))
        assert message in error_message("airdigit-live", "--mock", "--model", path)

    def test_a_model_file_that_is_cut_short_or_altered_is_an_error(self, tmp_path):
        data = find_model("airdigit").read_bytes()
        flipped = bytearray(data)
        flipped[len(data) // 3] ^= 1
        for name, part in {"cut": data[:-100], "flipped": bytes(flipped)}.items():
            path = tmp_path / f"{name}.tflite"
            path.write_bytes(part)
            assert ": " in error_message(
                "edge-classify", path, write_recording(tmp_path / "take.csv")
            )

"""The model file, its refusals, and the same scores on every runtime."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import ModelError, RuntimeMissing
from edge.features import FEATURES, Features
from edge.model import Manifest, Model, attach, read_manifest
from edge.model.manifest import split
from edge.model.runtime import interpreter_class
from edge.model.shipped import find_model, shipped_folder, shipped_models

SPECIFICATION = {
    "kind": "probe",
    "points": 32,
    "sensor": {"channels": ["ax", "ay", "az"], "rate_hz": 100, "accel_g": 4, "gyro_dps": 500},
}
NETWORK = b"\x1c\0\0\0TFL3" + bytes(range(256))  # enough for whoever does not run it


class ProbeFeatures(Features):
    """Of the contract, only what the model asks for."""

    def __init__(self, specification):
        self.given = specification

    @classmethod
    def specification(cls, wanted=None):
        return {
            **SPECIFICATION,
            "sensor": {**SPECIFICATION["sensor"], "channels": ("ax", "ay", "az")},
        }

    def process(self, chunk):
        yield from ()

    def finish(self):
        yield from ()

    @classmethod
    def windows_of_recording(cls, specification, chunk):
        yield specification, chunk


@pytest.fixture(autouse=True)
def probe(monkeypatch):
    monkeypatch.setitem(FEATURES, "probe", f"{__name__}:ProbeFeatures")
    monkeypatch.delenv("EDGE_RUNTIME", raising=False)


def manifest(**changes) -> Manifest:
    plain = Manifest(
        task="probing",
        labels=["one", "two", "none"],
        input=SPECIFICATION,
        decision={"kind": "single", "threshold": 0.6},
        provenance={"corpora": ["made up – für den Test"], "metrics": {"accuracy": 0.97}},
    )
    return dataclasses.replace(plain, **changes)


@pytest.fixture
def model_file(tiny_network, tmp_path):
    def write(network: bytes = tiny_network.tflite, **changes) -> Path:
        path = tmp_path / "probe.tflite"
        path.write_bytes(attach(network, manifest(**changes)))
        return path

    return write


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def forged(document: str) -> bytes:
    """A model file with this manifest.json, whatever it says."""
    file = io.BytesIO(NETWORK)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("manifest.json", document)
    return file.getvalue()


def document(data: bytes) -> dict:
    return json.loads(zipfile.ZipFile(io.BytesIO(data)).read("manifest.json"))


# The file


def test_what_is_attached_is_read_back(model_file):
    assert read_manifest(model_file()) == manifest()


def test_the_same_manifest_gives_the_same_bytes():
    once = attach(NETWORK, manifest())
    assert once == attach(NETWORK, manifest())
    assert once.startswith(NETWORK)


def test_attaching_again_replaces_the_manifest():
    first = attach(NETWORK, manifest(labels=["x", "y"]))
    assert attach(first, manifest()) == attach(NETWORK, manifest())


def test_an_unzip_shows_labels_and_manifest():
    with zipfile.ZipFile(io.BytesIO(attach(NETWORK, manifest()))) as archive:
        assert archive.read("labels.txt") == b"one\ntwo\nnone\n"
        assert json.loads(archive.read("manifest.json"))["input_hash"] == manifest().input_hash


def test_the_hash_depends_on_values_only():
    backwards = dict(reversed(SPECIFICATION.items()))
    assert manifest(input=backwards).input_hash == manifest().input_hash
    assert manifest(input={**SPECIFICATION, "points": 33}).input_hash != manifest().input_hash


# The scores


@pytest.mark.parametrize("runtime", ["ai_edge_litert", "tensorflow"])
def test_scores_are_those_of_the_network(tiny_network, model_file, runtime):
    model = Model.load(model_file(), runtime)
    assert (model.runtime, model.input_shape) == (runtime, (2, 4))
    for tensor in np.random.default_rng(2).uniform(-1, 1, (50, 2, 4)).astype(np.float32):
        scores = model.scores(tensor)
        assert scores.dtype == np.float32 and scores.shape == (3,)
        # 8 inputs, each off by half a level of 2/255, through weights of up to 1.5
        np.testing.assert_allclose(scores, tiny_network.expected(tensor), atol=0.03)


def test_the_runtimes_agree_to_one_level(model_file):
    ours, theirs = (Model.load(model_file(), name) for name in ("ai_edge_litert", "tensorflow"))
    for tensor in np.random.default_rng(3).uniform(-2, 2, (200, 2, 4)).astype(np.float32):
        assert np.abs(ours.scores(tensor) - theirs.scores(tensor)).max() <= 1 / 256


def test_values_out_of_range_saturate(model_file):
    model = Model.load(model_file())
    signs = np.float32([[1, -1, 1, 1], [-1, 1, -1, 1]])
    for factor in (1.02, 2, 1e6, 1e30):
        np.testing.assert_array_equal(model.scores(factor * signs), model.scores(1.01 * signs))


def test_the_scores_of_one_call_outlive_the_next(model_file):
    model = Model.load(model_file())
    first = model.scores(np.ones((2, 4), np.float32))
    kept = first.copy()
    model.scores(-np.ones((2, 4), np.float32))
    np.testing.assert_array_equal(first, kept)


def test_a_tensor_of_another_shape_is_refused(model_file):
    with pytest.raises(ModelError, match=r"shape \(2, 4\), and was given \(4, 2\)"):
        Model.load(model_file()).scores(np.zeros((4, 2), np.float32))


def test_features_get_the_specification_of_the_model(model_file):
    model = Model.load(model_file())
    assert model.features().given == SPECIFICATION
    assert model.windows_of_recording("chunk") == [(SPECIFICATION, "chunk")]
    assert model.labels == ["one", "two", "none"]


def test_a_decision_gets_the_labels_and_settings(model_file):
    assert type(Model.load(model_file()).decision()).__name__ == "SingleDecision"


# What is no model that can be run here


def refuses(path: Path | str, words: str, **options) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        Model.load(path, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no TFLite model"),
        (b"t_ms,ax,ay,az\n0,0,0,9.8\n", "is no TFLite model"),
        (NETWORK, "carries no manifest"),
        (attach(NETWORK, manifest())[:-30], "is damaged"),
        (attach(NETWORK, manifest())[:400], "is damaged"),
        (flipped(attach(NETWORK, manifest()), len(NETWORK) + 100), "is damaged"),
        (attach(NETWORK, manifest()).replace(b"\x1c\0\0\0", b"\x20\0\0\0", 1), "was altered"),
        (forged("{"), "is damaged"),
        (forged("[1]"), "is damaged"),
        (forged('{"format": 2}'), "is damaged.*labels|is damaged.*task"),
        (forged("[" * 100_000), "is damaged"),
        (forged('{"format": 3}'), "manifest of format 3.*install the edge-sense"),
    ],
)
def test_refused_files(tmp_path, content, words):
    path = tmp_path / "some.tflite"
    path.write_bytes(content)
    refuses(path, words)


def test_a_changed_specification_is_noticed(tmp_path):
    changed = document(attach(NETWORK, manifest()))
    changed["input"]["points"] = 64
    path = tmp_path / "some.tflite"
    path.write_bytes(forged(json.dumps(changed)))
    refuses(path, "was altered")


@pytest.mark.parametrize(("members", "size"), [(1, 64 << 20), (64, 1 << 20)])
def test_what_unpacks_to_far_more_is_refused(tmp_path, members, size):
    file = io.BytesIO(NETWORK)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number or ''}manifest.json", " " * size)
    path = tmp_path / "some.tflite"
    path.write_bytes(file.getvalue())
    refuses(path, "is damaged.*more than a manifest")


def test_a_file_of_2_gb_is_not_read(tmp_path):
    path = tmp_path / "film.tflite"
    with path.open("wb") as file:
        file.write(NETWORK)
        file.truncate(2 << 30)
    refuses(path, "has 2048 MB, more than the 64 MB")


def test_what_is_no_file_is_refused(tmp_path):
    refuses(tmp_path, "is no file")
    refuses(tmp_path / "absent.tflite", "does not exist")
    os.mkfifo(tmp_path / "pipe")
    refuses(tmp_path / "pipe", "is no file")
    refuses("/dev/zero", "is no file")


def test_a_network_the_runtime_cannot_run(model_file):
    refuses(model_file(network=NETWORK), "cannot run")


def test_a_float_network_is_refused(model_file, float_network):
    refuses(model_file(network=float_network), "float32 and float32, not int8")


def test_labels_that_do_not_fit_the_output(model_file):
    refuses(model_file(labels=["one", "two"]), r"output of \[1, 3\] for 2 labels")


def test_a_model_of_another_task(model_file):
    assert Model.load(model_file(), task="probing").manifest.task == "probing"
    refuses(model_file(), "a model for 'probing': give one for 'airdigit'", task="airdigit")


def test_an_input_this_runtime_does_not_know(model_file):
    refuses(model_file(input={"kind": "smell"}), "kind 'smell'.*computes .*stroke")
    refuses(model_file(input={}), "kind 'None'")


def test_a_decision_this_runtime_does_not_know(model_file):
    refuses(model_file(decision={"kind": "vote"}), "kind 'vote'.*has single")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "KeyError 'threshold'"),
        ({"threshold": "high"}, "could not convert"),
        ({"threshold": None}, "TypeError"),
        ({"threshold": 0.6, "none_label": "nothing"}, "none_label is 'nothing', which is no label"),
        ({"threshold": 0.6, "word_prior": 0}, "word_prior is 0.0, not between 1 and 100"),
    ],
)
def test_decision_settings_that_cannot_be(model_file, settings, said):
    refuses(model_file(decision={"kind": "single", **settings}), said)


def test_every_difference_of_a_specification_is_named(model_file):
    sensor = {**SPECIFICATION["sensor"], "rate_hz": 50, "channels": ["ax", "ay"]}
    other = {"kind": "probe", "sensor": sensor, "smooth": True}
    with pytest.raises(ModelError) as caught:
        Model.load(model_file(input=other))
    said = str(caught.value)
    assert "points is missing in the model, 32 here" in said
    assert "sensor.rate_hz is 50 in the model, 100 here" in said
    assert 'sensor.channels is ["ax", "ay"] in the model, ["ax", "ay", "az"] here' in said
    assert "smooth is true in the model, unknown here" in said
    assert "accel_g" not in said


COMPLETE = attach(NETWORK, manifest())


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cut=st.integers(0, len(COMPLETE)),
    changes=st.lists(st.tuples(st.integers(0, len(COMPLETE) - 1), st.integers(0, 255)), max_size=8),
)
def test_no_damage_goes_unnoticed(cut, changes):
    data = bytearray(COMPLETE)
    for place, value in changes:
        data[place] = value
    try:
        network, read = split(bytes(data[:cut]), "some.tflite")
    except ModelError:
        return
    assert (network, read) == (NETWORK, manifest())


# Names


def test_a_shipped_name_is_its_file():
    for name in shipped_models():
        assert find_model(name) == shipped_folder() / f"{name}.tflite"


def test_an_unknown_name_lists_those_there_are(monkeypatch, tmp_path):
    for name in ("airdigit", "keywords"):
        (tmp_path / f"{name}.tflite").touch()
    monkeypatch.setattr("edge.model.shipped.shipped_folder", lambda: tmp_path)
    refuses("airdigits", "no shipped model 'airdigits': choose one of airdigit, keywords, or")
    assert find_model("airdigit") == tmp_path / "airdigit.tflite"


def test_a_path_is_a_path():
    assert find_model("my.tflite") == Path("my.tflite")
    assert find_model("takes/my") == Path("takes/my")


# Runtimes


def test_the_first_runtime_that_imports_is_used(monkeypatch):
    assert interpreter_class()[0] == "ai_edge_litert"
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    assert interpreter_class()[0] == "tensorflow"


def test_the_environment_chooses_a_runtime_and_the_argument_wins(monkeypatch):
    monkeypatch.setenv("EDGE_RUNTIME", "tensorflow")
    assert interpreter_class()[0] == "tensorflow"
    assert interpreter_class("ai_edge_litert")[0] == "ai_edge_litert"


def test_a_missing_runtime_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(RuntimeMissing, match="pip install ai-edge-litert$"):
        interpreter_class("ai_edge_litert")
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", None)
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(RuntimeMissing, match="no TFLite runtime.*pip install ai-edge-litert$"):
        interpreter_class()
    with pytest.raises(RuntimeMissing, match="no runtime 'torch': choose one of ai_edge_litert"):
        interpreter_class("torch")


@pytest.mark.parametrize("runtime", ["ai_edge_litert", "tensorflow"])
def test_no_runtime_writes_to_stderr(model_file, runtime):
    program = (
        "import sys; from pathlib import Path; from edge.model.model import Model; "
        "from edge.model.manifest import read_model; "
        "from edge.model.checks import decision_settings; path = Path(sys.argv[1]); "
        "network, manifest = read_model(path); "
        "Model(path, manifest, decision_settings(manifest, path), network, sys.argv[2])"
    )
    command = [sys.executable, "-c", program, str(model_file()), runtime]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_stderr_is_back_after_loading(model_file, capfd):
    Model.load(model_file())
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"

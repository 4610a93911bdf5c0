"""Manifests with impossible values are refused in one line, without using much memory or time."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from edge.errors import ModelError
from edge.model import Model
from edge.model.manifest import fingerprint
from edge.model.model_file import parse_document
from edge.model.shipped import find_model
from edge.text import MAX_LINE

IMPOSSIBLE = [  # model, path of the field in the manifest, value, the field as the message names it
    ("kws", "input.front_end.mels", 65535, "input.front_end.mels"),
    ("kws", "input.front_end.mels", 40.5, "input.front_end.mels"),
    ("kws", "input.front_end.mels", True, "input.front_end.mels"),
    ("kws", "input.front_end.mels", 10**400, "input.front_end.mels"),
    ("kws", "input.front_end.hop", 1, "input.front_end.hop"),
    ("kws", "input.front_end.hop", 0, "input.front_end.hop"),
    ("kws", "input.front_end.fft", 1 << 24, "input.front_end.fft"),
    ("kws", "input.front_end.window", -1, "input.front_end.window"),
    ("kws", "input.front_end.rate_hz", 10**9, "input.front_end.rate_hz"),
    ("kws", "input.front_end.low_hz", -1, "input.front_end.low_hz"),
    ("kws", "input.front_end.floor", 0, "input.front_end.floor"),
    ("kws", "input.front_end.coefficients", 10**6, "input.front_end.coefficients"),
    ("kws", "input.front_end.power", [2], "input.front_end.power"),
    ("kws", "input.front_end.log", {"a": 1}, "input.front_end.log"),
    ("kws", "input.front_end.scale", 7, "input.front_end.scale"),
    ("kws", "input.front_end.colour", 1, "input.front_end.colour"),
    ("kws", "input.front_end", [1], "input.front_end"),
    ("kws", "input.shape", [10**9, 40], "input.shape[0]"),
    ("kws", "input.shape", [82, 40, 1], "shape"),
    ("kws", "input.shape", 82, "input.shape"),
    ("kws", "input.shape", [[82], 40], "input.shape[0]"),
    ("kws", "input.step", 10**9, "input.step"),
    ("kws", "input.step", "2", "input.step"),
    ("kws", "input.kind", ["sound"], "input.kind"),
    ("kws", "input.kind", {"sound": 1}, "input.kind"),
    ("kws", "input.kind", None, "input.kind"),
    ("kws", "input.kind", "x" * 10**6, "input.kind"),
    ("kws", "input.sensor", 3, "sensor"),
    ("kws", "input.sensor.rate_hz", 1, "sensor.rate_hz"),
    ("kws", "input.gate.RISE", 1e300, "gate.RISE"),
    ("kws", "decision.kind", ["spotting"], "decision.kind"),
    ("kws", "decision.background_labels", "silence", "decision.background_labels"),
    ("kws", "decision.background_labels", ["silence", []], "decision.background_labels[1]"),
    ("kws", "decision.background_labels", ["silence"] * 2, "decision.background_labels"),
    ("kws", "decision.smoothing_s", 1e9, "decision.smoothing_s"),
    ("kws", "decision.refractory_s", -1, "decision.refractory_s"),
    ("kws", "decision.refractory_s", 1e9, "decision.refractory_s"),
    ("kws", "decision.max_hold_s", 0, "decision.max_hold_s"),
    ("kws", "decision.delay_s", -1e9, "decision.delay_s"),
    ("kws", "decision.release_ratio", 2, "decision.release_ratio"),
    ("kws", "decision.word_prior", 1e9, "decision.word_prior"),
    ("kws", "decision.running_speech", 5, "decision.running_speech"),
    ("kws", "decision.running_speech.label", "yes", "decision.running_speech.label"),
    ("kws", "decision.running_speech.time_s", 0, "decision.running_speech.time_s"),
    ("kws", "decision.thresholds", [0.5] * 10, "decision.thresholds"),
    ("kws", "decision.thresholds.yes", -1, "decision.thresholds.yes"),
    ("kws", "decision.thresholds.yes", 1.5, "decision.thresholds.yes"),
    ("kws", "decision.thresholds.maybe", 0.5, "decision.thresholds.maybe"),
    ("kws", "decision.strict_words.yes", "0.5", "decision.strict_words.yes"),
    ("kws", "decision.operating_points", 5, "decision.operating_points"),
    ("kws", "decision.operating_points", [5], "decision.operating_points[0]"),
    ("kws", "decision.operating_points", [{"threshold": 0.5}], "[0].false_per_hour"),
    ("kws", "decision.operating_points", [{}] * 10**5, "decision.operating_points"),
    ("airdigit", "decision.thresholds.3", float("nan"), "NaN is not JSON"),
    ("kws", "decision.thresholds.yes", float("inf"), "Infinity is not JSON"),
    ("airdigit", "decision.thresholds", -1, "decision.thresholds"),
    ("airdigit", "decision.thresholds.3", -1, "decision.thresholds.3"),
    ("airdigit", "decision.thresholds.3", None, "decision.thresholds.3"),
    ("airdigit", "decision.thresholds.none", 0.5, "decision.thresholds.none"),
    ("airdigit", "decision.recording_thresholds", {}, "decision.recording_thresholds"),
    ("airdigit", "decision.upside_down_label", "none", "decision.upside_down_label"),
    ("airdigit", "decision.none_label", ["none"], "decision.none_label"),
    ("airdigit", "decision.view_weights", [1, 1, 1], "decision.view_weights"),
    ("airdigit", "decision.view_weights", {"both": 0}, "decision.view_weights"),
    ("airdigit", "decision.view_weights", {"both": -1}, "decision.view_weights.both"),
    ("airdigit", "decision.view_weights", {"side": 1}, "decision.view_weights.side"),
    ("airdigit", "input.shape", [10**9, 8], "shape"),
    ("airdigit", "input.constants", "x" * 10**6, "constants"),
    ("airdigit", "task", ["airdigit"], "task"),
    ("airdigit", "task", "air\x1b[2Jdigit", "task"),
    ("airdigit", "labels", "0123456789n", "labels"),
    ("airdigit", "labels", [], "labels"),
    ("airdigit", "labels", [*"0123456788", "none"], "labels has '8' twice"),
    ("airdigit", "labels", [*"012345678", 9, "none"], "labels[9]"),
    ("airdigit", "labels", [*"012345678", "", "none"], "labels[9]"),
    ("airdigit", "labels", [*"012345678", "\x1b]0;title\x07", "none"], "labels[9]"),
    ("airdigit", "labels", [*"012345678", "x" * 10**6, "none"], "labels[9]"),
    ("airdigit", "labels", [str(k) for k in range(10**5)], "labels"),
    ("airdigit", "provenance", [], "provenance"),
    ("airdigit", "input", [], "input"),
    ("airdigit", "decision", "single", "decision"),
    ("kws_qcnn", "input.quanvolution.gates", [["RZ", 0, 1.0]] * 10**4, "gates"),
    ("kws_qcnn", "input.quanvolution.measured", ["Z0"] * 10**5, "observables"),
    ("kws_qcnn", "input.quanvolution.patch", [10**6, 10**6], "qubits"),
    ("kws_qcnn", "input.quanvolution.scale", [1, 0], "scale"),
    ("kws_qcnn", "input.quanvolution", [], "quantum circuit"),
]


def altered(tmp_path: Path, model: str, path: str, value: Any) -> Path:
    """A copy of a shipped model with another value in its manifest, and the matching hashes."""
    data = find_model(model).read_bytes()
    network, document = parse_document(data, model)
    *sections, key = path.split(".")
    target = document
    for section in sections:
        target = target[section]
    target[key] = value
    if isinstance(document["input"], dict):
        document["input_hash"] = fingerprint(document["input"])
    file = tmp_path / "altered.tflite"
    file.write_bytes(network)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(document))  # NaN too
    return file


@pytest.mark.parametrize(("model", "path", "value", "named"), IMPOSSIBLE, ids=lambda v: str(v)[:40])
def test_an_impossible_value_is_refused_in_one_line(tmp_path, model, path, value, named):
    file = altered(tmp_path, model, path, value)
    tracemalloc.start()
    started = monotonic()
    with pytest.raises(ModelError) as caught:
        Model.load(file)
    took, (_, peak) = monotonic() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    message = str(caught.value)
    assert named in message
    assert "\n" not in message and "\x1b" not in message and len(message) < MAX_LINE
    assert took < 5 and peak < 50 << 20

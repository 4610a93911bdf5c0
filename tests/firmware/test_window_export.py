"""The windows in C are those of Python bit for bit, and an exported model recognises with them."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from c_preprocessing import FLAGS
from c_sketch import HOST_START, compile_library, invoke_callback
from edge.chain import Chain
from edge.events import Detection
from edge.features import FEATURES
from edge.features.window.windows import WindowFeatures
from edge.formats import sound
from edge.model import Manifest, Model, attach
from edge.model.manifest import fingerprint
from edge.samples import Chunk
from firmware_bridge import export
from firmware_bridge.model_export.window_headers import constants_header
from firmware_bridge.window_features import FOLDER
from tflite_network import convert

RECORDINGS = Path(__file__).parents[2] / "examples" / "recordings"
SCALE, ZERO = 0.037, -11
FILTER = {"low_hz": 0.5, "high_hz": 8, "taps": 31}
RANGE, STANDARD = {"kind": "range"}, {"kind": "standard"}
FIXED = {"kind": "fixed", "offset": [0.1, -0.2, 9.81], "factor": [0.5, 3.0, 0.1]}
CASES = {
    "as it is": (1, {"length": 20}),
    "standard": (1, {"length": 300, "hop": 150, "scaling": STANDARD}),
    "standard, odd length": (1, {"length": 133, "hop": 50, "scaling": STANDARD}),
    "short": (1, {"length": 7, "hop": 3, "scaling": STANDARD}),
    "three channels": (3, {"length": 150, "hop": 40, "scaling": STANDARD}),
    "range": (3, {"length": 50, "hop": 25, "scaling": RANGE}),
    "fixed": (3, {"length": 50, "hop": 200, "scaling": FIXED, "channels_first": True}),
    "filter": (1, {"length": 100, "hop": 50, "filter": FILTER, "scaling": STANDARD}),
    "filter of three": (3, {"length": 60, "hop": 60, "filter": FILTER, "scaling": FIXED}),
    "long filter": (1, {"length": 10, "hop": 4, "filter": {**FILTER, "taps": 101}}),
}


def samples_of(channels: int) -> np.ndarray:
    """Real values: a hand that draws a digit, or a voice."""
    if channels == 3:
        rows = np.genfromtxt(RECORDINGS / "3.csv", delimiter=",", skip_header=1)
        return np.ascontiguousarray(np.tile(rows[:, 1:4], (3, 1)), np.float32)
    values = sound.read(RECORDINGS / "yes_no.wav").values.reshape(-1, 1).astype(np.float32)
    loudest = int(np.argmax(np.abs(values)))
    return values[loudest - 500 : loudest + 1000] * np.float32(10)


@pytest.mark.parametrize("name", CASES)
def test_windows_in_c_equal_those_of_python_bit_for_bit(name, tmp_path):
    channels, wanted = CASES[name]
    sensor = {"channels": list("abc"[:channels]), "rate_hz": 100}
    specification = WindowFeatures.specification({**wanted, "sensor": sensor})
    samples = samples_of(channels)
    chunk = Chunk(np.arange(len(samples)) / 100, samples)
    tensors = [window.tensor for window in WindowFeatures(specification).process(chunk)]
    expected = np.rint(np.stack(tensors) / np.float32(SCALE)) + np.float32(ZERO)
    expected = np.clip(expected, -128, 127).astype(np.int8).reshape(len(tensors), -1)
    found = windows_in_c(specification, samples, tmp_path)
    assert len(found) == len(expected) >= 2
    assert np.ptp(expected.astype(int)) > 20
    np.testing.assert_array_equal(found, expected)


def windows_in_c(specification, samples, folder: Path) -> np.ndarray:
    manifest = SimpleNamespace(input=specification, input_hash=fingerprint(specification))
    model = SimpleNamespace(
        manifest=manifest, path=Path("own.tflite"), input_scale=SCALE, input_zero=ZERO
    )
    (folder / "window_constants.h").write_text(constants_header(model))
    (folder / "host.c").write_text(
        '#include "ew_window.h"\n'
        "int host_run(int count, const float *samples, int8_t *levels) {\n"
        "  static ew_window w;\n"
        "  int n, found = 0;\n"
        "  ew_init(&w);\n"
        "  for (n = 0; n < count; n++)\n"
        "    found += ew_push(&w, samples + n * EW_CHANNELS, levels + found * EW_SIZE);\n"
        "  return found;\n"
        "}\n"
    )
    library = folder / "windows.so"
    sources = [folder / "host.c", *sorted(FOLDER.glob("ew_*.c"))]
    subprocess.run(
        ["cc", *FLAGS, "-ffp-contract=off", "-shared", "-fPIC", "-I", folder, "-I", FOLDER]
        + [*sources, "-o", library, "-lm"],
        check=True,
    )
    size = specification["length"] * samples.shape[1]
    levels = np.empty((len(samples), size), np.int8)
    pointers = [ctypes.c_void_p(array.ctypes.data) for array in (samples, levels)]
    count = ctypes.CDLL(str(library)).host_run(len(samples), *pointers)
    return levels[:count]


HOST_PROGRAM = (
    HOST_START
    + """
int host_push(const float *sample, float *score) {
  static int8_t levels[EW_SIZE];
  if (!recogniser.push(sample, levels)) return -2;
  return Recogniser::decide(recogniser.run(levels), *score);
}
}
"""
)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    """Says whether the mean of the first channel is above 0, or `none` near 0."""
    wanted = {
        "length": 20, "hop": 10, "scaling": {"kind": "fixed", "factor": [0.5, 1.0]},
        "sensor": {"channels": ["p", "q"], "rate_hz": 10},
    }  # fmt: skip
    examples = np.random.default_rng(0).uniform(-1, 1, (50, 20, 2)).astype(np.float32)
    weights = np.zeros((40, 3), np.float32)
    weights[::2] = [-1, 1, 0]
    network = convert(
        lambda tf, x: tf.nn.softmax(
            tf.matmul(tf.reshape(x, [1, 40]), tf.constant(weights)) + tf.constant([0.0, 0.0, 1.0])
        ),
        examples,
    )
    decision = {"kind": "single", "threshold": 0.6, "none_label": "none"}
    specification = FEATURES.load("window").specification(wanted)
    path = tmp_path_factory.mktemp("model") / "own.tflite"
    manifest = Manifest("own", ["low", "high", "none"], specification, decision)
    path.write_bytes(attach(network, manifest))
    return Model.load(path)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "own_sketch"
    assert export.main([str(model.path), "--out", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def board(folder, model, tmp_path_factory):
    library = ctypes.CDLL(
        str(compile_library(folder, tmp_path_factory.mktemp("build"), HOST_PROGRAM))
    )
    library.host_begin.restype = library.host_self_test.restype = ctypes.c_char_p
    library.invoke = invoke_callback(model)  # a reference as long as the library lives
    assert library.host_begin(library.invoke) is None
    return library


def test_the_self_test_of_an_exported_model_passes(board):
    assert board.host_self_test().endswith(b"3 windows\nself-test PASS\n")


def test_the_board_detects_what_python_detects(board, model):
    samples = np.cumsum(np.random.default_rng(3).normal(size=(400, 2)) / 4, axis=0)
    samples = np.ascontiguousarray(samples, np.float32)
    board.host_self_test()  # afterwards the recogniser is in its initial state
    score, found = ctypes.c_float(), []
    for row in samples:
        label = board.host_push(ctypes.c_void_p(row.ctypes.data), ctypes.byref(score))
        if label >= 0:
            found.append((model.labels[label], pytest.approx(score.value, abs=1e-6)))
    events = Chain(model).process(Chunk(np.arange(400) / 10, samples))
    expected = [(event.label, event.score) for event in events if isinstance(event, Detection)]
    assert expected == found and len(found) > 20
    assert {label for label, _ in expected} == {"low", "high"}


def test_the_sketch_of_a_window_model_compiles(folder, tmp_path):
    """With the few functions of Arduino that it uses."""
    sketch = folder / f"{folder.name}.ino"
    fakes = (
        "#include <stdint.h>\n"
        "enum { A0 };\n"
        "static inline int analogRead(int) { return 0; }\n"
        "static inline uint32_t micros() { return 0; }\n"
        "static inline void delay(int) {}\n"
        "struct Port {\n"
        "  void begin(int) {}\n"
        "  void print(const char *) {}\n"
        "  void println(const char *) {}\n"
        "  int available() { return 0; }\n"
        "  int read() { return 0; }\n"
        "} Serial;\n"
    )
    program = f'{fakes}#include "{sketch}"\nextern "C" void host_loop() {{ setup(); loop(); }}\n'
    assert ctypes.CDLL(str(compile_library(folder, tmp_path, program))).host_loop


def test_a_waveform_is_exported_too(tmp_path):
    assert export.main(["ppg2abp", "--out", str(tmp_path / "abp")]) == 0
    header = (tmp_path / "abp" / "model.h").read_text()
    assert "is_sequence = true" in header and "resolver.AddMaxPool2D();" in header
    assert "#define EW_SCALING EW_STANDARD" in (tmp_path / "abp/window_constants.h").read_text()


@pytest.mark.parametrize("name", ["kws", "ecg"])
def test_features_without_a_version_in_c_are_named(name, tmp_path, capsys):
    assert export.main([name, "--out", str(tmp_path / "out")]) == 1
    assert "which have no version in C" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

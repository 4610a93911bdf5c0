"""edge-convert: networks of every format become model files that the other commands use."""

from __future__ import annotations

import json
import sys

import numpy as np
import onnxruntime
import pytest
from onnx import numpy_helper
from PIL import Image

from edge.commands import edge_classify, edge_info, edge_live
from edge.commands.edge_convert import main
from edge.convert import convert as conversion
from edge.convert.network import read_network
from edge.convert.quantise import int8_network
from edge.errors import ModelError
from edge.model import Model, read_manifest
from edge.tflite.interpreter.interpreter import Interpreter
from edge.tflite.verify import verify
from onnx_file import weights, write

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Keras
LABELS = ("left", "right")
RATE = 50


@pytest.fixture(scope="module")
def keras():
    from tensorflow import keras

    return keras


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """Images that are bright on the left or on the right, in folders with these names."""
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for label in LABELS:
        (folder / label).mkdir()
        for number in range(12):
            pixels = rng.uniform(0, 90, (8, 10))
            pixels[:, :5] += 150 * (label == "left")
            pixels[:, 5:] += 150 * (label == "right")
            Image.fromarray(pixels.astype(np.uint8)).save(folder / label / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def image_network(keras):
    """Its outputs are no probabilities: the brightness of each half."""
    mask = np.repeat([[1, 0], [0, 1]], 5, axis=0).astype(np.float32)
    network = keras.Sequential(
        [
            keras.Input((8, 10, 1)),
            keras.layers.Conv2D(1, 1, kernel_initializer="ones", activation="relu"),
            keras.layers.Flatten(),
            keras.layers.Dense(2),
        ]
    )
    network.layers[-1].set_weights([np.tile(mask, (8, 1)) / 8, np.zeros(2)])
    return network


@pytest.fixture(scope="module")
def folder(image_network, images, tmp_path_factory):
    """The image network in each format, and as a model file: own.tflite."""
    folder = tmp_path_factory.mktemp("networks")
    image_network.save(folder / "net.keras")
    with conversion_silenced():
        image_network.export(folder / "saved", verbose=False)
    arguments = ["--labels", "left,right", "--representative", str(images)]
    assert main([str(folder / "net.keras"), "--out", str(folder / "own.tflite"), *arguments]) == 0
    return folder


def conversion_silenced():
    from edge.convert.silence import silence

    return silence()


def run_json(command, capsys, *arguments):
    capsys.readouterr()
    assert command([*map(str, arguments)]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_keras_network_reads_images(folder, images, capsys):
    files = sorted(images.glob("*/*.png"))
    found = run_json(edge_classify.main, capsys, folder / "own.tflite", *files)
    assert [result["label"] for result in found] == [file.parent.name for file in files]
    assert all(result["score"] > 0.6 for result in found)
    (facts,) = run_json(edge_info.main, capsys, folder / "own.tflite", "--json")
    assert facts["manifest"]["input"]["kind"] == "image"
    assert facts["manifest"]["provenance"]["int8"]["same_label"] == 24
    assert facts["network"]["inputs"][0]["type"] == facts["network"]["outputs"][0]["type"] == "int8"


def test_the_result_says_what_was_lost_and_added(folder, images, tmp_path, capsys):
    (images / "left" / "broken.png").write_bytes(b"hello")
    try:
        arguments = [folder / "saved", "--out", tmp_path / "own.tflite", "--labels", "left,right"]
        found = run_json(main, capsys, *arguments, "--representative", images, "--json")[0]
    finally:
        (images / "left" / "broken.png").unlink()
    assert found["added"].startswith("a softmax")
    assert len(found["unusable"]) == 1 and "broken.png: is not an image" in found["unusable"][0]
    comparison = found["comparison"]
    assert comparison["windows"] == comparison["same_label"] == 24
    assert comparison["float_right"] == comparison["int8_right"] == 24
    assert 0 < comparison["mean_difference"] <= comparison["largest_difference"] < 0.1
    assert found["cannot_run"] == []
    window = np.random.default_rng(0).uniform(0, 1, (8, 10, 1)).astype(np.float32)
    scores = [Model.load(path / "own.tflite").scores(window) for path in (folder, tmp_path)]
    assert scores[0] == pytest.approx(scores[1], abs=0.02)


def test_a_float_tflite_file_is_quantised_and_an_int8_one_gets_its_manifest(
    keras, folder, images, tmp_path, capsys
):
    network = conversion.read_network(folder / "net.keras")
    tf = conversion.tf
    plain = conversion.float_network(network, lambda y: tf.nn.softmax(y))
    (tmp_path / "float.tflite").write_bytes(plain)
    arguments = ["--labels", "left,right", "--representative", str(images)]
    out = str(tmp_path / "own.tflite")
    assert main([str(tmp_path / "float.tflite"), "--out", out, *arguments]) == 0
    assert "same best label: 24 of 24" in capsys.readouterr().out
    assert main([out, "--out", str(tmp_path / "again.tflite"), *arguments]) == 0
    assert "it was int8 already: only the manifest was added" in capsys.readouterr().out
    assert Model.load(tmp_path / "again.tflite").labels == ["left", "right"]


def test_an_onnx_network_has_the_labels_of_onnxruntime(images, tmp_path, capsys):
    """As PyTorch exports it: the channels come before the rows, and the outputs are logits."""
    mask = np.repeat([[1, 0], [0, 1]], 5, axis=0)
    halves = numpy_helper.from_array(np.tile(mask, (16, 1)).T.astype(np.float32) / 16, "halves")
    nodes = [
        ("Conv", "x w b", "c", {"pads": [1, 1, 1, 1]}),
        ("Relu", "c", "r", {}),
        ("Flatten", "r", "f", {}),
        ("Gemm", "f halves", "y", {"transB": 1}),
    ]
    given = [weights("w", 2, 1, 3, 3), weights("b", 2), halves]
    path = write(tmp_path / "net.onnx", nodes, (1, 8, 10), given)
    out = tmp_path / "own.tflite"
    assert main([str(path), "--out", str(out), "--representative", str(images)]) == 0
    assert "runs on: LiteRT, NumPy, TFLite Micro" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    files = sorted(images.glob("*/*.png"))
    found = run_json(edge_classify.main, capsys, out, *files)
    for file, result in zip(files, found, strict=True):
        pixels = np.asarray(Image.open(file), np.float32)[None, None] / 255
        (logits,) = session.run(None, {"x": pixels})
        exact = np.exp(logits[0]) / np.exp(logits[0]).sum()
        assert list(result["scores"].values()) == pytest.approx(exact, abs=0.03)


@pytest.fixture(scope="module")
def wave_network(keras, tmp_path_factory):
    """Doubles a window of 50 samples of two channels and keeps the first channel."""
    network = keras.Sequential(
        [keras.Input((50, 2)), keras.layers.Conv1D(1, 1, use_bias=False)], name="waves"
    )
    network.layers[0].set_weights([np.float32([[[2], [0]]])])
    path = tmp_path_factory.mktemp("waves") / "net.h5"
    conversion_silenced()
    network.save(path)
    return path


def test_a_network_computes_a_waveform_of_a_table(wave_network, tmp_path, capsys):
    t = np.arange(150) / RATE
    waves = np.stack([np.sin(2 * np.pi * t), np.cos(2 * np.pi * t)], axis=1)
    np.savetxt(tmp_path / "a.csv", waves, delimiter=",", header="ppg,ecg2", comments="")
    out = tmp_path / "own.tflite"
    spec = f"window,rate={RATE},channels=ppg+ecg2,hop=25"
    arguments = ["--output", "sequence", "--labels", "abp", "--unit", "mmHg", "--input", spec]
    found = run_json(
        main, capsys, wave_network, "--out", out, *arguments, "--json", "--representative",
        tmp_path / "a.csv",
    )[0]  # fmt: skip
    assert found["comparison"]["same_label"] is None
    (result,) = run_json(edge_classify.main, capsys, out, tmp_path / "a.csv")
    assert (result["unit"], result["rate"], result["start"]) == ("mmHg", RATE, 0)
    assert result["values"]["abp"] == pytest.approx(2 * waves[:, 0], abs=0.05)
    events = run_json(
        edge_live.main, capsys, out, "--replay", tmp_path / "a.csv", "--speed", "max", "--json"
    )
    kinds = [event["event"] for event in events]
    assert kinds == ["ready", *["sequence"] * 5, "summary"]
    assert events[2]["values"]["abp"] == pytest.approx(2 * waves[25:75, 0], abs=0.05)
    assert edge_live.main([str(out), "--replay", str(tmp_path / "a.csv"), "--speed", "max"]) == 0
    assert "abp computed for 5 windows" in capsys.readouterr().out
    assert read_manifest(out).task == "own"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none.keras"], "none.keras does not exist"),
        (["wrong.keras"], "cannot be read by Keras"),
        (["wrong.tflite"], "is no usable TFLite file"),
        (["wrong.txt"], "has an unknown format"),
        (["empty"], "is no SavedModel"),
        (["large.onnx"], "has 2049 MB"),
        (["{net}", "--labels", "a,b,c"], "names 3 labels, and the network has 2 outputs"),
        (["{net}", "--labels", "a,a"], "names a label twice"),
        (["{net}", "--input", "image,size=9x10"], "takes 8 x 10 x 1, which are no images of 9"),
        (["{net}", "--input", "image,sise=9"], "'sise=9' in --input: an input of kind image has"),
        (["{net}", "--input", "image,size=0x10"], "size=0x10: give the height and the width"),
        (["{net}", "--input", "image,range=5..5"], "range=5..5: give two different numbers"),
        (["{net}", "--input", "pictures"], "'pictures' is no input: give --input image"),
        (["{net}", "--input", "window"], "the rate of the samples is unknown: add rate=HZ"),
        (["{net}", "--input", "window,rate=9,channels=a+b+c"], "no window of 3 channels"),
        (["{net}", "--input", "window,rate=x"], "is no input (invalid literal"),
        (["{net}", "--input", "none.json"], "none.json cannot be read"),
        (["{net}", "--output", "sequence"], "no 1 waveforms of a window"),
        (["{net}", "--representative", "empty"], "there is no recording in empty"),
        (["{net}", "--representative", "wrong.txt"], "none of the representative files"),
    ],
)
def test_what_cannot_be_converted_is_one_clear_line(
    folder, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    for name in ("wrong.keras", "wrong.tflite", "wrong.txt"):
        (tmp_path / name).write_text("hello")
    (tmp_path / "empty").mkdir()
    with (tmp_path / "large.onnx").open("wb") as file:
        file.truncate(2049 << 20)
    given = [argument.format(net=folder / "net.keras") for argument in arguments]
    capsys.readouterr()
    assert main([*given, "--out", "own.tflite"]) == 1
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
    assert not (tmp_path / "own.tflite").exists()


def test_networks_that_no_device_can_run_are_refused(keras, tmp_path):
    layers = keras.layers
    dynamic = keras.Sequential([keras.Input((None, 3)), layers.GlobalAveragePooling1D()])
    one, other = keras.Input((4,)), keras.Input((4,))
    two = keras.Model([one, other], layers.Add()([one, other]))
    for network, message in ((dynamic, r"the size \? x 3, which is not fixed"), (two, "2 inputs")):
        network.save(tmp_path / "net.keras")
        with pytest.raises(ModelError, match=message):
            conversion.read_network(tmp_path / "net.keras")


def test_an_operator_that_only_tensorflow_has_is_named(tmp_path):
    tf = conversion.tf
    network = conversion.FloatNetwork((8,), lambda x: tf.raw_ops.Betainc(a=x, b=x, x=x))
    with pytest.raises(ModelError, match="Betainc"):
        conversion.int8_network(network, np.ones((4, 8), np.float32))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "own.txt"], "ends with .tflite"),
        (["--out", "none/own.tflite"], "the folder does not exist"),
        (["--out", "own.tflite", "--threshold", "2"], "give 0 to 1"),
    ],
)
def test_wrong_options_are_refused_before_tensorflow_is_loaded(
    tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.keras").write_text("")
    monkeypatch.setitem(sys.modules, "edge.convert.convert", None)
    assert main(["net.keras", *arguments]) == 1
    assert message in capsys.readouterr().err
    assert main(["net.keras", "--out", "own.tflite"]) == 1
    assert "pip install 'edge-sense[training]'" in capsys.readouterr().err


def test_a_network_sees_frames_of_sound(keras, tmp_path, capsys):
    """Its input has one more axis than a window; nothing is known about its sound."""
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((50, 20, 1)), layers.AveragePooling2D(5), layers.Flatten(), layers.Dense(2)]
    )
    network.save(tmp_path / "net.keras")
    out, spec = tmp_path / "own.tflite", "sound,rate=16000,window=480,hop=320,step=5"
    (found,) = run_json(
        main, capsys, tmp_path / "net.keras", "--out", out, "--input", spec, "--json"
    )
    assert found["representative"].endswith("windows of a simulated microphone")
    assert Model.load(out).input_shape == (50, 20)
    assert edge_live.main([str(out), "--mock", "--words", "yes", "--speed", "max"]) == 0
    assert "recognised" in capsys.readouterr().out


def test_recurrent_layers_of_keras_are_unrolled(keras, tmp_path):
    network = keras.Sequential(
        [
            keras.Input((4, 3)),
            keras.layers.LSTM(2, return_sequences=True),
            keras.layers.GRU(2),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(0)
    # As after a training: the biases of a new GRU are zero.
    network.set_weights([rng.normal(0, 0.5, weight.shape) for weight in network.get_weights()])
    network.save(tmp_path / "net.keras")
    windows = rng.normal(size=(10, 4, 3)).astype(np.float32)
    content = int8_network(read_network(tmp_path / "net.keras"), windows)
    assert not {"WHILE", "UNIDIRECTIONAL_SEQUENCE_LSTM"} & set(verify(content, "it").counts)
    Interpreter(model_content=content).allocate_tensors()
    with conversion_silenced():
        network.export(tmp_path / "saved", verbose=False)
    with pytest.raises(ModelError, match="a loop, as an LSTM or GRU has one.*unroll"):
        int8_network(read_network(tmp_path / "saved"), windows)

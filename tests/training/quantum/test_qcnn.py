"""A model behind a quanvolution: equal inputs in training and on devices, the command, errors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tensorflow import keras

from edge.commands import edge_classify
from edge.errors import ModelError
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.specification import FRAMES
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.features.sound.windows import SoundFeatures
from edge.model import Model
from edge.simulation.seeds import person_seed
from qcnn_training import (
    BEHIND_STAGE,
    NETWORK,
    STAGE_OUTPUT,
    WORDS,
    chunk,
    clip_of_yes,
    qcnn_training,
    study_runs,
    write_corpus,
)
from training import qcnn, qcnn_study
from training.common.atomic_write import write_file
from training.quantum.circuit_choice import best_seed, connects_qubits, linear_quanvolution
from training.quantum.circuits import build_layer, model_input, random_quanvolution
from training.quantum.cost import operations
from training.quantum.imitation import (
    build_behind_stage,
    first_layer_outputs,
    fit_first_layer,
    least_squares_fit,
    start_from_base,
)
from training.quantum.training_set import QuanvolutionTrainingSet
from training.sound.data.clips import Clips
from training.sound.data.log_mel import BANDS, RATE, ROWS
from training.sound.data.simulated_speakers import say_words
from training.sound.export import model_file, to_int8
from training.sound.learn import network
from training.sound.learn.config import FitConfig, TrainingConfig
from training.sound.learn.front_ends import LECTURE, SHIPPED
from training.sound.learn.network_config import TINY, NetworkConfig
from training.sound.learn.pretrained_model import PretrainedModel
from training.sound.learn.training_sets import (
    TrainingSet,
    example_batches,
    task_training_set,
)
from training.sound.task import KEYWORDS, keyword_task

pytestmark = pytest.mark.filterwarnings("ignore")  # warnings of Keras and of the converters


def log_mel_training_set(tmp_path, clips: int) -> TrainingSet:
    """Random spectra, half of them "yes" and half of them "no"."""
    rows = np.random.default_rng(1).normal(-5, 2, (clips, ROWS, BANDS)).astype(np.float16)
    empty, words = np.full(clips, ""), np.array(list(WORDS) * (clips // 2))
    no_noise = np.empty((0, ROWS, BANDS), np.float16)
    made = Clips(rows, words, *[empty] * 4, np.zeros(clips, bool))
    return task_training_set(made, no_noise, qcnn_training(tmp_path))


CLASSES, GROUPS = 6, (0, 1, 2, 3, 3, 3)  # three words of the base are "unknown"


def base_network(config: NetworkConfig = NETWORK) -> keras.Model:
    """Return an untrained network for log-mel windows."""
    keras.utils.set_random_seed(0)
    return network.build((FRAMES, BANDS), CLASSES, config, groups=GROUPS)


def write_base(path: Path, words: Sequence[str] = WORDS) -> Path:
    """Write a base as an int8 model."""
    windows = np.random.default_rng(0).uniform(-14, 0, (20, FRAMES, BANDS)).astype(np.float32)
    int8 = to_int8(base_network(TINY), TINY, windows)
    write_file(path, model_file(int8, keyword_task(words)))
    return path


# --- the same stage in training and on devices ---


@pytest.mark.parametrize("seed", [0, 3])
def test_training_input_equals_device_input(seed):
    quanvolution = random_quanvolution(seed)
    specification = SoundFeatures.specification(model_input(quanvolution))
    (window,) = SoundFeatures.windows_of_recording(specification, chunk(clip_of_yes()))
    spectrum = FrontEnd().frames(pad_or_crop(clip_of_yes(), window_samples(specification)))
    assert spectrum.shape == (FRAMES, BANDS)
    in_training = build_layer(quanvolution)(spectrum[None])[0].numpy()
    assert in_training.shape == window.tensor.shape == STAGE_OUTPUT
    assert np.abs(in_training - window.tensor).max() < 1e-5
    assert np.ptp(in_training, axis=(0, 1)).min() > 0.2, "every channel varies"


def test_live_windows_equal_the_stage_output_of_the_whole_recording():
    quanvolution = random_quanvolution(0)
    specification = SoundFeatures.specification(model_input(quanvolution))
    sound = np.concatenate([clip_of_yes(k) for k in range(4)])
    stream = SoundFeatures(specification)
    live = {round(w.t, 6): w.tensor.copy() for w in stream.process(chunk(sound))}
    recording = {
        round(w.t, 3): w for w in SoundFeatures.windows_of_recording(specification, chunk(sound))
    }
    assert len(recording) > 20 and len(live) > 20
    spectrum = FrontEnd().frames(sound)
    stage = Quanvolution(quanvolution, BANDS)
    for t, tensor in list(live.items())[50:60]:
        end = round((t * RATE - FrontEnd().window + 1) / FrontEnd().hop) + 1
        assert np.abs(stage.apply(spectrum[end - FRAMES : end]) - tensor).max() < 1e-4


def test_windows_pass_through_the_stage_and_the_scores_of_the_base_are_their_targets(tmp_path):
    config = FitConfig(batch_size=32)
    plain, base = log_mel_training_set(tmp_path, 20), base_network()
    training_set = QuanvolutionTrainingSet.of(plain, random_quanvolution(1), base)
    assert training_set.inputs == STAGE_OUTPUT and plain.inputs == (FRAMES, BANDS)
    spectra, _ = example_batches(plain, 32, config)
    outputs, targets = example_batches(training_set, 32, config)
    stage = Quanvolution(random_quanvolution(1), BANDS)
    expected = np.stack([stage.apply(window[:FRAMES]) for window in spectra])
    assert np.abs(outputs - expected).max() < 1e-5
    assert targets.shape == (32, CLASSES), "a score for each word of the base"
    sums = targets @ np.eye(len(GROUPS))[:, : max(GROUPS) + 1][list(GROUPS)]
    assert np.abs(sums - network.probabilities(base, spectra)).max() < 1e-5


def test_network_behind_the_stage_starts_with_the_weights_of_its_base(tmp_path):
    plain, base = log_mel_training_set(tmp_path, 4), base_network()
    training_set = QuanvolutionTrainingSet.of(plain, random_quanvolution(1), base)
    windows, _ = example_batches(plain, 32, FitConfig(batch_size=32))
    behind_stage = start_from_base(training_set, windows, BEHIND_STAGE)
    before, after = (
        [w for layer in model.layers for w in layer.get_weights()] for model in (base, behind_stage)
    )
    assert before[0].shape == (4, 5, 1, 8) and after[0].shape == (2, 5, 4, 8)
    assert all(np.array_equal(a, b) for a, b in zip(before[2:], after[2:], strict=True))


def test_first_layer_is_fitted_by_least_squares():
    rng = np.random.default_rng(0)
    inputs = rng.normal(2, 1, (3, 9, 8, 4)).astype(np.float32)
    layer, other = (keras.layers.Conv2D(5, (2, 3)) for _ in range(2))
    outputs = layer(inputs).numpy() + np.float32(1.5)
    other.build(inputs.shape)
    fit = least_squares_fit(other, inputs, outputs)
    other.set_weights(fit.weights)
    assert fit.explained.min() > 0.999 and fit.explained_share > 0.999
    assert np.abs(other(inputs).numpy() - outputs).max() < 1e-3


def test_the_circuit_with_the_best_fit_of_those_that_connect_qubits_is_chosen(tmp_path):
    """The circuit of seed 4 fits better than those of the seeds 1 and 16, but has no CNOT."""
    base, plain = base_network(), log_mel_training_set(tmp_path, 4)
    windows, _ = example_batches(plain, 32, FitConfig(batch_size=32))
    behind_stage = build_behind_stage(base, STAGE_OUTPUT, BEHIND_STAGE)
    targets = first_layer_outputs(base, windows)
    shares = {
        seed: fit_first_layer(
            behind_stage, linear_quanvolution(seed), windows, targets
        ).explained_share
        for seed in (1, 4, 16)
    }
    assert shares[1] < shares[16] < shares[4]
    assert not connects_qubits(linear_quanvolution(4))
    assert best_seed(base, windows, BEHIND_STAGE, (1, 4, 16)) == (16, shares[16])


def test_operations_count_shared_products_once():
    """Seed 1: cosines of four qubits, two products of two, six factors for each of 4 outputs."""
    stage = Quanvolution(random_quanvolution(1), BANDS)
    assert len(stage.closed_form.terms) == 4
    assert operations(stage) == (4, 2 + (4 + 2) * 4)


# --- the command ---


def test_command_trains_a_model_that_recognises_words(tmp_path, capsys):
    data, out = write_corpus(tmp_path / "corpus"), tmp_path / "q.tflite"
    study = tmp_path / "s.json"
    study.write_text(json.dumps({"runs": study_runs()}))
    base = write_base(tmp_path / "base.tflite")
    options = ["--data", str(data), "--base", str(base), "--people", "2", "--study", str(study)]
    assert qcnn.main([*options, "--out", str(out)], qcnn_training(tmp_path / "cache")) == 0
    card = capsys.readouterr().out
    assert "## Test split" in card and "6 clips" in card
    assert "it is classical" in card and "compared with no stage: -" in card
    assert "| yes | 6 | 0 | 2 |" in card, "recorded, as images, by simulated speakers"
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    model = Model.load(out, task="kws")
    assert model.labels == [*WORDS, "silence", "unknown"] and model.input_shape == STAGE_OUTPUT
    best = random_quanvolution(1)
    assert model.manifest.input["quanvolution"]["gates"] == best["gates"]
    provenance = model.manifest.provenance
    assert provenance["circuit"] == "quanvolution, random, seed 1"
    assert "--base base.tflite" in provenance["command"]
    metrics = provenance["metrics"]
    assert metrics["test"]["words"] == 6 and metrics["test"]["speakers"] == 3
    window = model.windows_of_recording(chunk(clip_of_yes()))[0]
    assert abs(model.scores(window.tensor).sum() - 1) < 0.2, "int8 rounding of 37 words"
    assert edge_classify.main([str(out), str(data / "yes" / "0.wav")]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["label"] in model.labels


def test_shipped_model_recognises_words_of_new_speakers():
    """Simulated speakers who are not in the training set; noise is not recognised as a word."""
    model = Model.load("kws_qcnn", task="kws")
    correct = []
    for number in range(3):
        clips = say_words(person_seed(8, number), KEYWORDS)
        for word, clip in zip(KEYWORDS, clips, strict=True):
            scores = model.score_recording(chunk(clip))
            correct.append(model.labels[scores.argmax()] == word)
    assert np.mean(correct) >= 0.8
    noise = 0.01 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    scores = model.score_recording(chunk(noise))
    assert model.labels[scores.argmax()] in ("silence", "unknown")


# --- errors ---


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read"),
        ("nonsense", "contains no study"),
        ('{"runs": []}', "contains no study"),
        ('{"runs": [{"circuit": null}]}', "contains no study"),
        ("ANGLE", "has the angle 9.0: give radians"),
        ("QUBITS", "choose a smaller patch"),
        ("BINS", "cannot be divided into patches of 7"),
    ],
)
def test_invalid_circuit_of_a_study_is_a_one_line_error(content, message, tmp_path, capsys):
    study = tmp_path / "s.json"
    changes = {
        "ANGLE": {"gates": [["RX", 0, 9.0]]},
        "QUBITS": {"patch": [4, 4]},
        "BINS": {"patch": [7, 1]},
    }
    if content in changes:
        circuit = {**random_quanvolution(0), **changes[content]}
        run = {"arm": "x", "seed": 0, "circuit": circuit, "int8": {"val": 0.9}}
        content = json.dumps({"runs": [run]})
    if content is not None:
        study.write_text(content)
    out = ["--out", str(tmp_path / "m.tflite")]
    assert qcnn.main(["--data", "nowhere", "--study", str(study), *out]) == 1
    error = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert error.startswith("python -m training.qcnn: error:") and message in error


@pytest.mark.parametrize(
    ("words", "front_end", "message"),
    [
        (("yes", "up"), SHIPPED, "recognises yes, up, silence, unknown: choose a model of yes, no"),
        (WORDS, LECTURE, "has no log-mel spectra for the quanvolution"),
    ],
)
def test_base_that_cannot_be_imitated_is_an_error(words, front_end, message, monkeypatch, capsys):
    base = PretrainedModel(b"", keyword_task(words).labels, front_end, TINY, {})
    monkeypatch.setattr(PretrainedModel, "read", lambda name: base)
    options = ["--data", "nowhere", "--base", "mine", "--out", "m.tflite"]
    assert qcnn.main(options, TrainingConfig(keyword_task(WORDS))) == 1
    assert f"--base mine {message}" in capsys.readouterr().err


def test_model_refuses_the_output_of_another_stage(tmp_path):
    quanvolution = random_quanvolution(0)
    trainable = network.build_trainable(STAGE_OUTPUT, 4, BEHIND_STAGE)
    untrained = network.fold_batchnorm(trainable, BEHIND_STAGE)
    windows = np.random.default_rng(0).uniform(-1, 1, (20, *STAGE_OUTPUT)).astype(np.float32)
    int8, path = to_int8(untrained, BEHIND_STAGE, windows), tmp_path / "m.tflite"

    def model_behind(quanvolution: dict) -> Model:
        write_file(path, model_file(int8, keyword_task(WORDS), model_input(quanvolution)))
        return Model.load(path)

    model = model_behind(quanvolution)
    assert model.scores(model.windows_of_recording(chunk(clip_of_yes()))[0].tensor).shape == (4,)
    # Features of another model: log-mel without the stage.
    plain = SoundFeatures.specification({"shape": [FRAMES]})
    (window,) = SoundFeatures.windows_of_recording(plain, chunk(clip_of_yes()))
    with pytest.raises(ModelError, match="takes a tensor of shape"):
        model.scores(window.tensor)
    # A circuit of another size than the one in the training.
    pairs = {**quanvolution, "patch": [2, 1], "gates": [["RX", 0, 0.5]], "measured": ["Z0", "Z1"]}
    with pytest.raises(ModelError, match="and its features give"):
        model_behind(pairs)
    # Spectrograms with another number of bins.
    with pytest.raises(ModelError, match="features that belong to the model"):
        Quanvolution(quanvolution, BANDS).apply(np.zeros((48, 60), np.float32))
    with pytest.raises(ModelError, match="cannot be cut into the patches"):
        SoundFeatures.specification({**model_input(quanvolution), "shape": [FRAMES + 1]})


@pytest.mark.parametrize("command", [qcnn, qcnn_study])
def test_unsuitable_name_of_the_output_is_an_error(command, tmp_path, capsys):
    assert command.main(["--data", str(tmp_path), "--out", str(tmp_path / "m.h5")]) == 1
    assert "name" in capsys.readouterr().err

"""Words behind a quantum convolution: trained as devices run it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edge.commands import edge_classify
from edge.errors import EdgeError, ModelError
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.features.sound.windows import SoundFeatures
from edge.formats.sound import write_wav
from edge.model import Model
from edge.samples import Chunk
from edge.simulation.seeds import person_seed

tf = pytest.importorskip("tensorflow")
from training import qcnn, qcnn_study  # noqa: E402
from training.quantum import paired, report  # noqa: E402
from training.quantum import reference as quantum_reference  # noqa: E402
from training.quantum import stage as quantum  # noqa: E402
from training.quantum import study as quantum_study  # noqa: E402
from training.sound import export  # noqa: E402
from training.sound.data import simulated_speakers  # noqa: E402
from training.sound.data.clips import Clips  # noqa: E402
from training.sound.data.log_mel import BANDS, RATE, ROWS  # noqa: E402
from training.sound.learn import network  # noqa: E402
from training.sound.learn.config import FitConfig, Schedule, TrainingConfig  # noqa: E402
from training.sound.learn.network_config import NetworkConfig  # noqa: E402
from training.sound.learn.training_sets import example_batches, task_training_set  # noqa: E402
from training.sound.task import keyword_task  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

WORDS = ("yes", "no")
SEEN = (quantum.FRAMES // 2, 20, 4)  # behind a stage
SHAPE = NetworkConfig(stem=8, stages=((8, 2), (8, 2)), width=16, blocks=1)


FIT = FitConfig(batch_size=32, steps_per_epoch=20)
WITH_STAGE = Schedule(epochs=1, learning_rate=2e-3)
NO_NOISE = np.empty((0, ROWS, BANDS), np.float16)


@pytest.fixture
def small(tmp_path) -> TrainingConfig:
    """A training that takes seconds."""
    return TrainingConfig(
        keyword_task(WORDS),
        fit=FIT,
        pretraining=Schedule(epochs=1, learning_rate=4e-3),
        finetuning=Schedule(epochs=1, learning_rate=5e-3),
        full_size=1,
        min_epochs=1,
        synthetic_noises=20,
        calibration_windows=32,
        validation_hours=0.02,
        cache=tmp_path / "cache",
    )


def corpus(folder: Path) -> Path:
    """Ten people say two words; the first three judge, the next three are the test."""
    rows = ["split,path,label,word,speaker"]
    for number in range(12):
        seed = person_seed(5, number)
        for word, second in zip(WORDS, simulated_speakers.say_words(seed, WORDS), strict=True):
            split = "val" if number < 3 else "test" if number < 6 else "train"
            (folder / word).mkdir(parents=True, exist_ok=True)
            write_wav(folder / word / f"{number}.wav", second, RATE)
            rows.append(f"{split},{word}/{number}.wav,{word},{word},person{number}")
    (folder / "index.csv").write_text("\n".join(rows))
    return folder


def a_second(seed: int = 0) -> np.ndarray:
    return next(iter(simulated_speakers.say_words(person_seed(6, seed), ["yes"])))


def chunk(samples: np.ndarray) -> Chunk:
    return Chunk(np.arange(len(samples)) / RATE, samples[:, None])


# --- the same stage in training and on devices ---


@pytest.mark.parametrize("seed", [0, 3])
def test_what_the_network_learns_from_is_what_devices_hear(seed):
    circuit = quantum.drawn(seed)
    specification = SoundFeatures.specification(quantum.wanted(circuit))
    (window,) = SoundFeatures.windows_of_recording(specification, chunk(a_second()))
    front_end = FrontEnd()
    middle = pad_or_crop(a_second(), window_samples(specification))
    spectrum = front_end.frames(middle)
    assert spectrum.shape == (quantum.FRAMES, BANDS)
    learnt = quantum.layer(circuit)(spectrum[None])[0].numpy()
    assert learnt.shape == window.tensor.shape == SEEN
    assert np.abs(learnt - window.tensor).max() < 1e-5
    assert np.ptp(learnt, axis=(0, 1)).min() > 0.2, "each channel says something"


def test_live_windows_are_those_of_a_whole_recording():
    circuit = quantum.drawn(0)
    specification = SoundFeatures.specification(quantum.wanted(circuit))
    sound = np.concatenate([a_second(k) for k in range(4)])
    live = SoundFeatures(specification)
    heard = {round(w.t, 6): w.tensor.copy() for w in live.process(chunk(sound))}
    whole = {
        round(w.t, 3): w for w in SoundFeatures.windows_of_recording(specification, chunk(sound))
    }
    assert len(whole) > 20 and len(heard) > 20
    spectrum = FrontEnd().frames(sound)
    stage = Quanvolution(circuit, BANDS)
    for t, tensor in list(heard.items())[50:60]:
        last = round((t * RATE - FrontEnd().window + 1) / FrontEnd().hop) + 1
        assert np.abs(stage.apply(spectrum[last - quantum.FRAMES : last]) - tensor).max() < 1e-4


def test_a_lesson_shows_what_the_stage_makes_of_its_windows(small):
    rng = np.random.default_rng(1)
    empty = np.full(20, "")
    rows = rng.normal(-5, 2, (20, ROWS, BANDS)).astype(np.float16)
    clips = Clips(rows, np.array(["yes", "no"] * 10), *[empty] * 4, np.zeros(20, bool))
    plain = task_training_set(clips, NO_NOISE, small)
    training_set = quantum.StagedLesson.of(plain, quantum.drawn(1))
    assert training_set.inputs == SEEN and plain.inputs == (quantum.FRAMES, BANDS)
    other = quantum.StagedLesson.of(plain, quantum.drawn(2))
    assert len({plain.fingerprint, training_set.fingerprint, other.fingerprint}) == 3
    spectra, classes = example_batches(plain, 32, FIT)
    seen, same = example_batches(training_set, 32, FIT)
    stage = Quanvolution(quantum.drawn(1), BANDS)
    wanted = np.stack([stage.apply(window[: quantum.FRAMES]) for window in spectra])
    assert np.array_equal(classes, same)
    assert np.abs(seen - wanted).max() < 1e-5
    batches = tf.data.Dataset.range(2).map(training_set.batches(FIT))
    assert [x.shape[1:] for x, _ in batches] == [SEEN] * 2


def test_all_but_the_first_layer_is_taken_over(small):
    known = network.build_trainable((quantum.FRAMES, BANDS), 5, SHAPE)
    for layer in known.layers:
        layer.set_weights([w + 0.5 for w in layer.get_weights()])
    rows = np.zeros((4, ROWS, BANDS), np.float16)
    empty = np.full(4, "")
    clips = Clips(rows, np.array(["yes", "no"] * 2), *[empty] * 4, np.zeros(4, bool))
    plain = task_training_set(clips, NO_NOISE, small)
    training_set = quantum.StagedLesson.of(plain, quantum.drawn(1))
    fresh = quantum.transplanted(known, training_set, quantum.SHAPES["tiny"])
    before, after = ([w for one in m.layers for w in one.get_weights()] for m in (known, fresh))
    assert before[0].shape == (4, 5, 1, 8) and after[0].shape == (2, 5, 4, 8)
    assert all(np.array_equal(a, b) for a, b in zip(before[1:], after[1:], strict=True))


# --- whole commands ---


def test_a_model_is_trained_and_hears(tmp_path, capsys, small):
    data, out = corpus(tmp_path / "spoken"), tmp_path / "q.tflite"
    study = tmp_path / "s.json"
    study.write_text(json.dumps({"runs": made_up_runs()}))
    arguments = ["--data", str(data), "--size", "tiny", "--people", "2", "--study", str(study)]
    assert qcnn.main([*arguments, "--out", str(out)], small, WITH_STAGE) == 0
    printed = capsys.readouterr().out
    assert "## The test split" in printed and "6 clips" in printed
    assert "it is classical" in printed and "against no stage: -" in printed
    assert "| yes | 6 | 0 | 2 |" in printed, "as sound, as pictures, by simulated people"
    for suffix in (".tflite", ".md", ".png", ".onnx"):
        assert out.with_suffix(suffix).stat().st_size > 500
    model = Model.load(out, task="kws")
    assert model.labels == [*WORDS, "silence", "unknown"] and model.input_shape == SEEN
    best = quantum.drawn(1)
    assert model.manifest.input["quanvolution"]["gates"] == best["gates"]
    metrics = model.manifest.provenance["metrics"]
    assert metrics["test"]["words"] == 6 and metrics["test"]["speakers"] == 3
    window = model.windows_of_recording(chunk(a_second()))[0]
    assert abs(model.scores(window.tensor).sum() - 1) < 0.2, "rounded 37 times"
    assert edge_classify.main([str(out), str(data / "yes" / "0.wav")]) in (0, 1)
    assert json.loads(capsys.readouterr().out)["label"] in model.labels


def test_the_shipped_model_hears_people_it_never_met():
    """Simulated ones, of whom none taught it; and noise is no word."""
    model = Model.load("kws_qcnn", task="kws")
    words = keyword_task().words
    right = []
    for number in range(3):
        for word, second in zip(
            words, simulated_speakers.say_words(person_seed(8, number), words), strict=True
        ):
            scores = model.score_recording(chunk(second))
            right.append(model.labels[scores.argmax()] == word)
    assert np.mean(right) >= 0.8
    noise = 0.01 * np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    scores = model.score_recording(chunk(noise))
    assert model.labels[scores.argmax()] in ("silence", "unknown")


def made_up_runs(seeds: int = 3) -> list[dict]:
    """A study in which seed 1 of the random circuits did best where circuits are chosen."""
    runs = []
    for seed in range(seeds):
        for place, arm in enumerate(quantum_study.ARMS):
            has = arm in (quantum_study.RANDOM, quantum_study.TRAINED)
            val = 0.99 if (arm, seed) == (quantum_study.RANDOM, 1) else 0.8
            right = {"val": val, "test": 0.9 + 0.01 * place + 0.001 * seed * (place == 3)}
            one = {"arm": arm, "seed": seed, "circuit": quantum.drawn(seed) if has else None}
            one |= {"int8": right, "float": right, "int8_all": right, "weights": 1000}
            runs.append(one | {"network_us": 20.0, "stage_us": 10.0 if has else None})
    return runs


def test_a_study_goes_on_where_it_stopped(tmp_path, capsys, monkeypatch, small):
    data, out = corpus(tmp_path / "spoken"), tmp_path / "study.md"
    monkeypatch.setattr(qcnn_study, "POOL", 96)
    monkeypatch.setattr(qcnn_study, "EPOCHS", 1)
    monkeypatch.setattr(quantum_study, "BATCH", 48)
    monkeypatch.setattr(quantum_study, "SHAPE", quantum.SHAPES["tiny"])
    arguments = ["--data", str(data), "--seeds", "2", "--out", str(out)]
    missing = quantum_study.TRAINED, 1
    kept = [run for run in made_up_runs(2) if (run["arm"], run["seed"]) != missing]
    study = out.with_suffix(".json")
    study.write_text(json.dumps({"runs": kept, "frames": quantum.FRAMES - 2}))
    assert qcnn_study.main(arguments, small) == 1
    assert "windows of another length" in capsys.readouterr().err
    study.write_text(json.dumps({"runs": kept, "frames": quantum.FRAMES}))
    assert qcnn_study.main(arguments, small) == 0
    assert "| quanvolution, trained - quanvolution, random |" in capsys.readouterr().out
    assert out.with_suffix(".png").read_bytes()[:4] == b"\x89PNG"
    runs = json.loads(out.with_suffix(".json").read_text())["runs"]
    assert runs[: len(kept)] == kept and len(runs) == len(kept) + 1
    made = runs[-1]
    assert (made["arm"], made["seed"]) == missing
    assert 0 <= made["int8"]["test"] <= 1 and made["stage_us"] > 0
    before, after = quantum.drawn(1)["gates"], made["circuit"]["gates"]
    assert [gate[:2] for gate in before] == [gate[:2] for gate in after]
    assert before != after, "its angles were learnt"


def test_arms_of_a_seed_begin_alike():
    """Behind all three stages the same initial weights; so differences are the stage's."""
    first = []
    for arm in (quantum_study.RANDOM, quantum_study.TRAINED, quantum_study.ORDINARY):
        tf.keras.utils.set_random_seed(4)
        plain = network.build_trainable(SEEN, 4, quantum.SHAPES["tiny"])
        quantum_study._behind_stage(arm, 4, plain)
        first.append(plain.get_weights())
    for weights in first[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(weights, first[0], strict=True))


def test_the_reference_has_the_papers_size():
    """About 180 thousand parameters, and attention over all frames."""
    reference = quantum_reference.network((63, 30, 4), 10)
    assert reference.count_params() == 180_575
    answers = reference(np.random.default_rng(0).uniform(-1, 1, (2, 63, 30, 4)))
    assert np.allclose(answers.numpy().sum(axis=1), 1, atol=1e-5)


# --- statistics ---


def test_means_and_intervals_are_those_of_the_tables():
    found = paired.mean_of([1.0, 2.0, 3.0, 4.0, 5.0])
    assert found.mean == 3 and found.deviation == pytest.approx(1.58114, abs=1e-5)
    assert found.half == pytest.approx(2.776 * 1.58114 / 5**0.5, abs=1e-4)
    assert not found.is_none
    assert paired.mean_of([-1.0, 1.5]).is_none
    with pytest.raises(ValueError, match="two at least"):
        paired.mean_of([1.0])


def test_differences_are_of_the_same_seeds():
    noisy = {0: 0.7, 1: 0.9, 2: 0.8}
    better = {2: 0.81, 0: 0.71, 1: 0.91, 9: 0.1}
    found = paired.difference(better, noisy)
    assert found.mean == pytest.approx(0.01) and found.half < 1e-9 and not found.is_none


def test_the_report_says_what_the_runs_say():
    said = list(report.sentences(made_up_runs()))
    assert "quanvolution, random, against no stage: -3.10 (" in said[0]
    assert said[0].endswith("points over 3 seeds, worse.")
    assert "+1.00 (+1.00 to +1.00)" in said[3] and "better" in said[3]


def test_operations_are_counted_once():
    """Seed 1: cosines of the four qubits, two products of two, four outputs of each of the six."""
    stage = Quanvolution(quantum.drawn(1), BANDS)
    assert len(stage.closed_form.terms) == 4
    assert report.operations(stage) == (4, 2 + (4 + 2) * 4)


# --- refusals ---


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("nonsense", "holds no study"),
        ('{"runs": []}', "holds no study"),
        ('{"runs": [{"circuit": null}]}', "holds no study"),
        ("ANGLE", "turns by 9.0: give radians"),
        ("QUBITS", "choose a smaller patch"),
        ("BINS", "cannot be cut in patches of 7"),
    ],
)
def test_a_circuit_that_cannot_be_is_one_line(content, sentence, tmp_path, capsys):
    study = tmp_path / "s.json"
    circuit = quantum.drawn(0)
    changes = {
        "ANGLE": {"gates": [["RX", 0, 9.0]]},
        "QUBITS": {"patch": [4, 4]},
        "BINS": {"patch": [7, 1]},
    }
    if content in changes:
        run = {"arm": "x", "seed": 0, "circuit": {**circuit, **changes[content]}}
        content = json.dumps({"runs": [{**run, "int8": {"val": 0.9}}]})
    if content is not None:
        study.write_text(content)
    out = ["--out", str(tmp_path / "m.tflite")]
    assert qcnn.main(["--data", "nowhere", "--study", str(study), *out]) == 1
    error = capsys.readouterr().err.rstrip().splitlines()[-1]
    assert error.startswith("python -m training.qcnn: error:") and sentence in error


def test_a_model_and_its_circuit_must_belong_together(tmp_path):
    circuit = quantum.drawn(0)
    untrained = network.fold_batchnorm(
        network.build_trainable(SEEN, 4, quantum.SHAPES["tiny"]), quantum.SHAPES["tiny"]
    )
    ranges = np.random.default_rng(0).uniform(-1, 1, (20, *SEEN)).astype(np.float32)
    path = tmp_path / "m.tflite"

    def written(quanvolution: dict) -> Model:
        wanted = quantum.wanted(quanvolution)
        int8 = export.to_int8(untrained, quantum.SHAPES["tiny"], ranges)
        path.write_bytes(export.model_file(int8, keyword_task(WORDS), wanted))
        return Model.load(path)

    model = written(circuit)
    assert model.scores(model.windows_of_recording(chunk(a_second()))[0].tensor).shape == (4,)
    # Features of another model: log-mel without the stage.
    plain = SoundFeatures.specification({"shape": [quantum.FRAMES]})
    (window,) = SoundFeatures.windows_of_recording(plain, chunk(a_second()))
    with pytest.raises(ModelError, match="takes a tensor of shape"):
        model.scores(window.tensor)
    # A circuit of another size than the network was trained behind.
    pairs = {**circuit, "patch": [2, 1], "gates": [["RX", 0, 0.5]], "measured": ["Z0", "Z1"]}
    other = written(pairs)
    with pytest.raises(ModelError, match="takes a tensor of shape"):
        other.scores(other.windows_of_recording(chunk(a_second()))[0].tensor)
    # Spectra that the circuit was not made for.
    with pytest.raises(ModelError, match="features that belong to the model"):
        Quanvolution(circuit, BANDS).apply(np.zeros((48, 60), np.float32))
    with pytest.raises(ModelError, match="cannot be cut into the patches"):
        SoundFeatures.specification({**quantum.wanted(circuit), "shape": [quantum.FRAMES + 1]})


@pytest.mark.parametrize("command", [qcnn, qcnn_study])
def test_results_need_a_fitting_name(command, tmp_path, capsys):
    assert command.main(["--data", str(tmp_path), "--out", str(tmp_path / "m.h5")]) == 1
    assert "name" in capsys.readouterr().err
    with pytest.raises(EdgeError, match=r"table\.md"):
        quantum_reference.train([], tmp_path / "m.tflite", 0, keyword_task())

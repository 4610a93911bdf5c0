"""Training of the pressure model on a few simulated people, and on records of them."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import replace

import h5py
import numpy as np
import pytest

from edge.errors import RecordingError
from edge.model import Model
from edge.samples import Chunk
from edge.simulation.circulation.finger import record
from wfdb_record import write_record

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training.pressure.config import FIRST, LAST, LENGTH, RATE, TrainingConfig
    from training.pressure.evaluation import Errors, Evaluation, usual_pressures
    from training.pressure.recorded import find_records, load_folder, person_of, read_record
    from training.pressure.split import UNKNOWN_PERSON, split_at_random, split_by_person
    from training.pressure.train import train
    from training.pressure.windows import PressureWindows, fault, is_flat, is_upside_down

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves

HOP = 512
SECONDS = 20
GAIN = 200  # steps in one unit of `write_record`


def write_person(folder, name, seed, **changes):
    """A record of a simulated person; its pressure is in units of 100 mmHg."""
    pressure, ppg = record(seed, SECONDS)
    signals = {"PLETH": ppg / np.ptp(ppg), "ABP": pressure / 100, **changes}
    path = write_record(folder / f"{name}.hea", signals, rate=RATE, form="16")
    lines = path.read_text().splitlines()
    text = "\n".join(line.replace(f" {GAIN} ", " 2(1024)/mmHg ") if "ABP" in line else line
                     for line in lines)  # fmt: skip
    path.write_text(text + "\n")
    return path


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    for number in range(6):
        write_person(folder, f"p00000{number}", 2 * number)
    return folder


@pytest.fixture(scope="module")
def trained(people, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    config = TrainingConfig(
        folder / "ppg2abp.tflite",
        test=(str(people),),
        people=5,
        person_s=20,
        widths=(4, 6, 8),
        epochs=1,
        batch_size=8,
        cache=folder,
    )
    train(config)
    return config.out


def test_a_training_writes_a_model_of_waveforms_with_its_card(trained, people):
    model = Model.load(trained)
    assert (model.manifest.task, model.labels) == ("ppg2abp", ["abp"])
    card = trained.with_suffix(".md").read_text()
    assert "no medical device" in card and "2308.02425" in card
    assert "learnt from simulated people" in card and "### Random split" in card
    assert f"### Real records: {people.name}" in card
    for suffix in (".png", ".onnx"):
        assert trained.with_suffix(suffix).stat().st_size > 100
    metrics = model.manifest.provenance["metrics"]
    assert metrics["Simulated people who are not in the training set"]["people"] == 1
    assert metrics[f"Real records: {people.name}"]["people"] == 6


def test_the_model_gives_the_pressure_and_the_ppg_of_a_recording(trained):
    _, ppg = record(0, SECONDS)
    t = np.arange(len(ppg)) / RATE
    found = Model.load(trained).sequence_of_recording(Chunk(t, ppg[:, None].astype(np.float32)))
    assert found.unit == "mmHg" and found.values.shape == (3 * HOP, 1)
    assert len(found.inputs["pleth"]) == 3 * HOP and found.start == pytest.approx(FIRST / RATE)
    assert np.corrcoef(found.inputs["pleth"], ppg[FIRST : FIRST + 3 * HOP])[0, 1] > 0.9


def test_windows_of_a_record_are_those_of_the_person(people):
    windows = read_record(people / "p000001.hea", HOP)
    pressure, _ = record(2, SECONDS)
    assert len(windows) == 3 and set(windows.person) == {"p000001"}
    assert np.allclose(windows.pressure[1], pressure[HOP : HOP + LENGTH], atol=0.6)
    assert windows.ppg.shape == (3, LENGTH, 1, 1) and abs(windows.ppg.mean()) < 1e-5


def test_records_name_their_person(tmp_path):
    assert person_of(tmp_path / "p00" / "p000020" / "3000_01.hea") == "p000020"
    assert person_of(tmp_path / "3000003_0001.hea") == "3000003"
    assert person_of(tmp_path / "mixedsignals.hea") == "mixedsignals"


def test_segments_are_read_with_their_record_and_not_once_more(people, tmp_path):
    for name in ("a1", "a2"):
        for suffix in (".hea", ".dat"):
            content = (people / f"p000000{suffix}").read_bytes()
            (tmp_path / f"{name}{suffix}").write_bytes(content.replace(b"p000000", name.encode()))
    count = SECONDS * RATE
    (tmp_path / "a.hea").write_text(f"a/2 2 {RATE} {2 * count}\na1 {count}\na2 {count}\n")
    assert find_records(tmp_path) == [tmp_path / "a.hea"]
    assert len(load_folder(str(tmp_path), HOP)) >= 5


def test_records_that_cannot_be_used_are_left_out_with_a_reason(people, tmp_path, caplog):
    write_person(tmp_path, "good", 2)
    write_record(tmp_path / "ecg.hea", {"MLII": np.sin(np.arange(2500) / 20)}, rate=RATE)
    write_person(tmp_path, "lost", 4).with_suffix(".dat").unlink()
    write_person(tmp_path, "flat", 6, PLETH=np.zeros(SECONDS * RATE))
    windows = load_folder(str(tmp_path), HOP)
    assert set(windows.person) == {"good"}
    assert "has the signals MLII, and no PLETH" in caplog.text
    assert "lost.dat: does not exist" in caplog.text
    with caplog.at_level("INFO"):
        load_folder(str(tmp_path), HOP)
    assert "left out: 3 with a flat PPG" in caplog.text


@pytest.mark.parametrize("empty", [True, False])
def test_a_folder_without_usable_records_is_one_clear_line(tmp_path, empty):
    message = "has neither .hea files nor data.hdf5"
    if not empty:
        write_person(tmp_path, "flat", 6, ABP=np.full(SECONDS * RATE, 0.8))
        message = r"no usable window \(3 with a flat pressure\)"
    with pytest.raises(RecordingError, match=message):
        load_folder(str(tmp_path), HOP)


def test_a_ppg_that_is_upside_down_is_turned(tmp_path, caplog):
    upright, ppg = read_record(write_person(tmp_path, "up", 2), HOP), record(2, SECONDS)[1]
    assert not is_upside_down(ppg)
    turned = read_record(write_person(tmp_path, "down", 2, PLETH=-ppg / np.ptp(ppg)), HOP)
    assert "its PLETH is upside down, and is turned" in caplog.text
    assert np.allclose(turned.ppg, upright.ppg, atol=0.05)


def test_the_file_of_the_paper_has_windows_of_unknown_people(tmp_path):
    pressure, ppg = record(2, 60)
    starts = range(0, 60 * RATE - LENGTH, LENGTH)
    data = np.array([[s[a : a + LENGTH] for s in (pressure, ppg)] for a in starts])
    with h5py.File(tmp_path / "data.hdf5", "w") as file:
        file["data"] = np.concatenate([data, np.zeros((1, 2, LENGTH))])
    windows = load_folder(str(tmp_path), HOP)
    assert len(windows) == len(data) and set(windows.person) == {UNKNOWN_PERSON}
    assert np.allclose(windows.pressure[0], pressure[:LENGTH], atol=0.01)
    split = split_by_person(windows, 0.25, 0)
    assert not split.by_person and np.array_equal(split.test.ppg, windows.ppg[-2:])
    with h5py.File(tmp_path / "data.hdf5", "w") as file:
        file["data"] = np.zeros((3, 5))
    with pytest.raises(RecordingError, match="has no `data` of n x 2 x 1024"):
        load_folder(str(tmp_path), HOP)
    (tmp_path / "data.hdf5").write_bytes(b"nothing")
    with pytest.raises(RecordingError, match="cannot be read"):
        load_folder(str(tmp_path), HOP)


def windows_of(*people):
    count = len(people)
    ppg, pressure = np.zeros((count, LENGTH, 1, 1)), np.zeros((count, LENGTH))
    return PressureWindows(ppg, pressure, np.array(people))


def test_nobody_is_trained_on_and_tested():
    windows = windows_of(*"aabbccddee")
    split = split_by_person(windows, 0.4, 0)
    assert split.by_person and not set(split.train.person) & set(split.test.person)
    assert len(split.test) == 4
    mixed = split_at_random(windows, 0.5, 0)
    assert not mixed.by_person and set(mixed.train.person) & set(mixed.test.person)
    with pytest.raises(RecordingError, match="of at least two"):
        split_by_person(windows_of("a", "a"), 0.2, 0)


def test_errors_get_the_grades_of_bhs_and_aami():
    within = Errors(np.array([1.0] * 60 + [8.0] * 25 + [12.0] * 10 + [20.0] * 5), 100)
    assert within.shares == (0.6, 0.85, 0.95) and within.bhs == "A"
    assert replace(within, values=within.values + 5).bhs == "D"
    assert replace(within, values=np.array([-3.0, 3.0])).aami == "passes"
    assert replace(within, values=np.array([6.0, 6.0])).aami == "fails"
    assert Errors(np.array([-3.0, 3.0]), 2).aami == "of 2 people only"


def test_an_evaluation_is_of_the_part_of_a_window_that_events_have():
    truth = np.full((2, LENGTH), 100.0)
    truth[:, FIRST], truth[:, LAST - 1], truth[:, 0] = 120, 80, 300
    usual = usual_pressures(truth)
    assert (usual["systolic"], usual["diastolic"]) == (120, 80)
    found = Evaluation.of("x", truth + 3, truth, np.array(["a", "b"]), usual)
    assert found.errors["mean"].mean == pytest.approx(3) and found.people == 2
    assert found.constant["systolic"].absolute == 0 and found.waveform == pytest.approx(3)
    assert len(found.table()) == 5


def test_the_fault_of_a_window_is_named():
    pressure, ppg = (signal[:LENGTH] for signal in record(2, 10))
    assert fault(ppg, pressure) == ""
    assert not is_flat(ppg)
    held = np.where(np.arange(LENGTH) > 900, ppg[900], ppg)
    assert fault(held, pressure) == "a flat PPG"
    assert fault(ppg, np.full(LENGTH, 80.0)) == "a flat pressure"
    assert fault(ppg, pressure + 200) == "an impossible pressure"
    assert fault(np.where(held == ppg[900], np.nan, ppg), pressure) == "missing samples"
    flushed = pressure + np.where(np.arange(LENGTH) > 500, 90, 0)
    assert fault(ppg, flushed) == "a pressure with steps"
    assert Counter([fault(ppg, pressure)]) == {"": 1}

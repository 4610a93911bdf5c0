"""Training of urban sounds on a miniature of UrbanSound8K, in its layout."""

from __future__ import annotations

import csv
import json
import warnings
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from edge.commands.edge_classify import main as classify
from edge.errors import RecordingError
from edge.model import Model
from tools.make_urbansound import make_miniature

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training.sound.learn.config import FitConfig, Schedule
    from training.sound.learn.network_config import NetworkConfig
    from training.urban.batches import SILENT, UrbanTrainingSet
    from training.urban.clips import load_spectra
    from training.urban.config import TrainingConfig
    from training.urban.metadata import FOLDS, LABELS, TABLE, other_folds, read_metadata
    from training.urban.report import threshold_for
    from training.urban.ten_folds import TenFolds, train_network
    from training.urban.train import train

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras and the converters warn of themselves


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("city") / "UrbanSound8K"
    make_miniature(folder, 1)
    return folder


@pytest.fixture(scope="module")
def config(corpus, tmp_path_factory):
    """A training that takes seconds: one fold, and a small network."""
    folder = tmp_path_factory.mktemp("model")
    return TrainingConfig(
        data=str(corpus),
        out=folder / "urbansound.tflite",
        folds=(3,),
        network=NetworkConfig(stem=8, stages=((8, 2), (8, 2)), width=16, blocks=1, dropout=0.0),
        fit=FitConfig(batch_size=24, steps_per_epoch=60),
        schedule=Schedule(epochs=2, learning_rate=1e-2),
        cache=folder / "cache",
    )


@pytest.fixture(scope="module")
def model(config):
    train(config)
    return config.out


def test_a_training_writes_a_model_for_ten_sounds_and_says_that_no_figure_is_real(model):
    loaded = Model.load(model)
    assert (loaded.manifest.task, loaded.labels) == ("urbansound", list(LABELS))
    assert loaded.manifest.provenance["metrics"]["ten folds"]["clips"] == len(LABELS)
    assert loaded.manifest.provenance["metrics"]["ten folds"]["accuracy"] > 0.3
    card = model.with_suffix(".md").read_text()
    assert "No real figure was measured" in card and "70.9 %" in card
    for suffix in (".png", ".onnx"):
        assert model.with_suffix(suffix).stat().st_size > 100


def test_recordings_are_classified_with_the_model(model, corpus, capsys):
    files = sorted((corpus / "audio" / "fold3").iterdir())
    assert classify([str(model), *map(str, files)]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    truth = [LABELS[int(file.name.split("-")[1])] for file in files]
    right = [line["label"] == label for line, label in zip(lines, truth, strict=True)]
    assert sum(right) >= 3


def test_the_weights_of_a_training_are_stored(model, config, corpus, caplog):
    spectra = load_spectra(read_metadata(corpus), config.cache)
    with caplog.at_level("INFO"):
        train_network(spectra, np.arange(len(spectra.clips)), config, "again")
    assert model.is_file() and "epoch" not in caplog.text


def test_the_miniature_has_the_layout_and_the_folds_of_the_corpus(corpus):
    with (corpus / TABLE).open() as file:
        rows = list(csv.DictReader(file))
    assert " ".join(rows[0]) == "slice_file_name fsID start end salience fold classID class"
    assert all((corpus / f"audio/fold{r['fold']}" / r["slice_file_name"]).is_file() for r in rows)
    clips = read_metadata(corpus)
    assert Counter(clip.fold for clip in clips) == dict.fromkeys(FOLDS, len(LABELS))
    assert {LABELS[int(row["classID"])] for row in rows} == {row["class"] for row in rows}


def test_no_recording_is_trained_on_and_tested(corpus):
    clips = read_metadata(corpus)
    mixed = [*clips, replace(clips[0], fold=2)]
    assert {clips[k].fold for k in other_folds(clips, 1)} == set(FOLDS) - {1}
    assert len(clips) not in other_folds(mixed, 1)  # the recording is in fold 1 as well
    assert 0 not in other_folds(mixed, 2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("fsID", "id", "has no column fsID"),
        (",1,0,air_conditioner", ",11,0,air_conditioner", "line 2: it needs a file name, a fold"),
        ("dog_bark", "cat", "one of the ten classes, but has"),
        ("100001-0-0-0.wav", "../x.wav", "line 2: it needs a file name"),
    ],
)
def test_impossible_metadata_is_one_clear_line(corpus, tmp_path, old, new, message):
    (tmp_path / TABLE).parent.mkdir()
    (tmp_path / TABLE).write_text((corpus / TABLE).read_text().replace(old, new))
    with pytest.raises(RecordingError, match=message):
        read_metadata(tmp_path)


def test_missing_folders_and_folds_are_one_clear_line(corpus, tmp_path):
    with pytest.raises(RecordingError, match=r"UrbanSound8K.csv does not exist: get UrbanSound8K"):
        read_metadata(tmp_path)
    (tmp_path / TABLE).parent.mkdir()
    (tmp_path / TABLE).write_bytes((corpus / TABLE).read_bytes())
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "fold1").symlink_to(corpus / "audio" / "fold1")
    with pytest.raises(RecordingError, match="has no clip of fold 2, 3, .*all ten folds"):
        read_metadata(tmp_path)


def test_clips_that_cannot_be_read_are_left_out(corpus, tmp_path, caplog):
    clips = read_metadata(corpus)[:4]
    broken, silent = tmp_path / "broken.wav", tmp_path / "silent.wav"
    broken.write_bytes(b"RIFF")
    silent.write_bytes(clips[0].path.read_bytes()[:44] + bytes(20000))
    given = [*clips, replace(clips[0], path=broken), replace(clips[0], path=silent)]
    spectra = load_spectra(given, tmp_path)
    assert list(spectra.clips) == clips and spectra.rows.shape == (4, 200, 40)
    assert caplog.text.count("left out") == 2
    with pytest.raises(RecordingError, match="none of 1 clips can be read"):
        load_spectra([replace(clips[0], path=broken)], tmp_path)


def test_batches_are_windows_with_sound_at_other_places(corpus, config, tmp_path):
    spectra = load_spectra(read_metadata(corpus), tmp_path)
    short = np.flatnonzero(spectra.classes == LABELS.index("gun_shot"))
    plain = replace(config.augmentation, background=0.0, noise=0.0)
    training_set = UrbanTrainingSet.of(spectra, short, replace(config, augmentation=plain))
    windows, targets = training_set.batches(config.fit)(0)
    assert windows.shape == (24, 200, 40) and np.all(np.argmax(targets, axis=1) == 6)
    loudest = windows.numpy().mean(axis=2).argmax(axis=1)
    assert loudest.min() < 60 and loudest.max() > 140
    assert windows.numpy().min() >= SILENT


def test_the_threshold_is_the_lowest_that_is_right_often_enough():
    classes = np.array([0, 0, 1, 1])
    scores = np.array([[0.9, 0.1], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8]], np.float32)
    folds = TenFolds(classes, np.array([1, 1, 2, 2]), scores, scores)
    assert threshold_for(folds, (0.5, 0.65, 0.95), 0.9) == 0.65
    assert threshold_for(folds, (0.5, 0.6), 1.1) == 0.6
    assert folds.accuracies(scores) == [0.5, 1.0] and folds.accuracy == 0.75

"""Sequences of words, talk and noise: how they are composed, scored and trained on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow import keras

from edge.errors import RecordingError
from edge.features.sound.specification import FRAMES
from edge.formats.sound import write_wav
from sound_training import NETWORK, make_clips, record_words, small_config, write_noise
from training.sound.data.clips import Clips, concatenate
from training.sound.data.leakage import without_silence_from
from training.sound.data.load import load_clips
from training.sound.data.log_mel import BANDS, FRONT_END, RATE, ROWS, log_mel
from training.sound.data.recordings import load_samples
from training.sound.data.words import SILENCE
from training.sound.learn import network
from training.sound.learn.sequence_config import (
    SequenceConfig,
    SequenceLossConfig,
    SequenceTraining,
)
from training.sound.learn.sequence_fit import load_talk, train_on_sequences
from training.sound.learn.sequence_loss import (
    clip_loss,
    join_windows,
    sequence_loss,
    windows_of_sequence,
)
from training.sound.learn.sequence_sound import add_rows, random_hiss, reverberate, voice
from training.sound.learn.sequence_targets import Labels, SequenceBatch, sequence_batch
from training.sound.learn.sequences import LiveSequence, SequenceComposer, SpokenWord
from training.sound.learn.training_sets import TrainingSet, task_training_set
from training.sound.task import keyword_task

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras

FRAME_COUNT = 200
TASK = keyword_task(["yes", "no"])
LABELS = Labels(words=2, silence=2, other=3)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    folder = tmp_path_factory.mktemp("words")
    record_words(folder, ["yes", "no", "dog"], range(6))
    return load_clips([str(folder)], folder / "cache")


@pytest.fixture(scope="module")
def training_set(recorded: Clips, tmp_path_factory: pytest.TempPathFactory) -> TrainingSet:
    noise = np.random.default_rng(0).normal(-8, 1, (5, ROWS, BANDS)).astype(np.float16)
    config = small_config(TASK, tmp_path_factory.mktemp("cache"))
    return task_training_set(recorded, noise, config)


def composer(training_set: TrainingSet, seed: int = 0, **config: object) -> SequenceComposer:
    rng = np.random.default_rng(1)
    talk = rng.normal(-4, 2, (3000, BANDS)).astype(np.float16)
    noises = [[rng.normal(-6, 1, (250, BANDS)).astype(np.float16)], list(training_set.noise)]
    settings = replace(SequenceConfig(frames=FRAME_COUNT), **config)  # type: ignore[arg-type]
    return SequenceComposer(training_set, 2, talk, noises, settings, seed)


def live_sequence(*words: SpokenWord, talk: bool = False) -> LiveSequence:
    return LiveSequence(np.zeros((FRAME_COUNT, BANDS), np.float32), list(words), talk)


def test_sequences_contain_words_talk_and_noise(training_set: TrainingSet) -> None:
    composed = composer(training_set)
    sequences = [composed.draw() for _ in range(60)]
    assert all(one.rows.shape == (FRAME_COUNT, BANDS) for one in sequences)
    assert all(np.isfinite(one.rows).all() for one in sequences)
    with_words = [one for one in sequences if one.words]
    talk = [one for one in sequences if one.talk]
    assert with_words and talk and len(with_words) + len(talk) < len(sequences)
    assert not any(one.words for one in talk)
    for one in with_words:
        assert all(word.begin < word.end for word in one.words)
        pairs = zip(one.words, one.words[1:], strict=False)
        assert all(word.end < following.begin for word, following in pairs)
    assert {word.label for one in with_words for word in one.words} == {0, 1, 3}


def test_the_same_seed_gives_the_same_sequences(training_set: TrainingSet) -> None:
    rows = [composer(training_set, seed).draw().rows for seed in (3, 3, 4)]
    np.testing.assert_array_equal(rows[0], rows[1])
    assert not np.array_equal(rows[0], rows[2])


def test_without_other_words_all_words_are_words_of_the_task(training_set: TrainingSet) -> None:
    kept = training_set.classes != 3
    only = replace(
        training_set,
        clips=training_set.clips[kept],
        classes=training_set.classes[kept],
        weight=training_set.weight[kept],
    )
    composed = composer(only, words=1.0)
    assert {word.label for _ in range(20) for word in composed.draw().words} == {0, 1}


def test_a_word_is_louder_than_the_pause_before_it(training_set: TrainingSet) -> None:
    composed = composer(training_set, words=1.0, noisy=0.0, reverberant=0.0, pause_s=(1.0, 2.0))
    for _ in range(10):
        sequence = composed.draw()
        level = np.exp(sequence.rows).sum(axis=1)
        for word in sequence.words:
            if word.begin > 20 and word.end < FRAME_COUNT:
                inside = level[round(word.begin) : round(word.end)].mean()
                assert inside > 2 * level[round(word.begin) - 15 : round(word.begin) - 8].mean()


def test_an_unchanged_voice_keeps_its_rows_and_a_faster_one_is_shorter() -> None:
    rows = np.random.default_rng(0).uniform(1, 2, (40, BANDS)).astype(np.float32)
    sequence = np.zeros((60, BANDS), np.float32)
    add_rows(sequence, rows, (0, 39), (10.0, 0.0), voice(1.0, 1.0), 2.0)
    np.testing.assert_allclose(sequence[10:30], 2 * rows[::2], rtol=1e-5)
    assert not sequence[:10].any() and not sequence[30:].any()
    faster = np.zeros((60, BANDS), np.float32)
    add_rows(faster, rows, (0, 39), (10.0, 0.0), voice(1.25, 1.0), 2.0)
    assert np.count_nonzero(faster.any(axis=1)) == 16


def test_other_formants_move_energy_to_other_bands() -> None:
    rows = np.zeros((4, BANDS), np.float32)
    rows[:, 20] = 1
    sequence = np.zeros((2, BANDS), np.float32)
    add_rows(sequence, rows, (0, 3), (0.0, 0.0), voice(1.0, 1.1), 1.0)
    assert sequence[0].argmax() < 20


def test_reverberation_has_a_decaying_tail() -> None:
    sequence = np.zeros((50, BANDS), np.float32)
    sequence[10] = 1
    reverberate(sequence, 20.0, 0.5)
    assert sequence[10, 0] == pytest.approx(0.5)
    tail = sequence[11:, 0]
    assert (np.diff(tail) < 0).all() and tail.sum() == pytest.approx(0.5, rel=0.01)


def test_hiss_has_the_energy_of_white_noise() -> None:
    rng = np.random.default_rng(0)
    noise = np.exp(FRONT_END.frames(rng.standard_normal(RATE).astype(np.float32)))
    ratio = random_hiss(rng, 500).mean(axis=0) / noise.mean(axis=0)
    np.testing.assert_allclose(ratio, 1, atol=0.4)


def test_targets_of_a_word_and_of_another_word() -> None:
    word, other = SpokenWord(0, 90, 110), SpokenWord(3, 150, 170)
    batch = sequence_batch([live_sequence(word, other)], LABELS)
    first_frame = FRAMES - 1  # of the first step
    frames = first_frame + 2 * np.arange(batch.step_labels.shape[1])
    assert batch.counts[0].tolist()[:3] == [True, False, False]
    smoothed = frames[4:]
    in_time = smoothed[batch.in_time[0, 0]]
    assert in_time.min() >= 108 and in_time.max() <= 146
    allowed = smoothed[batch.allowed[0, :, 0] == 1]
    assert 98 <= allowed.min() <= 100 and 158 <= allowed.max() <= 160
    assert not batch.allowed[0, :, 1].any()
    labels = batch.step_labels[0]
    assert set(labels[(frames >= 110) & (frames <= 125)]) == {0}
    assert set(labels[(frames >= 170) & (frames <= 185)]) == {3}
    assert set(labels[frames < 88]) == {2}
    assert set(labels[(frames > 146) & (frames < 168)]) == {-1}


def test_a_word_that_is_cut_does_not_count_and_talk_is_other_words() -> None:
    cut = live_sequence(SpokenWord(1, -10, 20), SpokenWord(1, 190, 215))
    batch = sequence_batch([cut, live_sequence(talk=True)], LABELS)
    assert not batch.counts.any()
    assert set(batch.step_labels[1]) == {3}
    assert not batch.allowed[1].any()


def scores(batch: SequenceBatch, **high: slice) -> tf.Tensor:
    """Scores of silence, but of a word where `high` says so."""
    found = np.full((*batch.step_labels.shape, 4), 0.01, np.float32)
    found[:, :, 2] = 0.97
    for word, steps in high.items():
        found[:, steps] = 0.01
        found[:, steps, TASK.words.index(word)] = 0.97
    return tf.constant(found)


def test_the_loss_is_low_for_one_detection_in_time_and_high_for_a_false_accept() -> None:
    batch = sequence_batch([live_sequence(SpokenWord(0, 90, 110))], LABELS)
    targets = {name: tf.constant(array) for name, array in vars(batch).items()}

    def part(name: str, **high: slice) -> float:
        return float(sequence_loss(scores(batch, **high), targets, SequenceLossConfig())[name])

    in_time = slice(15, 21)
    assert part("misses", yes=in_time) < 0.1 < 1 < part("misses")
    assert part("misses", no=in_time) > 1
    assert part("false accepts", yes=in_time) < 0.1
    assert part("false accepts", no=in_time) > 0.4
    assert part("false accepts", yes=slice(0, 6)) > 0.4
    assert part("loss", yes=in_time) < part("loss") < part("loss", no=in_time)


def test_scores_of_a_sequence_are_those_of_its_windows() -> None:
    trainable = network.build_trainable((FRAMES, BANDS), 5, NETWORK, groups=[0, 1, 2, 2, 3])
    folded = network.fold_batchnorm(trainable, NETWORK)
    rows = np.random.default_rng(0).normal(-5, 3, (2, FRAMES + 20, BANDS)).astype(np.float32)
    found = network.to_sequences(folded, NETWORK, FRAMES + 20).predict(rows, verbose=0)
    assert found.shape == (2, 11, 4)
    for step in range(11):
        window = rows[:, 2 * step : 2 * step + FRAMES]
        np.testing.assert_allclose(found[:, step], network.probabilities(folded, window), atol=1e-5)


def test_windows_of_clips_in_sequences_have_the_scores_of_single_windows() -> None:
    frames = 2 * FRAMES + 10
    folded = network.build((FRAMES, BANDS), 4, NETWORK)
    windows = np.random.default_rng(0).normal(-5, 3, (6, FRAMES, BANDS)).astype(np.float32)
    assert windows_of_sequence(frames) == 2
    sequences = join_windows(tf.constant(windows), frames)
    assert sequences.shape == (3, frames, BANDS)
    found = network.to_sequences(folded, NETWORK, frames)(sequences)
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 0, 1]]
    of_targets = network.probabilities(folded, windows)[targets == 1]
    loss = float(clip_loss(found, tf.constant(targets)))
    assert loss == pytest.approx(-np.log(of_targets).mean(), rel=1e-3)


def test_training_on_sequences_lowers_the_scores_of_words_in_talk(
    training_set: TrainingSet, tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    write_wav(tmp_path / "talk.wav", 0.05 * rng.standard_normal(61 * RATE), RATE)
    sequences = SequenceConfig(frames=FRAME_COUNT, synthetic_noises=4)
    config = replace(
        small_config(TASK, tmp_path),
        talk=(str(tmp_path / "talk.wav"),),
        sequence_training=SequenceTraining(
            steps=80,
            learning_rate=1e-2,
            batch_size=8,
            clip_sequences=2,
            trained_layers=3,
            sequences=sequences,
            loss=SequenceLossConfig(clips=0.1),  # the teacher is untrained
        ),
    )
    keras.utils.set_random_seed(0)
    folded = network.build((FRAMES, BANDS), 4, NETWORK)
    before = [weights.copy() for weights in folded.get_weights()]
    noise = [write_noise(tmp_path / "noise.wav")]
    trained = train_on_sequences(folded, training_set, noise, config)
    assert all(map(np.array_equal, before, folded.get_weights()))
    changed = [
        not np.array_equal(*pair) for pair in zip(before, trained.get_weights(), strict=True)
    ]
    assert not any(changed[:-6]) and all(changed[-6:])  # a kernel and a bias of each layer
    talk = np.tile(log_mel(load_samples(tmp_path / "talk.wav", RATE)[:RATE])[::2], (2, 1))[:FRAMES]
    learnt, untrained = (network.probabilities(one, talk[None]) for one in (trained, folded))
    assert learnt[0, :2].sum() < 0.6 * untrained[0, :2].sum()


def test_too_little_talk_is_an_error(tmp_path: Path) -> None:
    write_noise(tmp_path / "talk.wav")
    with pytest.raises(RecordingError, match="give at least a minute of talk"):
        load_talk([str(tmp_path)])


def test_silence_that_was_cut_from_a_test_noise_is_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    hum = np.convolve(rng.standard_normal(4 * RATE), np.ones(60) / 60, "same")
    write_wav(tmp_path / "hum.wav", 0.1 * hum, RATE)
    clips = make_clips(["yes", "no", SILENCE, SILENCE], ["ann"])
    samples = load_samples(tmp_path / "hum.wav", RATE)[RATE // 2 :][:RATE]
    clips.rows[2] = log_mel(samples) - 2  # softer
    clips.rows[3] = log_mel(0.1 * rng.standard_normal(RATE).astype(np.float32))
    left = without_silence_from(concatenate([clips]), [tmp_path / "hum.wav"])
    assert left.word.tolist() == ["yes", "no", SILENCE]
    np.testing.assert_array_equal(left.rows[2], clips.rows[3])
    assert len(without_silence_from(clips, [])) == 4

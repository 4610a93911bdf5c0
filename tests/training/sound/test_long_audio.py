"""Long audio: mixed from clips or annotated, and the clips it is mixed from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.takes.sound.endpoints import word_span
from synthetic_words import RATE, synthetic_word, write_clip, write_word_clips
from training.sound.data.clip_files import LabelledClip
from training.sound.data.clip_selection import select_clips
from training.sound.data.leakage import refuse_leakage, shared_speakers
from training.sound.data.words import label_of
from training.sound.evaluate.long_audio import TrueWord, background
from training.sound.evaluate.long_audio.annotations import AnnotatedRecording
from training.sound.evaluate.long_audio.mixing import MixedAudio, mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig

TARGETS = ["one", "two"]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[LabelledClip]:
    return write_word_clips(tmp_path_factory.mktemp("clips"))


@pytest.mark.parametrize("snr_db", [60, 25, 12])
@pytest.mark.parametrize("span", [(0.1, 0.5), (0.35, 0.9), (0.05, 0.75)])
def test_a_word_is_found_above_the_noise_of_its_clip(
    span: tuple[float, float], snr_db: float
) -> None:
    for seed in range(5):
        assert word_span(synthetic_word(*span, snr_db, seed), RATE) == pytest.approx(span, abs=0.04)


def test_a_click_and_a_hum_are_not_part_of_a_word() -> None:
    samples = synthetic_word(0.3, 0.6, 30)
    samples[round(0.92 * RATE) : round(0.922 * RATE)] = 0.5
    samples += 0.1 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE).astype(np.float32)
    assert word_span(samples, RATE) == pytest.approx((0.3, 0.6), abs=0.04)


def test_a_closure_before_the_last_sound_is_part_of_a_word() -> None:
    samples = synthetic_word(0.2, 0.5, 40) + synthetic_word(0.62, 0.75, 40, seed=1)
    assert word_span(samples, RATE) == pytest.approx((0.2, 0.75), abs=0.04)


def test_a_silent_clip_is_one_word_from_start_to_end() -> None:
    assert word_span(np.zeros(RATE, np.float32), RATE) == (0, 1)
    assert word_span(np.zeros(10, np.float32), RATE) == (0, 10 / RATE)


def mix(
    clips: list[LabelledClip], seconds: float, noise: Sequence[np.ndarray] = (), **settings: Any
) -> list[MixedAudio]:
    return mix_clips(clips, TARGETS, noise, MixConfig(seconds=seconds, **settings))


def test_words_have_the_same_times_at_every_noise_level(clips: list[LabelledClip]) -> None:
    noise = [np.random.default_rng(3).standard_normal(RATE).astype(np.float32)]
    clean, noisy = mix(clips, 400, noise, snrs=[None, 0.0], seed=5)
    assert clean.words == noisy.words
    assert (clean.name, noisy.name) == ("clean", "0 dB")
    assert mix(clips, 400, noise, seed=6)[0].words != clean.words
    first, again = (np.concatenate(list(noisy.blocks())) for _ in range(2))
    assert len(first) == 400 * RATE
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("gap_s", [MixConfig.gap_s, (0.1, 0.3)])
def test_gaps_between_words_are_within_limits_and_noise_is_alone_between_stretches(
    clips: list[LabelledClip], gap_s: tuple[float, float]
) -> None:
    (audio,) = mix(clips, 1000, seed=1, gap_s=gap_s)
    gaps = np.array(
        [
            after.start - before.end
            for before, after in zip(audio.words, audio.words[1:], strict=False)
        ]
    )
    low, high = gap_s
    between_words = gaps[gaps < MixConfig.noise_only_s]
    assert between_words.min() >= low - 1e-6 and between_words.max() <= high + 1e-6
    assert len(gaps) - len(between_words) == 5  # five whole stretches of noise alone in 1000 s
    cycle_s = audio.config.cycle_s
    assert all(word.end % cycle_s <= MixConfig.speech_s for word in audio.words)
    targets = sum(word.label in TARGETS for word in audio.words)
    assert 0.4 < targets / len(audio.words) < 0.6
    # Every clip is used before a clip is used again.
    assert {placement.clip for placement in audio.placements} == set(clips)


@pytest.mark.parametrize("snr", [20.0, 6.0, 0.0])
def test_words_have_the_given_snr(clips: list[LabelledClip], snr: float) -> None:
    noise = [np.random.default_rng(k).standard_normal(3 * RATE).astype(np.float32) for k in (1, 2)]
    (audio,) = mix(clips, 300, noise, snrs=[snr], seed=2)
    sound = np.concatenate(list(audio.blocks()))
    noise_power = np.mean(sound[155 * RATE : 175 * RATE] ** 2)
    t = np.arange(len(sound)) / RATE
    in_word = np.zeros(len(sound), bool)
    for word in audio.words:
        in_word |= (t >= word.start) & (t < word.end)
    word_power = np.mean(sound[in_word] ** 2) - noise_power
    assert 10 * np.log10(word_power / noise_power) == pytest.approx(snr, abs=0.7)


def test_clean_audio_has_noise_between_stretches_of_words_only(clips: list[LabelledClip]) -> None:
    noise = [np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32)]
    (audio,) = mix(clips, 300, noise, seed=2)
    sound = np.concatenate(list(audio.blocks()))
    before = round(audio.words[0].start * RATE) - RATE // 2
    assert np.std(sound[: max(before, 1600)]) < 3 * background.HISS_RMS
    expected = background.WORD_RMS * 10 ** (-background.CLEAN_SNR_DB / 20)
    assert np.std(sound[155 * RATE : 175 * RATE]) == pytest.approx(expected, rel=0.1)


def test_words_are_repeated_in_a_row(clips: list[LabelledClip]) -> None:
    (audio,) = mix(clips, 60, gap_s=(0.3, 0.3), repetitions=3)
    played = [word.clip for word in audio.words]
    rows = [played[at : at + 3] for at in range(0, len(played) - 2, 3)]
    assert len(rows) > 5
    assert all(len(set(row)) == 1 for row in rows)
    assert len({row[0] for row in rows}) == min(len(clips), len(rows))
    first, second, *_ = audio.words
    assert second.start - first.end == pytest.approx(0.3)


def test_a_target_without_clips_is_refused(clips: list[LabelledClip]) -> None:
    with pytest.raises(RecordingError, match="no clips of three"):
        mix_clips(clips, ["one", "three"], [], MixConfig(seconds=100))


def test_an_annotated_recording_is_read(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "kitchen.wav", synthetic_word(0.5, 1.0, 40, seconds=25.5))
    with pytest.raises(RecordingError, match=r"no kitchen.csv beside it"):
        AnnotatedRecording.open(path)
    table = tmp_path / "kitchen.csv"
    table.write_text("start,end,word\n5,5.5,no\n0.5,1.0,yes\n")
    audio = AnnotatedRecording.open(path)
    assert audio.words == [TrueWord(0.5, 1.0, "yes"), TrueWord(5, 5.5, "no")]
    assert audio.seconds == pytest.approx(25.5)
    assert [len(block) for block in audio.blocks()] == [160000, 160000, 88000]
    table.write_text("start,end,word\n0.5,1.0,yes\n3,2,no\n")
    with pytest.raises(RecordingError, match="line 3"):
        AnnotatedRecording.open(path)
    for content in (b"", b"0.5,1.0,yes\n", b"start;end;word\n0.5;1;yes\n"):
        table.write_bytes(content)
        with pytest.raises(RecordingError, match="needs the columns start, end"):
            AnnotatedRecording.open(path)
    table.write_bytes("start,end,word\n0.5,1.0,größe\n".encode("latin-1"))
    with pytest.raises(RecordingError, match="write it as UTF-8"):
        AnnotatedRecording.open(path)


def test_a_speaker_in_training_and_test_is_refused(tmp_path: Path) -> None:
    assert shared_speakers(["a", "", "b"], ["", "b", "c"]) == {"b"}
    with pytest.raises(RecordingError, match="1 speakers .*b"):
        refuse_leakage("ab", "bc")
    write_clip(tmp_path / "1.wav", synthetic_word(0.2, 0.5, 40))
    index = tmp_path / "index.csv"
    write_clip(tmp_path / "2.wav", synthetic_word(0.2, 0.5, 50))
    index.write_text("split,path,label,word,speaker\ntrain,1.wav,x,x,ann\ntest,2.wav,x,x,bob\n")
    assert [clip.speaker for clip in select_clips([tmp_path], "test")] == ["bob"]
    assert [clip.speaker for clip in select_clips([index])] == ["ann", "bob"]
    index.write_text("split,path,label,word,speaker\ntrain,1.wav,x,x,ann\ntest,1.wav,x,x,ann\n")
    with pytest.raises(RecordingError, match="in the training as well"):
        select_clips([tmp_path], "test")


@pytest.mark.parametrize(
    ("content", "split", "message"),
    [
        ("split,path,label,word,speaker\n", None, "lists no recording"),
        ("split,path,label,word,speaker\nval,1.wav,x,x,a\n", "test", "no split 'test', but val"),
        ("path,word\n1.wav,x\n", None, "needs the columns"),
    ],
)
def test_a_wrong_list_of_clips_is_refused(
    tmp_path: Path, content: str, split: str | None, message: str
) -> None:
    (tmp_path / "index.csv").write_text(content)
    with pytest.raises(RecordingError, match=message):
        select_clips([tmp_path], split)


def test_each_word_has_the_label_that_a_model_should_give() -> None:
    assert label_of("yes", ["yes", "unknown"]) == "yes"
    assert label_of("bird", ["yes", "unknown"]) == "unknown"
    assert label_of("seven", [*"0123456789", "none"]) == "7"
    with pytest.raises(RecordingError, match="does not know 'bird'"):
        label_of("bird", ["yes", "no"])

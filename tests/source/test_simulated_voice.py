"""Simulated speakers, and the simulated microphone (`--mock`) that records them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest

from edge.cli.parser import CommandParser
from edge.features.sound.front_end import FrontEnd
from edge.samples import AUDIO
from edge.simulation.seeds import person_seed
from edge.simulation.sound.room import Noise, Room
from edge.simulation.sound.speaker import (
    COMMANDS,
    DIGITS,
    OTHERS,
    SPEECH_LEVEL,
    WORDS,
    Speaker,
    say,
)
from edge.simulation.sound.utterances import parse_script
from edge.simulation.sound.voice_data import FILE, voices
from edge.source.files.motion import ReplaySource
from edge.source.simulated.microphone import SimulatedMicrophone

RATE = 16000
REQUIREMENTS = {"channels": list(AUDIO), "rate_hz": RATE}


def play(words: str | None, **options) -> tuple[np.ndarray, np.ndarray, SimulatedMicrophone]:
    script = parse_script(words) if words else ()
    source = SimulatedMicrophone(REQUIREMENTS, script, speed=np.inf, **options)
    with source:
        chunks = list(source)
    return (
        np.concatenate([chunk.t for chunk in chunks]),
        np.concatenate([chunk.values for chunk in chunks])[:, 0],
        source,
    )


def rms(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound**2)))


def normalised_spectrograms(words: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 16, mel bands): 16 frames of each word, independent of its level and length."""
    front_end = FrontEnd()
    spectrograms = []
    for word in words:
        frames = front_end.frames(np.pad(word, 400))
        chosen = np.linspace(0, len(frames) - 1, 16).round().astype(int)
        spectrograms.append(np.maximum(frames, frames.max() - 8)[chosen])
    found = np.array(spectrograms)
    return found - found.mean(axis=(1, 2), keepdims=True)


def test_every_speaker_can_say_every_word():
    assert set(DIGITS) | set(COMMANDS) | set(OTHERS) == set(WORDS)
    assert len(WORDS) == 30
    for number in range(4):
        speaker = Speaker(number)
        for word in WORDS:
            sound = say(word, speaker, speaker.rng)
            assert sound.dtype == np.float32
            assert np.isfinite(sound).all()
            assert 0.1 < len(sound) / RATE < 1.3, (number, word)
            assert np.abs(sound).max() <= 1
            assert SPEECH_LEVEL / 4 < rms(sound) < SPEECH_LEVEL * 4


def test_words_of_new_speakers_are_recognised_by_the_nearest_neighbour():
    """The accuracy is far above chance, which is one in thirty."""
    training, test = [], []
    for number in range(15):
        speaker = Speaker(number)
        split = test if number >= 12 else training
        words = [say(word, speaker, speaker.rng) for word in WORDS]
        split.append(normalised_spectrograms(words))
    known = np.concatenate(training)
    correct = 0
    for words in test:
        for i, spectrogram in enumerate(words):
            nearest = int(np.argmin(((known - spectrogram) ** 2).sum(axis=(1, 2))))
            correct += nearest % len(WORDS) == i
    assert correct / (len(test) * len(WORDS)) > 0.7


def test_word_has_the_pitch_of_its_speaker():
    for hz in (90.0, 140.0, 220.0):
        speaker = Speaker(3)
        speaker.pitch, speaker.intonation, speaker.jitter = hz, 0.0, 0.001
        sound = say("no", speaker, np.random.default_rng(0)).astype(float)
        autocorrelation = np.correlate(sound, sound, "full")[len(sound) - 1 :]
        lags = np.arange(int(RATE / 400), int(RATE / 60))
        assert RATE / lags[np.argmax(autocorrelation[lags])] == pytest.approx(hz, rel=0.15)


def test_seed_determines_the_speaker_and_words_vary():
    first, again, other = Speaker(7), Speaker(7), Speaker(9)
    once = say("yes", first, first.rng)
    assert np.array_equal(once, say("yes", again, again.rng))
    for sound in (say("yes", first, first.rng), say("yes", other, other.rng)):
        assert len(sound) != len(once) or not np.array_equal(sound, once)
    # Seeds of --mock are odd: training uses the even ones.
    assert {person_seed(seed, number) % 2 for seed in range(9) for number in range(9)} == {1}


def test_voices_file_is_small_and_has_every_word_twice():
    assert FILE.stat().st_size < 150_000
    assert len(voices()) >= 4
    for word in WORDS:
        assert sum(word in voice.words for voice in voices()) >= 2, word


def test_script_is_said_and_marked_with_its_times():
    t, sound, source = play("yes, 42 left", seed=2)
    assert [mark.label for mark in source.marks] == ["yes", "4", "2", "left"]
    quiet = np.median(np.abs(sound))
    for mark, following in zip(source.marks, [*list(source.marks)[1:], None], strict=True):
        assert mark.start < mark.end < t[-1]
        word = sound[(t >= mark.start) & (t < mark.end)]
        before = sound[(t >= mark.start - 0.09) & (t < mark.start)]
        assert rms(word) > SPEECH_LEVEL / 3
        assert rms(word) > 4 * rms(before), mark
        # The mark is tight: there is sound within 50 ms of both ends.
        for end in (word[:800], word[-800:]):
            assert np.abs(end).max() > 5 * quiet
        if following is not None:
            pause = following.start - mark.end
            assert (0.3 < pause < 0.7) if mark.label == "4" else (1.2 < pause < 2.1)


def test_times_count_samples_and_no_sample_is_lost_or_clipped():
    t, sound, source = play("0123456789 stop go", seed=3)
    assert np.array_equal(t, np.arange(len(t)) / RATE)
    assert sound.dtype == np.float32
    assert 0.1 < np.abs(sound).max() < 1
    assert source.channels == AUDIO
    assert source.health.samples == len(t)
    assert source.health.lost == source.health.clipped == 0
    assert source.health.rate == pytest.approx(RATE)


def test_chunks_are_at_most_50_ms_long():
    with SimulatedMicrophone(REQUIREMENTS, parse_script("no"), speed=np.inf) as source:
        assert max(len(chunk) for chunk in source) <= 0.05 * RATE


def test_speed_changes_the_duration_and_not_the_samples():
    _, fast, _ = play("go", seed=5)
    started = time.monotonic()
    with SimulatedMicrophone(REQUIREMENTS, parse_script("go"), seed=5, speed=4.0) as source:
        slow = np.concatenate([chunk.values for chunk in source])[:, 0]
    assert np.array_equal(fast, slow)
    assert time.monotonic() - started >= 0.9 * len(slow) / RATE / 4


@pytest.mark.parametrize("seconds", [0.001, 0.0173, 0.1])
def test_samples_do_not_depend_on_the_chunk_length(seconds, monkeypatch):
    whole_t, whole, _ = play("on", seed=5)
    monkeypatch.setattr("edge.source.simulated.microphone.CHUNK", seconds)
    t, cut, _ = play("on", seed=5)
    assert np.array_equal(cut, whole)
    assert np.array_equal(t, whole_t)


def test_other_sampling_rates_have_the_same_words_and_times():
    _, sound, source = play("on 3", seed=5)
    with SimulatedMicrophone({"rate_hz": 8000}, parse_script("on 3"), seed=5, speed=np.inf) as slow:
        halved = np.concatenate([chunk.values for chunk in slow])[:, 0]
    assert slow.marks == source.marks
    assert len(halved) == pytest.approx(len(sound) / 2, abs=2)
    for mark in slow.marks:
        word = halved[int(mark.start * 8000) : int(mark.end * 8000)]
        before = halved[int((mark.start - 0.09) * 8000) : int(mark.start * 8000)]
        assert rms(word) > 4 * rms(before)


def test_seed_determines_the_sound():
    first, again, other = (play("7", seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:1000], other[:1000])


@pytest.mark.parametrize("noise", [0, 10, 30])
def test_noise_has_the_given_level(noise):
    _, sound, source = play(None, noise=noise, pause=10.0, seed=4)
    assert not source.marks
    assert len(sound) == 10 * RATE
    assert 20 * np.log10(SPEECH_LEVEL / rms(sound)) == pytest.approx(noise, abs=0.5)


def test_noise_is_continuous_across_portions():
    whole, parts = (Noise(np.random.default_rng(1), 0.1) for _ in range(2))
    expected = whole.take(20_000)
    assert np.allclose(np.concatenate([parts.take(n) for n in (1, 4999, 10_000, 5000)]), expected)
    steps = np.abs(np.diff(whole.take(100_000)))
    assert steps.max() < 12 * np.median(steps)


def test_room_adds_an_echo_after_the_direct_sound():
    click = np.zeros(RATE)
    click[1000] = 1.0
    response = Room(np.random.default_rng(0)).reverberate(click)
    assert np.allclose(response[:1000], 0, atol=1e-9)
    assert response[1000] == pytest.approx(1.0)
    assert 0.01 < np.sum(response[1001:] ** 2) < 0.3
    assert np.abs(response[-100:]).max() < 1e-6


def test_random_utterances_contain_commands_digits_and_other_words():
    source = SimulatedMicrophone(REQUIREMENTS, speed=np.inf)
    with source:
        for chunk in source:
            if chunk.t[-1] > 200:
                break
    labels = {mark.label for mark in source.marks}
    assert labels & set(COMMANDS)
    assert labels & set("0123456789")
    assert labels & set(OTHERS)
    times = [time for mark in source.marks for time in (mark.start, mark.end)]
    assert times == sorted(times)


def parse(*options: str):
    parser = CommandParser("listen", "Listens.")
    group = parser.add_argument_group("source")
    for kind in (ReplaySource, SimulatedMicrophone):
        kind.add_options(group)
    return parser.parse_args(options)


def test_options_set_up_the_simulated_microphone():
    assert SimulatedMicrophone.from_options(parse(), REQUIREMENTS) is None
    options = parse("--mock", "--words", "Yes,on 10", "--seed", "3", "--noise", "12.5")
    source = SimulatedMicrophone.from_options(options, REQUIREMENTS)
    assert isinstance(source, SimulatedMicrophone)
    assert source.script == (("yes",), ("on",), ("one", "zero"))
    assert (source.seed, source.noise, source.pause, source.speed) == (3, 12.5, 0, 1)
    endless = SimulatedMicrophone.from_options(parse("--mock"), REQUIREMENTS)
    assert endless.script is None
    silent = SimulatedMicrophone.from_options(parse("--mock", "--pause", "5"), REQUIREMENTS)
    assert silent.script == ()


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--words", "yes hullo"], "the simulated speakers cannot say 'hullo': choose from"),
        (["--words", " , "], "it contains no word"),
        (["--words", "4²"], "the simulated speakers cannot say '4²'"),
        (["--noise", "loud"], "invalid noise value: 'loud'"),
        (["--noise", "nan"], "nan is not a noise level"),
        (["--noise", "-90"], "-90 is not a noise level"),
        (["--pause", "-1"], "-1 is not a duration"),
        (["--pause", "inf"], "inf is not a duration"),
        (["--seed", "-1"], "-1 is no seed"),
    ],
)
def test_invalid_option_is_a_one_line_error(options, hint, capsys):
    with pytest.raises(SystemExit):
        parse("--mock", *options)
    lines = capsys.readouterr().err.splitlines()
    assert hint in lines[-1]
    assert lines[-1].startswith("listen: error: ")

"""Simulated people who speak: what they say, and the `--mock` source of sound they are heard in."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest

from edge.cli.options import CommandParser
from edge.features.sound.front_end import FrontEnd
from edge.samples import AUDIO
from edge.simulation.seeds import person_seed
from edge.simulation.sound.room import Noise, Room
from edge.simulation.sound.talk import script
from edge.simulation.sound.voice import COMMANDS, DIGITS, LEVEL, OTHERS, WORDS, Person, say
from edge.simulation.sound.voice_data import FILE, voices
from edge.source.files.motion import ReplaySource
from edge.source.simulated.microphone import SimulatedMicrophone

RATE = 16000
NEEDS = {"channels": list(AUDIO), "rate_hz": RATE}


def played(words: str | None, **options) -> tuple[np.ndarray, np.ndarray, SimulatedMicrophone]:
    said = script(words) if words else ()
    source = SimulatedMicrophone(NEEDS, said, speed=np.inf, **options)
    with source:
        chunks = list(source)
    return (
        np.concatenate([chunk.t for chunk in chunks]),
        np.concatenate([chunk.values for chunk in chunks])[:, 0],
        source,
    )


def loudness(sound: np.ndarray) -> float:
    return float(np.sqrt(np.mean(sound**2)))


def pictures(sounds: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 16 moments, mel bands) of each word, level and length taken out."""
    front_end = FrontEnd()
    each = []
    for sound in sounds:
        frames = front_end.frames(np.pad(sound, 400))
        moments = np.linspace(0, len(frames) - 1, 16).round().astype(int)
        each.append(np.maximum(frames, frames.max() - 8)[moments])
    found = np.array(each)
    return found - found.mean(axis=(1, 2), keepdims=True)


def test_every_word_can_be_said_in_many_ways():
    assert set(DIGITS) | set(COMMANDS) | set(OTHERS) == set(WORDS)
    assert len(WORDS) == 30
    for number in range(4):
        person = Person(number)
        for word in WORDS:
            sound = say(word, person, person.rng)
            assert sound.dtype == np.float32
            assert np.isfinite(sound).all()
            assert 0.1 < len(sound) / RATE < 1.3, (number, word)
            assert np.abs(sound).max() <= 1
            assert LEVEL / 4 < loudness(sound) < LEVEL * 4


def test_a_word_sounds_like_itself_from_other_people():
    """Nearest neighbour over people who never say anything else: far above one in thirty."""
    taught, asked = [], []
    for number in range(15):
        person = Person(number)
        of = asked if number >= 12 else taught
        of.append(pictures([say(word, person, person.rng) for word in WORDS]))
    known = np.concatenate(taught)
    right = 0
    for theirs in asked:
        for i, picture in enumerate(theirs):
            nearest = int(np.argmin(((known - picture) ** 2).sum(axis=(1, 2))))
            right += nearest % len(WORDS) == i
    assert right / (len(asked) * len(WORDS)) > 0.7


def test_the_pitch_is_the_persons():
    for hz in (90.0, 140.0, 220.0):
        person = Person(3)
        person.pitch, person.melody, person.hoarseness = hz, 0.0, 0.001
        sound = say("no", person, np.random.default_rng(0)).astype(float)
        alike = np.correlate(sound, sound, "full")[len(sound) - 1 :]
        lags = np.arange(int(RATE / 400), int(RATE / 60))
        assert RATE / lags[np.argmax(alike[lags])] == pytest.approx(hz, rel=0.15)


def test_the_same_seed_is_the_same_person_who_never_says_a_word_twice_alike():
    first, again, other = Person(7), Person(7), Person(9)
    once = say("yes", first, first.rng)
    assert np.array_equal(once, say("yes", again, again.rng))
    for sound in (say("yes", first, first.rng), say("yes", other, other.rng)):
        assert len(sound) != len(once) or not np.array_equal(sound, once)
    # Training has the even numbers.
    assert {person_seed(seed, number) % 2 for seed in range(9) for number in range(9)} == {1}


def test_the_voices_are_small_and_together_know_all_words():
    assert FILE.stat().st_size < 150_000
    assert len(voices()) >= 4
    for word in WORDS:
        assert sum(word in voice.words for voice in voices()) >= 2, word


def test_it_says_what_it_is_told_and_when():
    t, sound, source = played("yes, 42 left", seed=2)
    assert [mark.label for mark in source.marks] == ["yes", "4", "2", "left"]
    quiet = np.median(np.abs(sound))
    for mark, following in zip(source.marks, [*list(source.marks)[1:], None], strict=True):
        assert mark.start < mark.end < t[-1]
        said = sound[(t >= mark.start) & (t < mark.end)]
        before = sound[(t >= mark.start - 0.09) & (t < mark.start)]
        assert loudness(said) > LEVEL / 3
        assert loudness(said) > 4 * loudness(before), mark
        # It neither begins late nor ends early: within 50 ms of both ends there is something.
        for end in (said[:800], said[-800:]):
            assert np.abs(end).max() > 5 * quiet
        if following is not None:
            pause = following.start - mark.end
            assert (0.3 < pause < 0.7) if mark.label == "4" else (1.2 < pause < 2.1)


def test_time_is_counted_and_levels_are_those_of_sound():
    t, sound, source = played("0123456789 stop go", seed=3)
    assert np.array_equal(t, np.arange(len(t)) / RATE)
    assert sound.dtype == np.float32
    assert 0.1 < np.abs(sound).max() < 1
    assert source.channels == AUDIO
    assert source.health.samples == len(t)
    assert source.health.lost == source.health.clipped == 0
    assert source.health.rate == pytest.approx(RATE)


def test_chunks_are_small_enough_to_react_to():
    with SimulatedMicrophone(NEEDS, script("no"), speed=np.inf) as source:
        assert max(len(chunk) for chunk in source) <= 0.05 * RATE


def test_speed_changes_nothing_but_the_time_it_takes():
    _, fast, _ = played("go", seed=5)
    begun = time.monotonic()
    with SimulatedMicrophone(NEEDS, script("go"), seed=5, speed=4.0) as source:
        slow = np.concatenate([chunk.values for chunk in source])[:, 0]
    assert np.array_equal(fast, slow)
    assert time.monotonic() - begun >= 0.9 * len(slow) / RATE / 4


@pytest.mark.parametrize("seconds", [0.001, 0.0173, 0.1])
def test_how_it_is_cut_changes_nothing(seconds, monkeypatch):
    whole_t, whole, _ = played("on", seed=5)
    monkeypatch.setattr("edge.source.simulated.microphone.CHUNK", seconds)
    t, cut, _ = played("on", seed=5)
    assert np.array_equal(cut, whole)
    assert np.array_equal(t, whole_t)


def test_a_model_of_another_rate_hears_the_same():
    pytest.importorskip("edge.resample")
    _, sound, source = played("on 3", seed=5)
    with SimulatedMicrophone({"rate_hz": 8000}, script("on 3"), seed=5, speed=np.inf) as slow:
        halved = np.concatenate([chunk.values for chunk in slow])[:, 0]
    assert slow.marks == source.marks
    assert len(halved) == pytest.approx(len(sound) / 2, abs=2)
    for mark in slow.marks:
        said = halved[int(mark.start * 8000) : int(mark.end * 8000)]
        before = halved[int((mark.start - 0.09) * 8000) : int(mark.start * 8000)]
        assert loudness(said) > 4 * loudness(before)


def test_a_seed_is_a_run():
    first, again, other = (played("7", seed=seed)[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:1000], other[:1000])


@pytest.mark.parametrize("noise", [0, 10, 30])
def test_noise_is_as_loud_as_it_is_asked_for(noise):
    _, sound, source = played(None, noise=noise, pause=10.0, seed=4)
    assert not source.marks
    assert len(sound) == 10 * RATE
    assert 20 * np.log10(LEVEL / loudness(sound)) == pytest.approx(noise, abs=0.5)


def test_noise_goes_on_without_a_seam():
    whole, parts = (Noise(np.random.default_rng(1), 0.1) for _ in range(2))
    expected = whole.take(20_000)
    assert np.allclose(np.concatenate([parts.take(n) for n in (1, 4999, 10_000, 5000)]), expected)
    steps = np.abs(np.diff(whole.take(100_000)))
    assert steps.max() < 12 * np.median(steps)


def test_a_room_rings_and_does_not_hasten():
    click = np.zeros(RATE)
    click[1000] = 1.0
    heard = Room(np.random.default_rng(0)).hear(click)
    assert np.allclose(heard[:1000], 0, atol=1e-9)
    assert heard[1000] == pytest.approx(1.0)
    assert 0.01 < np.sum(heard[1001:] ** 2) < 0.3
    assert np.abs(heard[-100:]).max() < 1e-6


def test_without_an_end_it_goes_on_and_says_everything():
    source = SimulatedMicrophone(NEEDS, speed=np.inf)
    with source:
        for chunk in source:
            if chunk.t[-1] > 200:
                break
    said = {mark.label for mark in source.marks}
    assert said & set(COMMANDS)
    assert said & set("0123456789")
    assert said & set(OTHERS)
    times = [time for mark in source.marks for time in (mark.start, mark.end)]
    assert times == sorted(times)


def parsed(*options: str):
    parser = CommandParser("listen", "Listens.")
    group = parser.add_argument_group("source")
    for kind in (ReplaySource, SimulatedMicrophone):
        kind.add_options(group)
    return parser.parse_args(options)


def test_options():
    assert SimulatedMicrophone.from_options(parsed(), NEEDS) is None
    options = parsed("--mock", "--words", "Yes,on 10", "--seed", "3", "--noise", "12.5")
    source = SimulatedMicrophone.from_options(options, NEEDS)
    assert isinstance(source, SimulatedMicrophone)
    assert source.script == (("yes",), ("on",), ("one", "zero"))
    assert (source.seed, source.noise, source.pause, source.speed) == (3, 12.5, 0, 1)
    endless = SimulatedMicrophone.from_options(parsed("--mock"), NEEDS)
    assert endless.script is None
    silent = SimulatedMicrophone.from_options(parsed("--mock", "--pause", "5"), NEEDS)
    assert silent.script == ()


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--words", "yes hullo"], "nobody here can say 'hullo': choose from"),
        (["--words", " , "], "no word in it"),
        (["--words", "4²"], "nobody here can say '4²'"),
        (["--noise", "loud"], "invalid noise value: 'loud'"),
        (["--noise", "nan"], "nan is no noise level"),
        (["--noise", "-90"], "-90 is no noise level"),
        (["--pause", "-1"], "-1 is no pause"),
        (["--pause", "inf"], "inf is no pause"),
        (["--seed", "-1"], "-1 is no seed"),
    ],
)
def test_a_bad_option_is_one_clear_line(options, hint, capsys):
    with pytest.raises(SystemExit):
        parsed("--mock", *options)
    said = capsys.readouterr().err.splitlines()
    assert hint in said[-1]
    assert said[-1].startswith("listen: error: ")

"""Awkward sound: the same events in blocks of any size, and no words where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.chain import Chain
from edge.decision import Event
from edge.events import Detection
from edge.model import Model
from edge.samples import Chunk
from edge.simulation.sound.speaker import Speaker, say

RATE = 16000
COMMANDS = ("yes", "no", "left", "go", "right")
GAP_S = 0.6
HUM = np.sin(2 * np.pi * 50 * np.arange(8 * RATE) / RATE)  # of the mains, at full scale

Sound = NDArray[np.floating]


@cache
def model(name: str) -> Model:
    return Model.load(name)


def noise(seconds: float, level: float) -> Sound:
    return np.random.default_rng(3).normal(0, level, round(seconds * RATE))


@cache
def words(names: Sequence[str] = COMMANDS) -> Sound:
    """Words of several people, with digital zero before, between and after them."""
    parts = [np.zeros(RATE // 2)]
    for number, word in enumerate(names):
        speaker = Speaker(901 + number)
        parts += [say(word, speaker, speaker.rng), np.zeros(round(GAP_S * RATE))]
    return np.concatenate(parts)


def chords(seconds: float) -> Sound:
    """Music: decaying tones, four of them a second."""
    rng = np.random.default_rng(4)
    t = np.arange(round(seconds * RATE)) / RATE
    tones = [
        0.15 * np.sin(2 * np.pi * rng.choice([110, 220, 277, 330, 440, 554, 660]) * t)
        * np.exp(-3 * ((t - 0.25 * start) % 2))
        for start in range(8)
    ]  # fmt: skip
    return np.sum(tones, axis=0)


def with_noise(sound: Sound, level: float) -> Sound:
    return sound + noise(len(sound) / RATE, level)


SOUNDS = {
    "digital zero between words": words(),
    "clipping": np.clip(20 * with_noise(words(), 1e-3), -1, 1),
    "hum with words": np.clip(0.9 * np.resize(HUM, len(words())) + words(), -1, 1),
    "a level that drops by 40 dB": with_noise(np.concatenate([words(), 0.01 * words()]), 1e-4),
    "two people at once": words(COMMANDS) + 0.7 * np.roll(words(COMMANDS), RATE // 3),
}
WORDLESS = {
    "hum at full scale": HUM,
    "clipped hum": np.clip(4 * HUM, -1, 1),
    "clipped noise": np.sign(noise(8, 1.0)),
    "constant full scale": np.ones(8 * RATE),
    "music": chords(12),
    "noise that drops by 40 dB": np.concatenate([noise(4, 0.3), noise(6, 0.003)]),
    "noise that rises by 40 dB": np.concatenate([noise(4, 0.003), noise(6, 0.3)]),
}


def chunks(sound: Sound, size: int) -> list[Chunk]:
    samples = sound.astype(np.float32)[:, None]
    t = np.arange(len(samples)) / RATE
    cuts = range(0, len(samples), size)
    return [Chunk(t[at : at + size], samples[at : at + size]) for at in cuts]


def spotted(events: Sequence[Event]) -> list[tuple[str, float, float]]:
    return [(e.label, e.score, e.t) for e in events if isinstance(e, Detection)]


def recognise(sound: Sound, size: int) -> list[tuple[str, float, float]]:
    chain = Chain(model("kws"))
    events = [event for chunk in chunks(sound, size) for event in chain.process(chunk)]
    return spotted([*events, *chain.finish()])


@pytest.mark.parametrize("name", SOUNDS)
def test_events_do_not_depend_on_the_blocks_of_the_source(name: str) -> None:
    """Replayed at once, and from a source that delivers a block a second, or odd ones."""
    sound = SOUNDS[name]
    at_once = recognise(sound, len(sound))
    assert at_once
    assert recognise(sound, RATE) == at_once
    assert recognise(sound, 37) == at_once


def test_source_of_single_samples_gives_the_same_events() -> None:
    sound = words(COMMANDS[:2])
    assert recognise(sound, 1) == recognise(sound, len(sound))


@pytest.mark.parametrize("task", ["kws", "sounddigit"])
@pytest.mark.parametrize("name", WORDLESS)
def test_sound_without_words_gives_no_events(task: str, name: str) -> None:
    chain = Chain(model(task))
    events = [event for chunk in chunks(WORDLESS[name], 640) for event in chain.process(chunk)]
    assert not spotted([*events, *chain.finish()])


@pytest.mark.parametrize(("task", "names"), [("kws", COMMANDS), ("sounddigit", ("four", "two"))])
def test_no_event_comes_before_the_time_that_the_chain_waits_for(
    task: str, names: tuple[str, ...]
) -> None:
    """A source sleeps until that time, so an event before it would be reported late."""
    loaded = model(task)
    settings = loaded.settings.with_threshold(0.5)  # more events
    chain = Chain(loaded, settings, joins_digits=task == "sounddigit")
    sound = np.concatenate([with_noise(words(names), 1e-3), noise(1.5, 1e-3)])
    count = wakeups = 0
    wake_up_t = 0.0
    for chunk in chunks(sound, 80):
        wanted_t = chain.next_event_t()
        for _ in chain.process(chunk):
            count += 1
            assert chunk.t[-1] >= wanted_t - 1e-6
        if chunk.t[-1] >= wake_up_t:
            wakeups += 1
            wake_up_t = min(chain.next_event_t(), float(chunk.t[-1]) + 0.2)
    assert count >= len(names)
    assert wakeups < 0.9 * len(sound) / RATE / 0.04  # of one for each window

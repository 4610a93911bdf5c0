"""Windows of sound: independent of the chunks, exact times, gaps, and the level gate."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.features.sound.level_gate import HOLD_S, LevelGate
from edge.features.sound.specification import FRAMES, STEP
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.features.sound.windows import (
    MAX_SPLICED_GAP_S,
    TRAILING_SILENCE_S,
    SoundFeatures,
)
from edge.samples import Chunk
from edge.simulation.sound.room import Noise
from edge.simulation.sound.speaker import COMMANDS, DIGITS, SPEECH_LEVEL, Speaker, say
from training.sound.learn.front_ends import LECTURE, PAPER

RATE = 16000
SPECIFICATION = SoundFeatures.specification()
SIZE = window_samples(SPECIFICATION)
STEP_S = 0.04


def features():
    return SoundFeatures(SPECIFICATION)


def chunk(samples, start=0.0):
    t = start + np.arange(len(samples)) / RATE
    return Chunk(t, np.asarray(samples, np.float32)[:, None])


def noise(seconds, level, seed=0):
    return Noise(np.random.default_rng(seed), level).take(round(seconds * RATE))


def spoken_word(level, seed=3, text="seven"):
    """The samples of a word whose root mean square is `level`."""
    speaker = Speaker(seed)
    samples = say(text, speaker, speaker.rng)
    return samples * (level / np.sqrt(np.mean(samples**2)))


def with_word(background, seconds, word):
    """The background with a word that starts at `seconds`, and the time of the word's end."""
    sound = background.copy()
    start = round(seconds * RATE)
    sound[start : start + len(word)] += word
    return sound, seconds + len(word) / RATE


def windows(stream, *chunks, finish=False):
    found = [window for one in chunks for window in stream.process(one)]
    return found + (list(stream.finish()) if finish else [])


def speech():
    sound, _ = with_word(noise(2.5, SPEECH_LEVEL / 100), 1.0, spoken_word(SPEECH_LEVEL))
    return sound.astype(np.float32)


def assert_same(found, expected):
    assert [w.t for w in found] == [w.t for w in expected]
    assert [w.tensor.tobytes() for w in found] == [w.tensor.tobytes() for w in expected]


@given(sizes=st.lists(st.one_of(st.integers(0, 5000), st.integers(0, 20)), max_size=40))
@settings(deadline=None, max_examples=25)
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.5])
def test_windows_do_not_depend_on_the_chunks(gap, sizes):
    whole = chunk(speech())
    whole.t[20000:] += gap
    expected = windows(features(), whole, finish=True)
    assert len(expected) > 25
    cuts = np.minimum(np.cumsum(sizes, dtype=int), len(whole))
    pieces = map(Chunk, np.split(whole.t, cuts), np.split(whole.values, cuts))
    assert_same(windows(features(), *pieces, finish=True), expected)


def test_window_holds_the_spectrogram_of_the_sound_before_its_time():
    sound = speech()
    stream = features()
    found = windows(stream, chunk(sound, start=100.0))
    full = [window for window in found if window.t >= 100 + SIZE / RATE]
    assert len(full) > 10
    for window in full:
        newest = round((window.t - 100) * RATE)
        expected = stream.front_end.frames(sound[newest + 1 - SIZE : newest + 1])
        np.testing.assert_allclose(window.tensor, expected, atol=1e-4)
        assert window.decided_t == window.t
    assert np.diff([window.t for window in found]) == pytest.approx(STEP_S, abs=1e-9)


@pytest.mark.parametrize("specification", [LECTURE, PAPER], ids=["lecture", "paper"])
def test_windows_slide_with_other_front_ends(specification):
    rate = specification["sensor"]["rate_hz"]
    sound = np.tile(speech(), 2)
    stream = SoundFeatures(specification)
    t = np.arange(len(sound)) / rate
    found = windows(stream, Chunk(t, sound[:, None]))
    step_s = specification["step"] * specification["front_end"]["hop"] / rate
    assert np.diff([window.t for window in found]).min() == pytest.approx(step_s, abs=1e-9)
    newest, size = round(found[-1].t * rate), window_samples(specification)
    expected = stream.front_end.frames(sound[newest + 1 - size : newest + 1])
    assert list(expected.shape) == specification["shape"]
    np.testing.assert_allclose(found[-1].tensor, expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("hours", [0, 1, 24 * 365])
def test_times_are_exact_to_the_sample_after_a_long_run(hours):
    """A year of sound cannot be processed in a test: the clock starts late instead."""
    start = hours * 3600.0
    stream = features()
    sound, size = speech(), 333
    found = []
    for number in range(2000):
        at = number * size
        t = start + (at + np.arange(size)) / RATE
        values = np.resize(sound[at % 30000 :], size)[:, None]
        found += stream.process(Chunk(t, values))
    assert len(found) > 500
    newest = np.array([(window.t - start) * RATE for window in found])
    assert np.abs(newest - np.round(newest)).max() < 1e-2
    # Windows are whole numbers of steps apart, to the sample: errors do not accumulate.
    assert set((np.round(newest).astype(int) - 799) % 640) == {0}


def test_window_times_follow_a_clock_that_is_slightly_wrong():
    """A sound card may be a little fast: times come from the source, not from a count."""
    sound = np.tile(speech(), 10)
    t = np.arange(len(sound)) / (RATE * 1.001)
    found = windows(features(), Chunk(t, sound[:, None]))
    assert len(found) > 400
    assert np.isin([window.t for window in found], t).all()


def test_short_gap_is_ignored():
    whole = chunk(speech())
    later = Chunk(whole.t[16800:] + MAX_SPLICED_GAP_S * 0.9, whole.values[16800:])
    parts = Chunk(whole.t[:16800], whole.values[:16800]), later
    found = windows(features(), *parts)
    expected = windows(features(), whole)
    assert [w.tensor.tobytes() for w in found] == [w.tensor.tobytes() for w in expected]
    late = np.array([w.t for w in found]) - [w.t for w in expected]
    assert set(np.round(late, 6)) == {0.0, 0.09}


def test_stream_starts_again_after_a_long_gap():
    sound = speech()
    stream = features()
    list(stream.process(chunk(sound)))
    after = list(stream.process(chunk(sound, start=60.0)))
    first = next(window for window in after if window.t > 60)
    assert first.t == pytest.approx(60 + 799 / RATE)
    assert (first.tensor[:-2] == stream.front_end.silent_frame).all()
    assert not (first.tensor[-2:] == stream.front_end.silent_frame).all()


@pytest.mark.parametrize(("gap", "learned"), [(0.3, False), (0.5, True), (60.0, True)])
def test_gate_learns_the_noise_floor_anew_after_a_long_gap(gap, learned):
    """The microphone may have been moved to a louder room: its steady noise opens no gate."""
    stream = features()
    windows(stream, chunk(noise(4, SPEECH_LEVEL / 300)))
    start = 4 + gap
    after = windows(stream, chunk(noise(5, SPEECH_LEVEL / 3, seed=1), start=start))
    late = [window for window in after if window.t > start + HOLD_S + 2 * STEP_S]
    assert (not late) == learned


def test_a_long_chunk_takes_little_memory():
    sound = chunk(noise(60, SPEECH_LEVEL / 100))
    stream = features()
    tracemalloc.start()
    for _ in stream.process(sound):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 14 << 20  # 4 MB of these are the samples


@pytest.mark.parametrize("gap", [0.15, 0.3, 1.0, 60.0])
def test_gate_passes_the_last_word_before_a_gap(gap):
    """As at the end of a stream: files that are played in sequence each have a last word."""
    sound, end = with_word(noise(4, SPEECH_LEVEL / 100), 2.0, spoken_word(SPEECH_LEVEL))
    cut = sound[: round(end * RATE)]
    alone, followed = features(), features()
    expected = windows(alone, chunk(cut), finish=True)
    start = end + gap
    found = windows(followed, chunk(cut), chunk(speech(), start=start))
    before = [window for window in found if window.t < start]
    assert len(before) >= len(expected) - max(0, round((TRAILING_SILENCE_S - gap) / STEP_S))
    for one, other in zip(before, expected, strict=False):
        assert one.t == pytest.approx(other.t) and np.array_equal(one.tensor, other.tensor)
    assert sorted(window.t for window in found) == [window.t for window in found]


def test_gate_passes_the_last_word_of_a_recording():
    sound, end = with_word(noise(4, SPEECH_LEVEL / 100), 2.0, spoken_word(SPEECH_LEVEL))
    cut = sound[: round(end * RATE)]  # a recording that ends with the word
    stream = features()
    during = windows(stream, chunk(cut))
    after = list(stream.finish())
    assert during[-1].t <= end < after[0].t
    assert len(after) == round(TRAILING_SILENCE_S / STEP_S)
    assert after[-1].t == pytest.approx(end + TRAILING_SILENCE_S, abs=STEP_S)
    assert (after[-1].tensor[-15:] == stream.front_end.silent_frame).all()


def test_stream_without_samples_has_no_window():
    assert list(features().finish()) == []
    stream = features()
    assert list(stream.process(Chunk(np.empty(0), np.empty((0, 1), np.float32)))) == []
    assert list(stream.finish()) == []


@pytest.mark.parametrize(
    ("below_db", "level"), [(45, SPEECH_LEVEL), (20, 0.004), (10, SPEECH_LEVEL)]
)
@pytest.mark.parametrize("seed", range(4))
def test_word_opens_the_gate_while_its_beginning_is_in_the_window(below_db, level, seed):
    """In a quiet room; a soft word in a noisier room; in noise that masks parts of the word."""
    background = noise(16, level * 10 ** (-below_db / 20), seed)
    sound, end = with_word(background, 12.0, spoken_word(level, seed))
    found = [window.t for window in windows(features(), chunk(sound))]
    before = [t for t in found if 4 < t < 12]
    assert not before  # the gate is closed in steady noise
    opened = min(t for t in found if t >= 12)
    assert opened < 12.35  # a window holds 1.6 s: all of the word up to here
    # Open without interruption until 0.6 s after the end of the word.
    during = [t for t in found if opened <= t <= end + 0.6]
    assert np.diff(during).max() == pytest.approx(STEP_S, abs=1e-6)
    assert max(during) > end + 0.5
    assert max(found) < end + HOLD_S + 0.3


def test_most_words_open_the_gate_in_noise_of_their_own_level():
    passed = 0
    for seed, text in enumerate(COMMANDS + DIGITS):
        word = spoken_word(SPEECH_LEVEL, seed + 100, text)
        sound, end = with_word(noise(8, SPEECH_LEVEL, seed), 6.0, word)
        found = [window.t for window in windows(features(), chunk(sound))]
        assert not [t for t in found if 3 < t < 6]
        passed += any(6 <= t <= end + 0.1 for t in found)
    assert passed >= 0.85 * len(COMMANDS + DIGITS)


@pytest.mark.parametrize("level", [2e-5, 1e-4, 0.01, 0.2])
def test_gate_closes_in_silence_and_in_steady_noise(level):
    sixteen_bits = np.rint(noise(20, level) * 32768) / 32768
    found = [window.t for window in windows(features(), chunk(sixteen_bits))]
    assert found or level < 1e-4  # the first sound may be speech, so the gate opens
    assert max(found, default=0) < HOLD_S + 0.3


def test_gate_stays_closed_in_digital_silence():
    assert not windows(features(), chunk(np.zeros(20 * RATE)))


@pytest.mark.parametrize("zeros_s", [0.02, 0.03, 0.05, 0.3, 2.0])
@pytest.mark.parametrize("fade_s", [0.0, 0.3])
def test_leading_zeros_do_not_change_the_noise_floor(zeros_s, fade_s):
    """Microphones and files often start with zeros."""
    background = noise(6, 3e-4) * np.minimum(1, np.arange(6 * RATE) / (fade_s * RATE + 1))
    found = windows(
        features(), chunk(np.concatenate([np.zeros(round(zeros_s * RATE)), background]))
    )
    known = zeros_s + HOLD_S + 0.2  # the noise floor is estimated by this time
    assert max(window.t for window in found) < known + HOLD_S
    assert not any(window.active for window in found if window.t > known)


@pytest.mark.parametrize("softer", [1.0, 0.1])
def test_words_between_zeros_open_the_gate(softer):
    """Some microphones send zeros where they detect no speech."""
    words = [spoken_word(SPEECH_LEVEL * softer ** (k % 2), seed=k) for k in range(6)]
    parts, ends, t = [], [], 0.0
    for one in words:
        parts += [np.zeros(2 * RATE), one]
        t += 2 + len(one) / RATE
        ends.append(t)
    sound = np.concatenate([*parts, np.zeros(RATE)])
    found = windows(features(), chunk(sound))
    for one, end in zip(words, ends, strict=True):
        during = [w for w in found if end - len(one) / RATE < w.t < end + 0.2]
        assert len(during) > 0.8 * (len(one) / RATE + 0.2) / STEP_S
        assert any(window.active for window in during)
        assert not any(w.active for w in found if end + 0.2 < w.t < end + 1.9)


def test_gate_closes_again_after_a_noise_becomes_steady():
    sound = np.concatenate([noise(4, 0.001), noise(26, 0.01, seed=1)])
    found = [window.t for window in windows(features(), chunk(sound))]
    assert any(4 < t < 5 for t in found)
    assert max(found) < 4 + 25


def test_gate_opens_for_a_word_after_a_loud_start():
    """The first blocks may be a click or a word: the noise floor falls soon after them."""
    gate = LevelGate(STEP_S, -13.0)
    opened = [gate.update(level) for level in [0.0] * 10 + [-12.0] * 75 + [-10.0]]
    assert opened[0] and not opened[-2] and opened[-1]


def test_nan_samples_do_not_stop_the_stream():
    sound = noise(8, 0.001)
    sound[32000:32100] = np.nan
    sound, _ = with_word(sound, 6.0, spoken_word(SPEECH_LEVEL))
    found = windows(features(), chunk(sound))
    assert any(6 < window.t < 6.5 for window in found)
    assert all(np.isfinite(window.tensor).all() for window in found)


@pytest.mark.parametrize("length", [1, 479, 8000, SIZE - 1, SIZE, SIZE + 1, RATE, SIZE + 639])
def test_clip_of_about_the_window_length_is_one_window(length):
    sound = np.tile(speech(), 2)[16000 - 400 :][:length]
    (only,) = SoundFeatures.windows_of_recording(SPECIFICATION, chunk(sound, start=5.0))
    assert only.tensor.shape == (FRAMES, 40)
    expected = features().front_end.frames(pad_or_crop(sound, SIZE))
    assert np.array_equal(only.tensor, expected)


def test_window_slides_over_a_long_clip():
    sound = speech()
    found = list(SoundFeatures.windows_of_recording(SPECIFICATION, chunk(sound, start=5.0)))
    front_end = features().front_end
    padded = np.pad(sound, ((FRAMES // STEP - 1) * 640, round(TRAILING_SILENCE_S * RATE)))
    assert len(found) == 1 + (len(padded) - SIZE) // 640
    assert found[0].t < 5.1 and found[-1].t > 5 + len(sound) / RATE + TRAILING_SILENCE_S - 0.05
    for number, window in enumerate(found):
        here = padded[number * 640 :][:SIZE]
        end = number * 640 + SIZE - 1 - (FRAMES // STEP - 1) * 640
        assert window.t == pytest.approx(5 + end / RATE, abs=1e-9)
        np.testing.assert_allclose(window.tensor, front_end.frames(here), atol=1e-4)


@pytest.mark.parametrize("length", [0, 3, 4, 5, 6, 9])
def test_pad_or_crop_centres_the_sound(length):
    sound = np.arange(1, length + 1, dtype=np.float32)
    placed = pad_or_crop(sound, 5)
    assert len(placed) == 5
    kept = placed[placed > 0]
    assert len(kept) == min(length, 5)
    before = int(np.argmax(placed > 0))
    after = 5 - len(kept) - before
    if 0 < length <= 5:
        assert 0 <= after - before <= 1
    elif length:
        assert abs((kept[0] - 1) - (length - kept[-1])) <= 1

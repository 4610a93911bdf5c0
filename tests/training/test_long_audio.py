"""Long audio made of clips, what the live chain makes of it, and how that is judged."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.chain import Chain, run
from edge.errors import RecordingError
from edge.events import Detection
from edge.model import Model
from edge.samples import AUDIO, Chunk, Health
from edge.source import Source
from edge.takes.sound.endpoints import word_span
from sound_network import write_model
from training.common.intervals import poisson_interval
from training.sound.data.clip_files import Spoken, label_of, spoken
from training.sound.data.leakage import leakage, refuse_leakage
from training.sound.evaluate.long_audio import TrueWord, background
from training.sound.evaluate.long_audio.annotations import AnnotatedRecording
from training.sound.evaluate.long_audio.mixing import MixedAudio, mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.trace import (
    Heard,
    Trace,
    decide,
    judge,
    listen,
    rate_interval,
    withheld,
)

RATE = 16000
TARGETS = ["one", "two"]


def say(
    start: float, end: float, noise_db: float, seed: int = 0, seconds: float = 1.0, hz: float = 180
) -> np.ndarray:
    """A voiced sound that hisses at its end, from start to end, above a noise of its own."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    voice = sum(np.sin(2 * np.pi * hz * k * t) / k for k in range(1, 16))
    hiss = 0.7 * rng.standard_normal(len(t))
    sound = np.where(t < end - 0.12, voice, hiss)
    shape = np.clip(np.minimum(t - start, end - t) / 0.02, 0, 1)
    sound = 0.1 * sound * shape
    level = np.sqrt(np.mean(sound[shape > 0] ** 2)) * 10 ** (-noise_db / 20)
    return (sound + level * rng.standard_normal(len(t))).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Spoken]:
    folder = tmp_path_factory.mktemp("clips")
    found = []
    for number, word in enumerate(["one", "two", "bird", "house"]):
        for take in range(4):
            start = 0.1 + 0.1 * take
            samples = say(start, start + 0.45, 30, seed=10 * number + take, hz=120 + 60 * number)
            path = write_wav(folder / word / f"s{take}_nohash_0.wav", samples)
            found.append(Spoken(path, word, f"s{take}"))
    return found


@pytest.mark.parametrize("noise_db", [60, 25, 12])
@pytest.mark.parametrize("span", [(0.1, 0.5), (0.35, 0.9), (0.05, 0.75)])
def test_a_word_is_found_above_the_noise_of_its_clip(
    span: tuple[float, float], noise_db: float
) -> None:
    for seed in range(5):
        assert word_span(say(*span, noise_db, seed), RATE) == pytest.approx(span, abs=0.04)


def test_a_click_and_a_hum_are_no_part_of_a_word() -> None:
    samples = say(0.3, 0.6, 30)
    samples[round(0.92 * RATE) : round(0.922 * RATE)] = 0.5
    samples += 0.1 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE).astype(np.float32)
    assert word_span(samples, RATE) == pytest.approx((0.3, 0.6), abs=0.04)


def test_a_closure_before_the_last_sound_is_part_of_a_word() -> None:
    samples = say(0.2, 0.5, 40) + say(0.62, 0.75, 40, seed=1)
    assert word_span(samples, RATE) == pytest.approx((0.2, 0.75), abs=0.04)


def test_of_silence_the_whole_clip_is_taken() -> None:
    assert word_span(np.zeros(RATE, np.float32), RATE) == (0, 1)
    assert word_span(np.zeros(10, np.float32), RATE) == (0, 10 / RATE)


def mix(
    clips: list[Spoken], seconds: float, noise: Sequence[np.ndarray] = (), **settings: Any
) -> list[MixedAudio]:
    return mix_clips(clips, TARGETS, noise, MixConfig(seconds=seconds, **settings))


def test_words_have_the_same_times_at_every_noise_level(clips: list[Spoken]) -> None:
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
    clips: list[Spoken], gap_s: tuple[float, float]
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
def test_words_have_the_given_snr(clips: list[Spoken], snr: float) -> None:
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


def test_clean_audio_has_noise_between_stretches_of_words_only(clips: list[Spoken]) -> None:
    noise = [np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32)]
    (audio,) = mix(clips, 300, noise, seed=2)
    sound = np.concatenate(list(audio.blocks()))
    before = round(audio.words[0].start * RATE) - RATE // 2
    assert np.std(sound[: max(before, 1600)]) < 3 * background.HISS_RMS
    expected = background.WORD_RMS * 10 ** (-background.CLEAN_SNR_DB / 20)
    assert np.std(sound[155 * RATE : 175 * RATE]) == pytest.approx(expected, rel=0.1)


def test_words_are_repeated_in_a_row(clips: list[Spoken]) -> None:
    (audio,) = mix(clips, 60, gap_s=(0.3, 0.3), repetitions=3)
    played = [word.clip for word in audio.words]
    rows = [played[at : at + 3] for at in range(0, len(played) - 2, 3)]
    assert len(rows) > 5
    assert all(len(set(row)) == 1 for row in rows)
    assert len({row[0] for row in rows}) == min(len(clips), len(rows))
    first, second, *_ = audio.words
    assert second.start - first.end == pytest.approx(0.3)


def test_a_target_without_clips_is_refused(clips: list[Spoken]) -> None:
    with pytest.raises(RecordingError, match="no clips of three"):
        mix_clips(clips, ["one", "three"], [], MixConfig(seconds=100))


def test_an_annotated_recording_is_read(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "kitchen.wav", say(0.5, 1.0, 40, seconds=25.5), 16000)
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


def test_the_same_speaker_on_both_sides_is_refused(tmp_path: Path) -> None:
    assert leakage(["a", "", "b"], ["", "b", "c"]) == {"b"}
    with pytest.raises(RecordingError, match="1 speakers .*b"):
        refuse_leakage("ab", "bc")
    write_wav(tmp_path / "1.wav", say(0.2, 0.5, 40))
    index = tmp_path / "index.csv"
    write_wav(tmp_path / "2.wav", say(0.2, 0.5, 50))
    index.write_text("split,path,label,word,speaker\ntrain,1.wav,x,x,ann\ntest,2.wav,x,x,bob\n")
    assert [one.speaker for one in spoken([tmp_path], "test")] == ["bob"]
    assert [one.speaker for one in spoken([index])] == ["ann", "bob"]
    index.write_text("split,path,label,word,speaker\ntrain,1.wav,x,x,ann\ntest,1.wav,x,x,ann\n")
    with pytest.raises(RecordingError, match="in the training as well"):
        spoken([tmp_path], "test")


@pytest.mark.parametrize(
    ("content", "split", "says"),
    [
        ("split,path,label,word,speaker\n", None, "lists no recording"),
        ("split,path,label,word,speaker\nval,1.wav,x,x,a\n", "test", "no split 'test', but val"),
        ("path,word\n1.wav,x\n", None, "needs the columns"),
    ],
)
def test_a_list_that_cannot_be_used(
    tmp_path: Path, content: str, split: str | None, says: str
) -> None:
    (tmp_path / "index.csv").write_text(content)
    with pytest.raises(RecordingError, match=says):
        spoken([tmp_path], split)


def test_what_a_model_should_say() -> None:
    assert label_of("yes", ["yes", "unknown"]) == "yes"
    assert label_of("bird", ["yes", "unknown"]) == "unknown"
    assert label_of("seven", [*"0123456789", "none"]) == "7"
    with pytest.raises(RecordingError, match="does not know 'bird'"):
        label_of("bird", ["yes", "no"])


def heard(*events: tuple[float, str]) -> list[Heard]:
    return [Heard(*event) for event in events]


WORDS = [TrueWord(1.0, 1.5, "one"), TrueWord(4.0, 4.5, "bird"), TrueWord(7.0, 7.5, "two")]


@pytest.mark.parametrize(
    ("events", "hits", "false"),
    [
        (heard((1.7, "one"), (7.9, "two")), 2, {}),
        (heard((1.0, "one")), 1, {}),  # from its start ...
        (heard((2.5, "one")), 1, {}),  # ... until a second after its end
        (heard((0.9, "one")), 0, {"no word": 1}),
        (heard((2.6, "one")), 0, {"no word": 1}),
        (heard((1.7, "two")), 0, {"another word": 1}),
        (heard((4.6, "one")), 0, {"another word": 1}),
        (heard((1.3, "one"), (1.9, "one")), 1, {"twice": 1}),
        (heard((5.0, "two"), (5.6, "one"), (6.1, "one")), 0, {"another word": 1, "no word": 1}),
    ],
)
def test_what_counts(events: list[Heard], hits: int, false: dict[str, int]) -> None:
    outcome = judge(events, WORDS, ["one", "two"], 3600.0)
    assert (outcome.words, outcome.hits, dict(outcome.false)) == (2, hits, false)
    assert outcome.missed.total() == 2 - hits
    assert outcome.false_per_hour == sum(false.values())


def test_a_repeated_word_needs_two_events() -> None:
    words = [TrueWord(1.0, 1.4, "one"), TrueWord(1.9, 2.3, "one")]
    assert judge(heard((1.6, "one"), (2.5, "one")), words, ["one"], 60).hits == 2
    outcome = judge(heard((2.35, "one")), words, ["one"], 60)
    assert (outcome.hits, outcome.false.total()) == (1, 0)
    assert judge(heard((1.5, "one")), words, ["one"], 60).delays == [pytest.approx(0.1)]


def test_a_clip_that_is_always_mistaken_is_one_observation() -> None:
    words = [TrueWord(10.0 * k, 10.0 * k + 0.5, "bird", f"{k % 3}.wav") for k in range(360)]
    always = judge([Heard(w.end, "one") for w in words if w.clip == "0.wav"], words, ["one"], 3600)
    assert (always.false.total(), len(always.origins)) == (120, 1)
    low, high = poisson_interval(1)
    assert rate_interval([always]) == pytest.approx((120 * low, 120 * high))
    never = judge([], words, ["one"], 3600)
    assert rate_interval([never]) == pytest.approx((0, 120 * poisson_interval(0)[1]))
    # Where each is heard for the first time, it is the interval of a plain count.
    in_noise = judge(heard((5.0, "one"), (8.0, "one")), [], ["one"], 7200)
    assert rate_interval([in_noise]) == pytest.approx(tuple(x / 2 for x in poisson_interval(2)))


def test_words_that_the_gate_withheld_are_counted() -> None:
    t = np.array([0.9, 2.6, 4.2, 7.1])
    trace = Trace(t, t, np.zeros((4, 1), np.float32), ("one",), 10.0)
    assert withheld(trace, WORDS, ["one", "two"]) == 1


class Played(Source):
    """Samples from memory, in chunks of a size that fits nothing."""

    channels, rate = AUDIO, float(RATE)

    def __init__(self, samples: np.ndarray) -> None:
        self.samples, self.health = samples, Health()

    @classmethod
    def add_options(cls, parser: object) -> None: ...

    @classmethod
    def from_options(cls, args: object, requirements: object) -> Source | None: ...

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Chunk]:
        for at in range(0, len(self.samples), 777):
            part = self.samples[at : at + 777]
            yield Chunk((at + np.arange(len(part))) / RATE, part[:, np.newaxis])


class Kept:
    """A sink that remembers when each detection could be known."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []

    def show(self, event: object) -> None:
        if isinstance(event, Detection):
            self.heard.append((event.t, event.label))

    def progress(self, health: Health, chunk: Chunk, preview: object = None) -> None: ...


def test_what_is_scored_is_what_the_live_chain_hears(clips: list[Spoken], tmp_path: Path) -> None:
    model = Model.load(write_model(tmp_path / "kws.tflite"))
    noise = [np.random.default_rng(1).standard_normal(3 * RATE).astype(np.float32)]
    for audio in mix(clips, 60, noise, snrs=[None, 3.0], seed=3):
        trace = listen(model, audio)
        assert trace.seconds == 60
        sink = Kept()
        samples = np.concatenate(list(audio.blocks()))
        run(Played(samples), Chain(model), [sink])
        ours = decide(trace, model.decision())
        assert [event.label for event in ours] == [label for _, label in sink.heard]
        assert [event.t for event in ours] == pytest.approx([t for t, _ in sink.heard])
        assert len(ours) > 3

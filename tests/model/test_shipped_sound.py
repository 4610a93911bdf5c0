"""The shipped models of sound, on simulated people that no training heard."""

from __future__ import annotations

import numpy as np
import pytest

from edge.chain import Chain, run
from edge.decision.number import NumberDecision
from edge.events import Detection, Number
from edge.features import Window
from edge.model import Model
from edge.samples import AUDIO, Chunk
from edge.simulation.seeds import person_seed
from edge.simulation.sound import speaker as voice
from edge.simulation.sound.speaker import Speaker, say
from edge.simulation.sound.utterances import parse_script
from edge.sink import Sink, StreamInfo
from edge.source.simulated.microphone import SimulatedMicrophone

COMMANDS = "yes no up down left right on off stop go"
OTHERS = "cat bed happy house dog bird tree marvin"
DIGITS = "0 1 2 3 4 5 6 7 8 9"
SEEDS = (11, 12, 13)
LATE = 1.0  # s after its end, a word may be heard


class Kept(Sink):
    def __init__(self) -> None:
        super().__init__(StreamInfo(16000, AUDIO))
        self.heard: list[Detection] = []

    def show(self, event: object) -> None:
        if isinstance(event, Detection):
            self.heard.append(event)


def heard(name: str, words: str, seed: int, **noise: float) -> tuple[list[Detection], list]:
    model = Model.load(name)
    source = SimulatedMicrophone(
        model.manifest.input["sensor"],
        parse_script(words) if words else (),
        seed,
        speed=np.inf,
        **noise,
    )
    sink = Kept()
    with source:
        run(source, Chain(model), [sink])
    return sink.heard, list(source.marks)


@pytest.mark.parametrize(
    ("name", "words", "least"),
    [("kws", COMMANDS, 0.7), ("kws_qcnn", COMMANDS, 0.2), ("sounddigit", DIGITS, 0.7)],
)
def test_most_words_are_heard_once_and_for_what_they_are(
    name: str, words: str, least: float
) -> None:
    right = wrong = said = 0
    for seed in SEEDS:
        events, marks = heard(name, words, seed)
        said += len(marks)
        for event in events:
            at = event.t + event.latency_ms / 1000
            match = [m for m in marks if m.start <= at <= m.end + LATE]
            good = any(m.label == event.label for m in match)
            right, wrong = right + good, wrong + (not good)
    assert said == 30
    assert right >= least * said
    assert wrong <= 2


@pytest.mark.parametrize(("name", "word"), [("kws", "yes"), ("sounddigit", "eight")])
def test_a_word_is_heard_as_often_as_it_is_said(name: str, word: str) -> None:
    model = Model.load(name)
    for times in (1, 2):
        counts = []
        for seed in range(20, 30):
            person = Speaker(person_seed(seed, 0))
            said = [say(word, person, person.rng), np.zeros(round(0.3 * 16000))] * times
            sound = np.concatenate([np.zeros(32000), *said, np.zeros(32000)])
            sound += person.rng.normal(0, 3e-4, len(sound))
            chunk = Chunk(np.arange(len(sound)) / 16000, sound[:, None].astype(np.float32))
            decision = model.decision()
            windows = model.features().process(chunk)
            events = [
                event
                for window in windows
                if isinstance(window, Window)
                for event in decision.process(window, model.scores(window.tensor, window.new_rows))
            ]
            counts.append(len(events))
        assert counts.count(times) >= 8, counts
        assert max(counts) == times


@pytest.mark.parametrize("room", [6e-4, 0.0])
@pytest.mark.parametrize("lost", [0.0, 0.17])
def test_two_digits_are_one_number(room: float, lost: float) -> None:
    """In a soft room or between zeros, though some sound is lost just before the second digit."""
    model = Model.load("sounddigit")
    split = both = 0
    for seed in range(20):
        person = Speaker(person_seed(1000 + seed, 0))
        digits = person.rng.choice(list("01234678"), 2)
        first, second = (say(voice.DIGITS[int(digit)], person, person.rng) for digit in digits)
        pause, quiet = np.zeros(round(0.75 * 16000)), np.zeros(32000)
        sound = np.concatenate([quiet, first, pause, second, quiet])
        sound = (sound + person.rng.normal(0, room, len(sound))).astype(np.float32)
        begin = len(quiet) + len(first) + len(pause)
        kept = np.ones(len(sound), bool)
        kept[begin - round(0.7 * lost * 16000) : begin + round(0.3 * lost * 16000)] = False
        t = np.arange(len(sound))[kept] / 16000
        decision = NumberDecision(model.decision())
        features, events = model.features(), []
        chunk = Chunk(t, sound[kept, None])
        for window in [*features.process(chunk), *features.finish()]:
            if isinstance(window, Window):
                events += decision.process(window, model.scores(window.tensor, window.new_rows))
        events += decision.finish()
        heard = [event.label for event in events if isinstance(event, Detection)]
        numbers = [event.digits for event in events if isinstance(event, Number)]
        both += heard == list(digits)
        split += heard == list(digits) and numbers != ["".join(digits)]
    assert both >= 14
    assert split <= 2


@pytest.mark.parametrize("name", ["kws", "kws_qcnn"])
def test_other_words_are_no_commands(name: str) -> None:
    events = [event for seed in SEEDS for event in heard(name, OTHERS, seed)[0]]
    assert len(events) <= 1


@pytest.mark.parametrize("name", ["kws", "kws_qcnn", "sounddigit"])
def test_noise_says_nothing(name: str) -> None:
    events, marks = heard(name, "", 3, pause=120.0)
    assert not marks
    assert not events


@pytest.mark.parametrize("before", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("after", [0.0, 0.3, 2.0])
def test_a_word_is_found_wherever_it_is_in_a_recording(before: float, after: float) -> None:
    model = Model.load("kws")
    rng = np.random.default_rng(5)
    right = 0
    for seed in range(100, 120):
        word = COMMANDS.split()[seed % 10]
        spoken = say(word, Speaker(person_seed(seed, 0)), rng)
        room = (rng.normal(0, 3e-4, round(16000 * seconds)) for seconds in (before, after))
        sound = np.insert(np.concatenate(list(room)), round(16000 * before), spoken)
        t = np.arange(len(sound)) / 16000
        scores = model.score_recording(Chunk(t, sound[:, np.newaxis].astype(np.float32)))
        right += model.labels[scores.argmax()] == word
    assert right >= 18

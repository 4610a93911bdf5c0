"""The shipped models of sound recognise simulated people whose voices are not in the training."""

from __future__ import annotations

import numpy as np
import pytest

from edge.chain import Chain, events
from edge.decision import Decision, Event
from edge.decision.number import NumberDecision
from edge.events import Detection, Number
from edge.features import Window
from edge.model import Model
from edge.samples import Chunk
from edge.simulation.seeds import person_seed
from edge.simulation.sound.speaker import DIGITS as DIGIT_WORDS
from edge.simulation.sound.speaker import Speaker, say
from edge.simulation.sound.utterances import parse_script
from edge.source.simulated.microphone import SimulatedMicrophone

RATE = 16000
COMMANDS = "yes no up down left right on off stop go"
OTHERS = "cat bed happy house dog bird tree marvin"
DIGITS = "0 1 2 3 4 5 6 7 8 9"
SEEDS = (11, 12, 13)
MAX_DELAY = 1.0  # s after the end of a word, its detection may come


def recognise(name: str, words: str, seed: int, **noise: float) -> tuple[list[Detection], list]:
    """Detections of a model while simulated people say these words, and the marks of the words."""
    model = Model.load(name)
    source = SimulatedMicrophone(
        model.manifest.input["sensor"],
        parse_script(words) if words else (),
        seed,
        speed=np.inf,
        **noise,
    )
    with source:
        found = [e for e in events(source, Chain(model)) if isinstance(e, Detection)]
    return found, list(source.marks)


def events_of(model: Model, decision: Decision, t: np.ndarray, samples: np.ndarray) -> list[Event]:
    """The events of samples at these times."""
    features = model.features()
    chunk = Chunk(t, samples[:, np.newaxis].astype(np.float32))
    found: list[Event] = []
    for window in [*features.process(chunk), *features.finish()]:
        if isinstance(window, Window):
            found += decision.process(window, model.scores(window.tensor, window.new_rows))
    return [*found, *decision.finish()]


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE))


def times(samples: np.ndarray) -> np.ndarray:
    return np.arange(len(samples)) / RATE


@pytest.mark.parametrize(
    ("name", "words", "least_hit_rate"),
    [("kws", COMMANDS, 0.7), ("kws_qcnn", COMMANDS, 0.5), ("sounddigit", DIGITS, 0.7)],
)
def test_most_words_are_detected_with_the_right_label(
    name: str, words: str, least_hit_rate: float
) -> None:
    hits = false_accepts = said = 0
    for seed in SEEDS:
        detections, marks = recognise(name, words, seed)
        said += len(marks)
        for event in detections:
            decided_t = event.t + event.latency_ms / 1000
            is_hit = any(
                m.label == event.label and m.start <= decided_t <= m.end + MAX_DELAY for m in marks
            )
            hits, false_accepts = hits + is_hit, false_accepts + (not is_hit)
    assert said == 30
    assert hits >= least_hit_rate * said
    assert false_accepts <= 2


@pytest.mark.parametrize(("name", "word"), [("kws", "yes"), ("sounddigit", "eight")])
def test_a_word_that_is_said_twice_is_detected_twice(name: str, word: str) -> None:
    model = Model.load(name)
    for repetitions in (1, 2):
        counts = []
        for seed in range(20, 30):
            person = Speaker(person_seed(seed, 0))
            words = [say(word, person, person.rng), silence(0.3)] * repetitions
            samples = np.concatenate([silence(2.0), *words, silence(2.0)])
            samples += person.rng.normal(0, 3e-4, len(samples))
            counts.append(len(events_of(model, model.decision(), times(samples), samples)))
        assert counts.count(repetitions) >= 8, counts
        assert max(counts) == repetitions


@pytest.mark.parametrize("noise", [6e-4, 0.0])
@pytest.mark.parametrize("lost_s", [0.0, 0.17])
def test_two_digits_are_joined_into_one_number(noise: float, lost_s: float) -> None:
    """Also if the background is digital silence, and if samples at the second digit are lost."""
    model = Model.load("sounddigit")
    not_joined = both_detected = 0
    for seed in range(20):
        person = Speaker(person_seed(1000 + seed, 0))
        digits = person.rng.choice(list("01234678"), 2)
        first, second = (say(DIGIT_WORDS[int(digit)], person, person.rng) for digit in digits)
        before = np.concatenate([silence(2.0), first, silence(0.75)])
        samples = np.concatenate([before, second, silence(2.0)])
        samples = samples + person.rng.normal(0, noise, len(samples))
        delivered = np.ones(len(samples), bool)
        start = len(before) - round(0.7 * lost_s * RATE)
        delivered[start : len(before) + round(0.3 * lost_s * RATE)] = False
        decision = NumberDecision(model.decision())
        found = events_of(model, decision, times(samples)[delivered], samples[delivered])
        labels = [event.label for event in found if isinstance(event, Detection)]
        numbers = [event.digits for event in found if isinstance(event, Number)]
        both_detected += labels == list(digits)
        not_joined += labels == list(digits) and numbers != ["".join(digits)]
    assert both_detected >= 14
    assert not_joined <= 2


@pytest.mark.parametrize("name", ["kws", "kws_qcnn"])
def test_other_words_are_hardly_ever_detected_as_commands(name: str) -> None:
    detections = [event for seed in SEEDS for event in recognise(name, OTHERS, seed)[0]]
    assert len(detections) <= 1


@pytest.mark.parametrize("name", ["kws", "kws_qcnn", "sounddigit"])
def test_noise_gives_no_detection(name: str) -> None:
    detections, marks = recognise(name, "", 3, pause=120.0)
    assert not marks
    assert not detections


@pytest.mark.parametrize("before", [0.0, 0.3, 2.0])
@pytest.mark.parametrize("after", [0.0, 0.3, 2.0])
def test_a_word_is_found_at_any_position_in_a_recording(before: float, after: float) -> None:
    """`before`, `after`: seconds of soft noise before and after the word."""
    model = Model.load("kws")
    rng = np.random.default_rng(5)
    right = 0
    for seed in range(100, 120):
        word = COMMANDS.split()[seed % 10]
        spoken = say(word, Speaker(person_seed(seed, 0)), rng)
        noise = [rng.normal(0, 3e-4, round(RATE * seconds)) for seconds in (before, after)]
        samples = np.concatenate([noise[0], spoken, noise[1]])
        values = samples[:, np.newaxis].astype(np.float32)
        scores = model.score_recording(Chunk(times(samples), values))
        right += model.labels[scores.argmax()] == word
    assert right >= 18

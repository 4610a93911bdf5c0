"""The live test of enrolled words: people enrol words that the embedding was not trained on.

Four takes of each word of one person are enrolled. Then long audio passes through the whole chain:
a later take of the same person, the same words by other people, and other words and noise. The
features and the network run once, as all enrolled models share them.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.decision.templates import TemplateDecision, TemplateSettings
from edge.enroll.embedding import Embedding
from edge.enroll.embedding_file import EmbeddingFile
from edge.enroll.enroll import Enrolment, enroll_takes
from edge.enroll.takes import Takes, read_take
from edge.errors import EdgeError, RecordingError
from edge.model import Model
from training.common.progress import Progress
from training.sound.data.clip_files import LabelledClip
from training.sound.embedding.config import KEPT_OUT
from training.sound.embedding.people import (
    TAKES_OF_TESTED,
    enrolled_takes,
    test_clips,
    tested_speakers,
)
from training.sound.evaluate.long_audio import Samples
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig
from training.sound.evaluate.spotting.matching import match_words
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.evaluate.spotting.scored_audio import (
    ScoredAudio,
    run_decision,
    run_features_and_network,
)

log = logging.getLogger(__name__)

ENROLLED_TAKES = 4
MIN_WORDS = 3  # of the five that a tested person said often enough
OTHERS_PER_WORD = 12  # clips of other people, each by another one
OTHER_SPEECH_S = 1500.0  # the same for each enrolled model
GAP_S = (0.8, 1.6)


@dataclass
class LiveFigures:
    """Counts over all enrolled models."""

    models: int = 0
    own: int = 0
    own_detected: int = 0
    others: int = 0
    others_detected: int = 0
    false_accepts: int = 0
    hours: float = 0.0
    expected_own: float = 0.0
    """Of the own takes, as kws-enroll predicts it from the enrolled takes."""


@dataclass(frozen=True)
class Enrolled:
    speaker: str
    words: tuple[str, ...]
    enrolment: Enrolment
    settings: TemplateSettings
    later: list[LabelledClip]
    """A take of each word that was not enrolled."""


def measure_live(
    file: EmbeddingFile,
    clips: Sequence[LabelledClip],
    noise: Sequence[Samples],
    folds: int = 1,
) -> LiveFigures:
    """Return the figures of all tested people; `folds` of their takes are the later one in turn."""
    people = list(_enrolled(file, clips, folds))
    if not people:
        raise RecordingError(
            f"nobody said {MIN_WORDS} of the words {', '.join(KEPT_OUT)} {TAKES_OF_TESTED} times: "
            "give Speech Commands in --data"
        )
    model = _load(people[0].enrolment)
    other_speech = _other_speech(model, clips, noise)
    others = _words_of_others(model, clips)
    figures, progress = LiveFigures(), Progress("enrolled models", len(people))
    for number, person in enumerate(people):
        settings = person.settings
        figures.models += 1
        for result in person.enrolment.results:
            figures.expected_own += (
                result.detected / len(person.enrolment.results) * len(person.words)
            )
        own = _detect(settings, person.words, _scored(model, person.later, seed=number))
        figures.own += own.words
        figures.own_detected += own.hits
        found = _detect(settings, person.words, others)
        figures.others += found.words
        figures.others_detected += found.hits
        wrong = _detect(settings, (), other_speech)
        figures.false_accepts += wrong.false_accepts.total()
        figures.hours += other_speech.seconds / 3600
        progress.report(number + 1)
    log.info(
        "live: own %d of %d, others %d of %d, %d false accepts in %.1f h",
        *(figures.own_detected, figures.own, figures.others_detected, figures.others),
        *(figures.false_accepts, figures.hours),
    )
    return figures


def _enrolled(file: EmbeddingFile, clips: Sequence[LabelledClip], folds: int) -> Iterator[Enrolled]:
    embedding = Embedding(file)
    for speaker, takes in enrolled_takes(clips).items():
        if len(takes) < MIN_WORDS:
            continue
        for fold in range(folds):
            try:
                read = {
                    word: [read_take(clip.path, embedding.rate) for clip in _others(found, fold)]
                    for word, found in takes.items()
                }
                enrolment = enroll_takes(Takes(read, []), embedding)
            except EdgeError as error:
                log.warning("%s is left out: a take %s", speaker, error)
                continue
            later = [found[fold] for found in takes.values()]
            model = _load(enrolment)
            assert isinstance(model.settings, TemplateSettings)
            yield Enrolled(speaker, tuple(read), enrolment, model.settings, later)


def _others(takes: Sequence[LabelledClip], left_out: int) -> list[LabelledClip]:
    return [take for k, take in enumerate(takes) if k != left_out][:ENROLLED_TAKES]


def _load(enrolment: Enrolment) -> Model:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "enrolled.tflite"
        path.write_bytes(enrolment.content)
        return Model.load(path)


def _other_speech(
    model: Model, clips: Sequence[LabelledClip], noise: Sequence[Samples]
) -> ScoredAudio:
    """Return words that nobody enrols, by people that nothing was trained on."""
    others = [clip for clip in test_clips(clips) if clip.word not in KEPT_OUT]
    config = MixConfig(seconds=OTHER_SPEECH_S, seed=1)
    words = {clip.word for clip in others}
    (audio,) = mix_clips(others, words, noise, config)
    return run_features_and_network(model, audio)


def _words_of_others(model: Model, clips: Sequence[LabelledClip]) -> ScoredAudio:
    """Return the kept-out words by people who enrol none, each person once for a word."""
    rng, tested = np.random.default_rng(0), set(tested_speakers(clips))
    chosen = []
    for word in KEPT_OUT:
        by_speaker = {
            clip.speaker: clip for clip in clips if clip.word == word and clip.speaker not in tested
        }
        of_word = [by_speaker[who] for who in sorted(by_speaker)]
        chosen += [of_word[k] for k in rng.permutation(len(of_word))[:OTHERS_PER_WORD]]
    return _scored(model, chosen, seed=0)


def _scored(model: Model, clips: Sequence[LabelledClip], seed: int) -> ScoredAudio:
    """Return audio in which each clip is said about once, with pauses and without noise."""
    config = MixConfig(seconds=2.2 * len(clips) + 3, gap_s=GAP_S, speech_s=1e6, seed=seed)
    (audio,) = mix_clips(clips, {clip.word for clip in clips}, (), config)
    return run_features_and_network(model, audio)


def _detect(
    settings: TemplateSettings, targets: Sequence[str], audio: ScoredAudio
) -> SpottingResult:
    labels = [*settings.words, *settings.background_labels]
    spotted = run_decision(audio, TemplateDecision(labels, settings))
    return match_words(spotted, audio, set(targets))

"""The clips and the long audio on which a model is evaluated."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.errors import RecordingError
from training.sound.data.clip_files import LabelledClip
from training.sound.data.clip_selection import select_clips
from training.sound.data.recordings import load_samples, readable_clips
from training.sound.data.words import SILENCE
from training.sound.evaluate.evaluated_model import EvaluatedModel
from training.sound.evaluate.long_audio import LongAudio, Samples
from training.sound.evaluate.long_audio.annotations import AnnotatedRecording
from training.sound.evaluate.long_audio.mixing import mix_clips
from training.sound.evaluate.long_audio.schedule import MixConfig

log = logging.getLogger(__name__)

MIN_NOISE_S = 1.0


@dataclass(frozen=True)
class ClipSelection:
    """Which clips of a corpus are used; by default all of them."""

    split: str | None = None
    """train, val or test."""
    speakers: Sequence[str] = ()


def load_clips(
    places: Sequence[str], model: EvaluatedModel, selection: ClipSelection
) -> list[LabelledClip]:
    """Return the readable clips of folders and lists, each with the label it should get.

    RecordingError if a measured word has no clips.
    """
    clips = _labelled_clips(select_clips(places, selection.split, selection.speakers), model)
    missing = sorted(set(model.words) - {clip.word for clip in clips})
    if missing:
        raise RecordingError(
            f"no clips of {', '.join(missing)}: add some, or choose with --words which words to "
            "measure"
        )
    log.info("%d clips", len(clips))
    return clips


def load_annotated(files: Sequence[Path], model: EvaluatedModel) -> list[LongAudio]:
    """Open recordings, with the labels of the model in their ground truth."""
    known = model.model.words
    audios: list[LongAudio] = []
    for file in files:
        audio = AnnotatedRecording.open(file, model.rate_hz)
        words = [replace(word, label=model.label_of(word.label)) for word in audio.words]
        if not {word.label for word in words} & set(known):
            spoken_words = ", ".join(sorted({word.label for word in audio.words}))
            log.warning(
                "%s: none of its words (%s) is one of the model's (%s)",
                *(audio.name, spoken_words, ", ".join(known)),
            )
        audios.append(replace(audio, words=words))
    return audios


def mix_long_audio(
    places: Sequence[str],
    model: EvaluatedModel,
    selection: ClipSelection,
    noise_files: Sequence[Path],
    config: MixConfig,
) -> Sequence[LongAudio]:
    """Mix the clips of folders and lists with noise, one audio for each noise level.

    Clips of silence are left out, since mixing would raise them to the level of words.
    """
    noise = _load_noise(noise_files, config.rate)
    found = select_clips(places, selection.split, selection.speakers)
    clips = _labelled_clips([clip for clip in found if clip.word != SILENCE], model)
    others = {clip.path for clip in clips if clip.word not in model.words}
    if not others:
        log.warning("no clips of other words: false accepts of other words are not measured")
    log.info("%d clips, %d of other words", len(clips), len(others))
    return mix_clips(clips, model.words, noise, config)


def _labelled_clips(clips: Sequence[LabelledClip], model: EvaluatedModel) -> list[LabelledClip]:
    """Return the readable clips, without those of words that are not measured."""
    labelled = [replace(clip, word=model.label_of(clip.word)) for clip in clips]
    measured = [clip for clip in labelled if clip.word not in model.words_not_measured]
    return readable_clips(measured, model.rate_hz)


def _load_noise(files: Sequence[Path], rate: int) -> list[Samples]:
    noise = [load_samples(file, rate) for file in files]
    if any(len(samples) < MIN_NOISE_S * rate for samples in noise):
        raise RecordingError("a noise recording is shorter than a second: give longer recordings")
    if not all(samples.any() for samples in noise):
        raise RecordingError("a noise recording is silence alone: give recordings of noise")
    return noise

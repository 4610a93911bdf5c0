"""Which clips of the corpora the embedding is trained on, and which it is tested with."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from training.sound.data.clip_files import LabelledClip
from training.sound.data.folder_layouts import find_clip_files
from training.sound.data.split import HELD_OUT_SPLITS
from training.sound.data.words import SILENCE, UNKNOWN
from training.sound.embedding.config import KEPT_OUT

TAKES_OF_TESTED = 5  # of a kept-out word: four are enrolled, one is tested


def find_clips(folders: Sequence[str]) -> list[LabelledClip]:
    """Return the recordings of words below the folders, without spectra that have no sound."""
    clips = [
        clip
        for folder in folders
        if not list(Path(folder).glob("*.tar"))
        for clip in find_clip_files(Path(folder))
    ]
    return [clip for clip in clips if clip.word not in (SILENCE, UNKNOWN) and clip.speaker]


def enrolled_takes(clips: Sequence[LabelledClip]) -> dict[str, dict[str, list[LabelledClip]]]:
    """Return the takes of each kept-out word of the people who enrol it in the tests.

    They are the people who said it often enough; nothing is trained on them.
    """
    takes: dict[tuple[str, str], list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        takes[clip.speaker, clip.word].append(clip)
    enough = {key: found for key, found in takes.items() if len(found) >= TAKES_OF_TESTED}
    return {
        speaker: {word: enough[speaker, word] for word in KEPT_OUT if (speaker, word) in enough}
        for speaker in sorted({speaker for speaker, word in enough if word in KEPT_OUT})
    }


def tested_speakers(clips: Sequence[LabelledClip]) -> list[str]:
    """Return the people who enrol words in the tests."""
    return list(enrolled_takes(clips))


def bank_speakers(clips: Sequence[LabelledClip]) -> list[str]:
    """Return the people of the bank: half of those who are not tested. Nothing is trained on them.

    Thresholds that are set with people of the training are too low for others.
    """
    excluded = _people_not_trained_on(clips)
    speakers = sorted({clip.speaker for clip in clips} - excluded)
    return [speaker for speaker in speakers if _digest(speaker) % 2]


def test_clips(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """Return the clips of people that nothing was trained on."""
    excluded = _people_not_trained_on(clips)
    return [clip for clip in clips if clip.speaker in excluded]


def _people_not_trained_on(clips: Sequence[LabelledClip]) -> set[str]:
    listed = {clip.speaker for clip in clips if clip.split in HELD_OUT_SPLITS}
    return listed | set(tested_speakers(clips))


def _digest(speaker: str) -> int:
    return hashlib.sha256(speaker.encode()).digest()[0]

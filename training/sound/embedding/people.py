"""Which clips of the corpora the embedding is trained on, and which it is tested with."""

from __future__ import annotations

from collections import Counter
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


def tested_speakers(clips: Sequence[LabelledClip]) -> list[str]:
    """Return the people with so many takes of a kept-out word that they can be enrolled.

    Nothing is trained on them.
    """
    counts = Counter((clip.speaker, clip.word) for clip in clips if clip.word in KEPT_OUT)
    return sorted({who for (who, _), count in counts.items() if count >= TAKES_OF_TESTED})


def training_clips(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """Return the clips that may be trained on, or be in the bank."""
    listed = {clip.speaker for clip in clips if clip.split in HELD_OUT_SPLITS}
    excluded = listed | set(tested_speakers(clips))
    return [clip for clip in clips if clip.word not in KEPT_OUT and clip.speaker not in excluded]


def test_clips(clips: Sequence[LabelledClip]) -> list[LabelledClip]:
    """Return the clips of people that nothing was trained on."""
    listed = {clip.speaker for clip in clips if clip.split in HELD_OUT_SPLITS}
    chosen = listed | set(tested_speakers(clips))
    return [clip for clip in clips if clip.speaker in chosen]

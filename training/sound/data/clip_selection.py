"""The clips that a model is scored on: a split of a corpus, or certain speakers."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from edge.errors import RecordingError
from training.sound.data.clip_files import LabelledClip
from training.sound.data.folder_layouts import find_clip_files
from training.sound.data.leakage import refuse_leakage
from training.sound.data.lists import INDEX

TRAIN = "train"


def select_clips(
    places: Sequence[str | Path], split: str | None = None, speakers: Collection[str] = ()
) -> list[LabelledClip]:
    """Return the clips of a split and of certain speakers, each file once.

    A place is a folder, or an index.csv. Raises RecordingError if there are no clips, or if a
    speaker of the split is in the training split of the same corpus.
    """
    found = [clip for place in places for clip in _of_place(Path(place), split)]
    found = list({os.path.realpath(clip.path): clip for clip in found}.values())
    if speakers:
        found = [clip for clip in found if clip.speaker in speakers]
    if not found:
        chosen = [f"the split {split!r}"] if split else []
        chosen += [f"the speakers {', '.join(sorted(speakers))}"] if speakers else []
        condition = f" for {' and '.join(chosen)}" if chosen else ""
        raise RecordingError(f"{', '.join(map(str, places))}: no recordings{condition}")
    return found


def _of_place(place: Path, split: str | None) -> list[LabelledClip]:
    clips = list(find_clip_files(place.parent if place.name == INDEX else place))
    splits = {clip.split for clip in clips} - {""}
    if split and splits and split not in splits:
        raise RecordingError(f"{place} has no split {split!r}, but {', '.join(sorted(splits))}")
    # A corpus without splits is used as a whole: the user knows that no training contained it.
    chosen = [clip for clip in clips if not split or clip.split in (split, "")]
    if split and split != TRAIN:
        trained = (clip.speaker for clip in clips if clip.split == TRAIN)
        refuse_leakage(trained, (clip.speaker for clip in chosen))
    return chosen

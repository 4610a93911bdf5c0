"""Who judges a model, so that nothing is learnt from them before they have."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from training.sound.data import selection
from training.sound.data.clips import Clips, together
from training.sound.data.folder_layouts import SILENCE
from training.sound.data.leakage import refuse_leakage

UNHEARD = "who were in no training of what is measured here"
LISTED = "the speakers of the validation list"
LEARNT_LATER = "the shipped weights learnt from them too"
JUDGED = 0.2  # of the speakers, where no list says who judges


@dataclass(frozen=True)
class Held:
    learnt: Clips
    judging: Clips
    by_list: bool
    """A list of the corpus says so, and then they are never learnt from."""
    said: str


def hold_out(everything: Clips, words: Collection[str], seed: int) -> Held:
    """The validation list if it has every word, else a fifth of the speakers as well.

    Where the speakers are too few or nobody knows who they are, the last takes of each word.
    """
    judging = everything[everything.split == "val"]
    learnt = selection.learnable(everything)
    if _missing(words, judging):
        real = learnt.path != ""  # simulated people are no judges
        heard = real & ~learnt.pictured & (learnt.word != SILENCE)
        unlisted = heard & (learnt.split == "")
        if not _missing(words, together([judging, learnt[unlisted]])):
            heard = unlisted  # whom a list has for training, trains
        # Those of a small corpus, if there is one: what a large one teaches is learnt but once.
        small = heard & ~np.isin(learnt.corpus, selection.large(learnt))
        pool = small if small.any() else heard
        who = np.random.default_rng(seed).permutation(np.setdiff1d(learnt.speaker[pool], [""]))
        chosen = _enough(who, learnt, heard, judging, words)
        if chosen is None:
            return _last_takes(learnt, heard, judging, words)
        mine = np.isin(learnt.speaker, chosen)
        share = f"{len(chosen)} of {len(who)}"
        said = f"{LISTED}, and {share} others" if len(judging) else f"{share} speakers"
        judging = together([judging, learnt[mine & heard]])
        held = Held(learnt[~mine], judging, False, f"{said} ({LEARNT_LATER}), {UNHEARD}")
    else:
        held = Held(learnt, judging, True, f"{LISTED}, {UNHEARD}")
    refuse_leakage(held.learnt.speaker, held.judging.speaker)
    return held


def _missing(words: Collection[str], clips: Clips) -> set[str]:
    return set(words) - set(clips.word)


def _enough(
    who: NDArray[np.str_],
    learnt: Clips,
    heard: NDArray[np.bool_],
    judging: Clips,
    words: Collection[str],
) -> list[str] | None:
    """A fifth of them, and more if they do not say every word; None if others then do not."""
    chosen = list(who[: max(1, round(JUDGED * len(who)))])
    missing = _missing(words, judging) - set(learnt.word[heard & np.isin(learnt.speaker, chosen)])
    for speaker in who[len(chosen) :]:
        says = set(learnt.word[heard & (learnt.speaker == speaker)])
        if missing & says:
            chosen.append(speaker)
            missing -= says
    left = learnt[~np.isin(learnt.speaker, chosen) & (learnt.path != "")]
    return None if missing or not chosen or _missing(words, left) else chosen


def _in_order(path: str) -> list[tuple[int, str]]:
    """Take 10 comes after take 9."""
    parts = re.split(r"(\d+)", path)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _last_takes(
    learnt: Clips, heard: NDArray[np.bool_], judging: Clips, words: Collection[str]
) -> Held:
    last = np.zeros(len(learnt), bool)
    for word in sorted(set(learnt.word[heard])):
        takes = np.flatnonzero(heard & (learnt.word == word))
        takes = np.array(sorted(takes, key=lambda at: _in_order(str(learnt.path[at]))))
        last[takes[len(takes) - max(1, round(JUDGED * len(takes))) :]] = len(takes) > 1
    judging = together([judging, learnt[last]])
    left = learnt[~last & (learnt.path != "")]
    missing = sorted(_missing(words, judging) | _missing(words, left))
    if missing:
        raise RecordingError(
            f"nobody can judge {', '.join(missing)}: give two recordings at least, as sound, of "
            "each word, better of several people"
        )
    said = (
        f"the last takes of each word ({LEARNT_LATER}), by people who taught it as well: others "
        "are harder to hear"
    )
    return Held(learnt[~last], judging, False, said)

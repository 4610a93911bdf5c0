"""The split into a training set and a validation set without common speakers."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from training.sound.data.clips import Clips, by_machine, concatenate, large_corpora
from training.sound.data.leakage import refuse_leakage
from training.sound.data.words import SILENCE

log = logging.getLogger(__name__)

HELD_OUT_SPLITS = ("val", "test")  # nothing is trained on these
VALIDATION_SHARE = 0.2  # of the speakers, where no list chooses them
LISTED = "the speakers of the validation list"
UNSEEN = "none of them in the training data of the network measured here"
RETRAINED = "the shipped weights are trained on them too"


@dataclass(frozen=True)
class Split:
    train: Clips
    validation: Clips
    retrain: bool
    """Recordings of people are held out that no list holds out: the model that is written is
    trained on them as well."""
    description: str
    """Which speakers the validation set has, for a card."""


def exclude_held_out(clips: Clips) -> Clips:
    """Return the clips without the validation and test lists, and without their speakers."""
    listed = np.isin(clips.split, HELD_OUT_SPLITS)
    speakers = set(clips.speaker[listed]) - {""}
    same_speaker = ~listed & np.isin(clips.speaker, sorted(speakers))
    if same_speaker.any():
        log.warning(
            "%d clips left out: their speakers are in a validation or test list", same_speaker.sum()
        )
    return clips[~listed & ~same_speaker]


def make_split(clips: Clips, words: Collection[str], seed: int) -> Split:
    """Return a split whose validation set is the validation list, if that has every word.

    Without a complete list, a fifth of the speakers is added. If there are too few speakers, or if
    they are unknown, the last takes of each word are added instead.
    """
    validation = clips[clips.split == "val"]
    train = exclude_held_out(clips)
    if not _missing(words, validation):
        split = Split(train, validation, False, f"{LISTED}, {UNSEEN}")
    else:
        candidates = _candidates(train, validation, words)
        # A small corpus first: a network is pretrained once on a large one, for every split.
        small = candidates & ~np.isin(train.corpus, large_corpora(train))
        pool = train.speaker[small if small.any() else candidates]
        speakers = np.random.default_rng(seed).permutation(np.setdiff1d(pool, [""]))
        chosen = _choose_speakers(speakers, train, candidates, validation, words)
        if chosen is None:
            return _split_last_takes(train, candidates, validation, words)
        held_out = np.isin(train.speaker, chosen)
        added = train[held_out & candidates]
        retrain = not by_machine(added).all()
        who = _describe_added(len(chosen), len(speakers), bool(len(validation)), retrain)
        validation = concatenate([validation, added])
        split = Split(train[~held_out], validation, retrain, f"{who}, {UNSEEN}")
    refuse_leakage(split.train.speaker, split.validation.speaker)
    return split


def _describe_added(chosen: int, speakers: int, listed: bool, retrain: bool) -> str:
    share = f"{chosen} of {speakers}"
    if not retrain:
        return f"{LISTED}, and {share} machine voices" if listed else f"{share} machine voices"
    who = f"{LISTED}, and {share} others" if listed else f"{share} speakers"
    return f"{who} ({RETRAINED})"


def _candidates(train: Clips, validation: Clips, words: Collection[str]) -> NDArray[np.bool_]:
    """Return which clips may be held out: recorded words that no list has for the training set."""
    recorded = train.path != ""  # the figures are about people, not about simulated speakers
    candidates = recorded & ~train.image_only & (train.word != SILENCE)
    unlisted = candidates & (train.split == "")
    if not _missing(words, concatenate([validation, train[unlisted]])):
        return unlisted
    return candidates


def _missing(words: Collection[str], clips: Clips) -> set[str]:
    return set(words) - set(clips.word)


def _choose_speakers(
    speakers: NDArray[np.str_],
    train: Clips,
    candidates: NDArray[np.bool_],
    validation: Clips,
    words: Collection[str],
) -> list[str] | None:
    """Return a fifth of the speakers, and more until the validation set has every word.

    None if the other speakers then do not say every word.
    """
    chosen = list(speakers[: max(1, round(VALIDATION_SHARE * len(speakers)))])
    spoken = set(train.word[candidates & np.isin(train.speaker, chosen)])
    missing = _missing(words, validation) - spoken
    for speaker in speakers[len(chosen) :]:
        more = set(train.word[candidates & (train.speaker == speaker)])
        if missing & more:
            chosen.append(speaker)
            missing -= more
    rest = train[~np.isin(train.speaker, chosen) & (train.path != "")]
    return None if missing or not chosen or _missing(words, rest) else chosen


def _split_last_takes(
    train: Clips, candidates: NDArray[np.bool_], validation: Clips, words: Collection[str]
) -> Split:
    """Hold out the last takes of each word. Raises RecordingError if a word has a single take."""
    last = np.zeros(len(train), bool)
    for word in sorted(set(train.word[candidates])):
        takes = np.flatnonzero(candidates & (train.word == word))
        takes = np.array(sorted(takes, key=lambda at: _take_order(str(train.path[at]))))
        last[takes[len(takes) - max(1, round(VALIDATION_SHARE * len(takes))) :]] = len(takes) > 1
    validation = concatenate([validation, train[last]])
    rest = train[~last & (train.path != "")]
    missing = sorted(_missing(words, validation) | _missing(words, rest))
    if missing:
        raise RecordingError(
            f"there is no validation take of {', '.join(missing)}: give at least two recordings "
            "(sound, not images) of each word, better of several people"
        )
    description = (
        f"the last takes of each word ({RETRAINED}), by speakers who are in the training data as "
        "well: other people are recognised less well"
    )
    return Split(train[~last], validation, True, description)


def _take_order(path: str) -> list[tuple[int, str]]:
    """Return a sort key that puts take 10 after take 9."""
    parts = re.split(r"(\d+)", path)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]

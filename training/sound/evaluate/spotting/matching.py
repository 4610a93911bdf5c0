"""Spotted words matched to the ground truth of long audio."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from training.common.event_matching import in_time, match_events
from training.sound.evaluate.long_audio import TrueWord
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.evaluate.spotting.scored_audio import ScoredAudio, SpottedWord

TOLERANCE_S = 1.0  # after a word's end, in which a detection is a hit (MLPerf Tiny, streaming)
DEBOUNCE_S = 1.0  # after a false accept, in which further ones are not counted


def match_words(
    spotted: Sequence[SpottedWord], audio: ScoredAudio, targets: Collection[str]
) -> SpottingResult:
    """Match spotted words to the target words of the audio.

    Each target word is hit at most once: by its own label, from its start until TOLERANCE_S after
    its end. A correct detection of a word that is not a target is ignored.
    """
    target_words = [word for word in audio.words if word.label in targets]
    counted = _without_other_words(spotted, audio.words, targets)
    matches = match_events(target_words, counted, TOLERANCE_S)
    delays = [detection.t - word.end for word, detection in matches.hits]
    starts = np.array([word.start for word in audio.words])
    causes, labels, clips = Counter[str](), Counter[str](), Counter[str]()
    for detection in _debounced(matches.false_accepts):
        word = _word_at(detection.t, audio.words, starts)
        causes[_cause(detection, word)] += 1
        labels[detection.label] += 1
        clips[word.clip if word and word.clip else f"{detection.t}"] += 1
    return SpottingResult(
        words=len(target_words),
        hits=len(matches.hits),
        delays=delays,
        false_accepts=causes,
        seconds=audio.seconds,
        misses=Counter(word.label for word in matches.misses),
        false_by_label=labels,
        false_by_clip=clips,
        plays=Counter(word.clip for word in audio.words if word.clip),
    )


def _without_other_words(
    spotted: Sequence[SpottedWord], words: Sequence[TrueWord], targets: Collection[str]
) -> list[SpottedWord]:
    """Leave out correct detections of words that are not targets."""
    others: dict[str, list[TrueWord]] = {}
    for word in words:
        if word.label not in targets:
            others.setdefault(word.label, []).append(word)

    def is_correct(detection: SpottedWord) -> bool:
        candidates = others.get(detection.label, ())
        return any(in_time(word, detection.t, TOLERANCE_S) for word in candidates)

    return [detection for detection in spotted if not is_correct(detection)]


def _debounced(false_accepts: Sequence[SpottedWord]) -> list[SpottedWord]:
    counted: list[SpottedWord] = []
    for detection in false_accepts:
        if not counted or detection.t - counted[-1].t >= DEBOUNCE_S:
            counted.append(detection)
    return counted


def _word_at(t: float, words: Sequence[TrueWord], starts: NDArray[np.float64]) -> TrueWord | None:
    """Return the last word that started before t, if it ended less than TOLERANCE_S before t."""
    last = int(np.searchsorted(starts, t, side="right")) - 1
    return words[last] if last >= 0 and in_time(words[last], t, TOLERANCE_S) else None


def _cause(detection: SpottedWord, word: TrueWord | None) -> str:
    if word is None:
        return "no word"
    return "twice" if word.label == detection.label else "another word"


def words_without_windows(audio: ScoredAudio, targets: Collection[str]) -> int:
    """Return how many target words the level gate kept from the network entirely."""
    words = [word for word in audio.words if word.label in targets]
    first = np.searchsorted(audio.t, [word.start for word in words])
    last = np.searchsorted(audio.t, [word.end + TOLERANCE_S for word in words])
    return int((first == last).sum())

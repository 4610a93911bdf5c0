"""Clips of detections and near misses: with consent only, bounded, and they become takes."""

from __future__ import annotations

import errno
import os
import time

import numpy as np
import pytest

from edge.controls import Controls
from edge.errors import EdgeError
from edge.events import Detection
from edge.formats import sound
from edge.model import Model
from edge.page import review as review_module
from edge.page.answers import Refused
from edge.page.near_miss import NearMiss, NearMisses
from edge.page.review import Review
from edge.samples import AUDIO, Chunk, Health
from live_page import live_page

RATE = 16000
TIMEOUT = 20.0  # s
LABELS = ["yes", "no", "silence"]


def review_in(folder) -> Review:
    review = Review(folder / "review", folder / "takes", True, lambda state: None)
    review.begin(RATE, AUDIO)
    return review


def play(review: Review, seconds: float, start: float = 0.0) -> None:
    """Feed chunks of 100 ms whose samples tell their time."""
    for first in np.arange(start, start + seconds, 0.1):
        t = first + np.arange(RATE // 10) / RATE
        review.feed(Chunk(t, np.sin(2 * np.pi * 440 * t).astype(np.float32)), Health())


def wait_clips(review: Review, count: int) -> list[dict[str, object]]:
    end = time.monotonic() + TIMEOUT
    while len(review.state()["clips"]) != count and time.monotonic() < end:
        time.sleep(0.01)
    clips = review.state()["clips"]
    assert len(clips) == count
    return clips


def test_nothing_is_kept_without_consent(tmp_path):
    review = review_in(tmp_path)
    review.want(1.0, None, {"label": "yes"})
    play(review, 3)
    review.want(3.0, None, {"label": "yes"})
    assert list(tmp_path.iterdir()) == [] and not review._chunks


def test_a_clip_has_the_sound_around_the_end_of_the_word(tmp_path):
    review = review_in(tmp_path)
    review.set_consent(True)
    play(review, 3)
    review.want(2.9, None, {"event": "detection", "label": "yes"})
    play(review, 1, start=3.0)
    (clip,) = wait_clips(review, 1)
    samples = sound.read(review.clip(str(clip["id"]))).samples
    assert len(samples) == pytest.approx(1.1 * RATE, abs=2)
    expected = np.sin(2 * np.pi * 440 * (2.0 + np.arange(100) / RATE))
    assert np.abs(samples[:100] - expected).max() < 0.2
    name = review.mark(str(clip["id"]), "yes")
    assert name == "yes/review_nohash_0.wav" and (tmp_path / "takes" / name).exists()
    assert review.state()["clips"] == []
    with pytest.raises(Refused, match="there is no such clip"):
        review.mark(str(clip["id"]), "yes")


def test_the_oldest_clips_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(review_module, "MAX_CLIPS", 3)
    review = review_in(tmp_path)
    review.set_consent(True)
    for number in range(5):
        review.want(2 * number + 1.0, None, {"label": str(number)})
        play(review, 2, start=2.0 * number)
        end = time.monotonic() + TIMEOUT
        while time.monotonic() < end:
            clips = review.state()["clips"]
            if clips and clips[0]["label"] == str(number):
                break
            time.sleep(0.01)
    clips = wait_clips(review, 3)  # the oldest is deleted after the newest is written
    assert [clip["label"] for clip in clips] == ["4", "3", "2"]
    assert len(list((tmp_path / "review").glob("*.wav"))) == 3


def test_a_full_disk_is_shown_and_the_stream_goes_on(tmp_path, monkeypatch):
    review = review_in(tmp_path)
    review.set_consent(True)

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(review_module, "atomic_write", full)
    review.want(1.0, None, {"label": "yes"})
    play(review, 2)
    end = time.monotonic() + TIMEOUT
    while not review.fault and time.monotonic() < end:
        time.sleep(0.01)
    assert review.fault == "clips cannot be stored: No space left on device"


def test_a_clock_that_jumps_back_makes_no_clip_of_two_times(tmp_path):
    review = review_in(tmp_path)
    review.set_consent(True)
    play(review, 3, start=100.0)
    review.want(102.95, None, {"label": "yes"})
    play(review, 3, start=0.0)
    assert not review._wanted and all(chunk.t[0] < 4 for chunk in review._chunks)


@pytest.mark.parametrize("label", ["../evil", "a/b", ""])
def test_a_label_that_is_no_file_name_is_refused(tmp_path, label):
    review = review_in(tmp_path)
    review.set_consent(True)
    review.want(1.0, None, {"label": "yes"})
    play(review, 2)
    (clip,) = wait_clips(review, 1)
    with pytest.raises(EdgeError, match="is not a word"):
        review.mark(str(clip["id"]), label)
    with pytest.raises(Refused):
        review.clip("../takes/yes")


def near_misses(scores: list[float], detected_t: float | None = None) -> list[NearMiss]:
    """What is found in these scores of "yes", every 40 ms, before a second of silence."""
    controls, found = Controls(), []
    controls.settings = Model.load("kws").settings.with_threshold(0.9)
    misses = NearMisses(controls, found.append)
    for number, score in enumerate([*scores, *[0.0] * 25]):
        misses.add(0.04 * number, LABELS, [score, 0.0, 1 - score])
        if detected_t == 0.04 * number:
            misses.show(Detection("yes", score, 0.04 * number, 0.0, {}))
    return found


def test_a_high_score_below_the_threshold_is_a_near_miss():
    (miss,) = near_misses([0.8] * 12)
    assert miss.label == "yes" and miss.score == pytest.approx(0.8)
    assert miss.reason == "0.80, and 0.90 is needed"


@pytest.mark.parametrize(
    ("scores", "detected_t"), [([0.5] * 12, None), ([0.95] * 12, 0.2), ([0.0] * 12, None)]
)
def test_low_scores_and_detected_words_are_no_near_misses(scores, detected_t):
    assert near_misses(scores, detected_t) == []


def test_a_detection_is_kept_reviewed_and_becomes_a_take(browser, tmp_path):
    options = ("--mock", "--words", "yes no " * 100, "--seed", "1")
    with live_page("kws-listen", tmp_path, *options) as page:
        browser.open(f"{page.link}#review")
        browser.complaints()
        browser.wait_text("#clips", "Nothing is kept")
        browser.click("#consent")
        browser.wait_text("#clips", r"detected (yes|no)", timeout=40)
        browser.click('#clips [data-action="right"]')
        browser.wait_text("#toasts", r"Saved as the take (yes|no)/review_nohash_0\.wav")
        browser.wait_text("#clips", r"detected")
        browser.click('#clips [data-action="wrong"]')
        browser.wait_text("#toasts", r"take unknown/review_nohash_0\.wav")
        browser.click("#consent")
        browser.wait(lambda: not page.get("/api/review")["consent"], "it stays on")
        assert browser.complaints() == []
    names = {path.parent.name for path in (tmp_path / "takes").glob("*/*.wav")}
    assert "unknown" in names and len(names) == 2


def test_a_stroke_is_kept_as_a_recording_of_that_stroke(tmp_path):
    options = ("--mock", "--digits", "3", "--seed", "1", "--speed", "2")
    (tmp_path / "review").mkdir()
    (tmp_path / "review" / "consent").touch()  # switched on before
    with live_page("airdigit-live", tmp_path, *options) as page:
        page.wait_error("stays open")
        end = time.monotonic() + TIMEOUT
        while not page.get("/api/review")["clips"] and time.monotonic() < end:
            time.sleep(0.05)
        clip = page.get("/api/review")["clips"][-1]
        assert clip["label"] == "3"
        name = page.post("/api/review/mark", {"id": clip["id"], "label": "3"})["name"]
        found = page.post("/api/takes/classify", {"name": name})
        assert found["label"] == "3" and found["score"] > 0.5

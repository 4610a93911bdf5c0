"""Takes that a browser records: nothing is lost, and nobody is disturbed."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import time
import zipfile

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.formats.sound.wav_writer import wav_bytes
from edge.model import Model
from edge.page import recorder as recorder_module
from edge.page.answers import Refused
from edge.page.library import Library
from edge.page.recorder import Recorder
from edge.page.recording import SavedTake, TakeRecorder, WordRecorder
from edge.samples import Chunk, Health
from edge.takes import Capture
from live_page import LivePage, live_page

TIMEOUT = 20.0  # s
YES = ("--mock", "--words", " ".join(["yes"] * 200), "--seed", "1", "--noise", "60")


class ReadyCapture(Capture[int]):
    """Every chunk with samples is a take."""

    ready = True

    def feed(self, chunk: Chunk) -> int | None:
        return len(chunk) or None


class TinyRecorder(TakeRecorder):
    def __init__(self, folder, fault: Exception | None = None) -> None:
        super().__init__("yes", "ann", folder)
        self.capture, self.fault = ReadyCapture(), fault

    def begin(self) -> None:
        pass

    def save(self, take: int, clipped: int) -> SavedTake:
        if self.fault is not None:
            raise self.fault
        return SavedTake(self.folder / "take", {"clipped": clipped})


@pytest.fixture(autouse=True)
def no_countdown(monkeypatch):
    monkeypatch.setattr(recorder_module, "COUNTDOWN", 0)
    monkeypatch.setattr(recorder_module, "SHOW_RESULT_S", 0.0)


def recorded(recorder: TinyRecorder, takes: int = 1) -> list[dict[str, object]]:
    """The states of a recording to which chunks are fed until it ends."""
    states: list[dict[str, object]] = []
    session = Recorder(states.append)
    session.start(recorder, takes, "")
    end = time.monotonic() + TIMEOUT
    while session.is_running and time.monotonic() < end:
        session.feed(Chunk(np.array([0.0]), np.zeros((1, 1), np.float32)), Health())
        time.sleep(0.002)
    assert not session.is_running
    return states


def test_takes_are_recorded_one_after_another(tmp_path):
    states = recorded(TinyRecorder(tmp_path), takes=3)
    assert [s["take"] for s in states if s["phase"] == "prompt"] == [1, 2, 3]
    assert (states[-1]["phase"], states[-1]["saved"]) == ("done", 3)


def test_a_full_disk_ends_the_recording_with_its_reason(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    last = recorded(TinyRecorder(tmp_path, full))[-1]
    assert (last["phase"], last["reason"]) == ("failed", "No space left on device")


def test_takes_that_are_refused_again_and_again_end_the_recording(tmp_path):
    states = recorded(TinyRecorder(tmp_path, RecordingError("too soft")))
    assert sum(s["phase"] == "rejected" and s["reason"] == "too soft" for s in states) == 10
    assert states[-1]["reason"] == "10 takes in a row were not saved: too soft"


class SlowRecorder(TinyRecorder):
    def feed(self, chunk: Chunk) -> int | None:
        time.sleep(0.5)  # much longer than the feeding thread may be held up
        return super().feed(chunk)


def test_samples_that_a_slow_recorder_missed_make_no_take(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "MAX_WAITING", 1)
    last = recorded(SlowRecorder(tmp_path))[-1]
    assert last["phase"] == "failed" and "samples are missing" in str(last["reason"])


@pytest.mark.parametrize(("label", "speaker"), [("../x", "ann"), ("yes", "a/b"), ("", "ann")])
def test_labels_and_speakers_that_are_no_file_names_are_refused(tmp_path, label, speaker):
    with pytest.raises(RecordingError, match="is not a"):
        WordRecorder(label, speaker, tmp_path, 16000)


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    return Library(folder / "takes", folder / "deleted", Model.load("kws"), sound=True)


def add_take(library: Library, name: str, level: float = 0.5) -> None:
    path = library.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav_bytes(np.full(16000, level, np.float32), 16000))


def test_a_deleted_take_comes_back_and_overwrites_no_other(library):
    add_take(library, "yes/ann_nohash_0.wav", 0.25)
    content = (library.folder / "yes/ann_nohash_0.wav").read_bytes()
    key = library.delete("yes/ann_nohash_0.wav")
    assert [take["name"] for take in library.takes()] == []
    add_take(library, "yes/ann_nohash_0.wav", 0.75)  # the name is used again meanwhile
    assert library.restore(key) == "yes/ann_nohash_1.wav"
    assert (library.folder / "yes/ann_nohash_1.wav").read_bytes() == content
    with pytest.raises(Refused, match="cannot be restored any more"):
        library.restore(key)


def test_a_moved_take_keeps_its_speaker(library):
    add_take(library, "go/bob_nohash_0.wav")
    add_take(library, "stop/bob_nohash_0.wav")
    assert library.move("go/bob_nohash_0.wav", "stop") == "stop/bob_nohash_1.wav"
    with pytest.raises(RecordingError, match="is not a word"):
        library.move("stop/bob_nohash_1.wav", "../../evil")


@pytest.mark.parametrize("name", ["../token", "/etc/passwd", "yes/../../token", "", "yes"])
def test_only_names_of_takes_are_takes(library, name):
    (library.folder.parent / "token").write_text("secret")
    with pytest.raises(Refused, match="there is no such take"):
        library.path(name)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with live_page("kws-listen", tmp_path_factory.mktemp("page"), *YES) as served:
        yield served


def wait_phase(page: LivePage, *phases: str) -> dict[str, object]:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        state = asyncio.run(first_message(page))["record"]
        if state["phase"] in phases:
            return state
        time.sleep(0.1)
    raise AssertionError(f"{state} never becomes one of {phases}")


async def first_message(page: LivePage, then=None):
    """What a browser gets when it connects; `then` runs while it is connected."""
    import aiohttp

    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{page.base}/ws", max_msg_size=0) as socket,
    ):
        hello = await socket.receive_json()
        if then is not None:
            await asyncio.get_running_loop().run_in_executor(None, then, hello)
        return hello


def test_two_browsers_cannot_record_at_once_and_one_that_leaves_ends_its_recording(page):
    def record(hello) -> None:
        request = {"label": "yes", "takes": 5, "client": hello["client"]}
        page.post("/api/record", request)
        status, _, answer = page.request("POST", "/api/record", {"label": "no"})
        assert status == 409 and b"another recording is going on" in answer

    asyncio.run(first_message(page, record))
    state = wait_phase(page, "failed")
    assert state["reason"] == "the browser that recorded has left"
    assert page.get("/api/health")["lost"] == 0


@pytest.mark.parametrize(
    "request_body",
    [
        {"label": "../../evil", "takes": 1},
        {"label": 3},
        {"label": "yes", "takes": 10**9},
        {"label": "yes", "takes": "many"},
        {"label": "yes", "speaker": "../x"},
        {"label": "yes", "client": "somebody else"},
        {},
    ],
)
def test_a_recording_that_makes_no_sense_is_refused(page, request_body):
    assert page.request("POST", "/api/record", request_body)[0] in (400, 409)


def test_a_take_is_recorded_played_recognised_moved_deleted_and_downloaded(browser, page):
    browser.open(f"{page.link}#record")
    browser.complaints()
    browser.click(".labels button:last-of-type")  # yes
    browser.fill("#takes", "1")
    browser.fill("#speaker", "ann")
    browser.click("#start")
    browser.wait_text("#prompt", r"^[123]$|Be quiet|Say: yes")
    browser.wait_text("#prompt", r"Done: 1 saved", timeout=40)
    row = '#takes-list li[data-name="yes/ann_nohash_0.wav"]'
    browser.click(f'{row} [data-action="replay"]')
    browser.wait_text(f"{row} .result", r"yes, score (0\.9|1\.0)")
    browser.click(f'{row} [data-action="play"]')
    browser.wait(
        lambda: browser.script("return document.querySelector('audio').duration > 0.9"),
        "the take is not played",
    )
    browser.click(f'{row} [data-action="remove"]')
    browser.wait_text("#takes-list", "No takes yet")
    browser.click("#toasts button")  # undo
    browser.wait_text("#takes-list", "ann")
    browser.click(f'{row} [data-action="rename"]')
    box = browser.one(".rename input")
    box.clear()
    box.send_keys("no\n")
    browser.one('#takes-list li[data-name="no/ann_nohash_0.wav"]')
    status, headers, body = page.request("GET", "/api/takes.zip")
    assert status == 200 and "kws-takes.zip" in headers["content-disposition"]
    assert zipfile.ZipFile(io.BytesIO(body)).namelist() == ["takes/no/ann_nohash_0.wav"]
    assert browser.complaints() == []


def test_a_refused_take_says_why(browser, tmp_path):
    options = ("--mock", "--words", "yes " * 60, "--seed", "1", "--noise", "2")
    with live_page("kws-listen", tmp_path, *options) as page:
        browser.open(f"{page.link}#record")
        browser.click("#start")
        browser.wait_text("#reason", r"too noisy|more than one word|incomplete|missing|a word")
        browser.click("#start")  # stop
        browser.wait_text("#start", "Record")


def test_a_stroke_is_recorded(browser, tmp_path):
    options = ("--mock", "--digits", "3" * 60, "--seed", "1", "--speed", "1.5")
    with live_page("airdigit-live", tmp_path, *options) as page:
        browser.open(f"{page.link}#record")
        browser.fill("#takes", "1")
        browser.click(".labels button:nth-of-type(4)")  # 3
        browser.click("#start")
        browser.wait_text("#prompt", r"Draw: 3|Hold still", timeout=30)
        browser.wait_text("#prompt", r"Done: 1 saved", timeout=60)
        browser.click('#takes-list [data-action="replay"]')
        browser.wait_text("#takes-list .result", r"3, score ")
    assert len(list((tmp_path / "takes").glob("3_*.csv"))) == 1

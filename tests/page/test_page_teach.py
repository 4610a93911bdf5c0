"""Models that the page makes of takes: progress, faults, the end of the child, the exchange."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from command_process import start, start_program
from edge.errors import EdgeError
from edge.formats.sound import write_wav
from edge.model import Model
from edge.model.shipped import find_model
from edge.page import teach_methods as methods_module
from edge.page.answers import Refused
from edge.page.model_choice import ModelChoice
from edge.page.teach_methods import has_methods, teach_methods
from edge.page.teach_process import TeachPlan
from edge.page.teacher import Teacher
from edge.simulation.sound.speaker import Speaker, say
from edge.sink import StreamInfo
from live_page import LivePage, live_page
from stand_in_training import FILE

TIMEOUT = 240.0  # s; a child starts slowly on a busy machine
RATE = 16000
WORDS = ("left", "seven")  # the second is none of the shipped model
STAND_IN = (
    "import edge.page.teach_methods as methods\n"
    "methods.TRAININGS['kws'] = 'stand_in_training'\n"
    "methods._missing = lambda: ''"
)


def wait(condition: Callable[[], Any], message: str) -> Any:
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(message)


class Session:
    """A teacher whose child does what `script` says."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.models = folder, folder / "models"
        self.made: list[str] = []
        self.states: list[dict[str, Any]] = []
        self.teacher = Teacher(
            self.models, lambda path: Model.load(path), self.made.append, self.states.append
        )

    def start(self, *script: str) -> None:
        (self.folder / FILE).write_text("\n".join(script))
        self.teacher.start(self.plan())

    def plan(self) -> TeachPlan:
        data = ("--data", str(self.folder / "takes"))
        return TeachPlan("train", "mine-1", "stand-in", "stand_in_training", data)

    def ended(self) -> dict[str, Any]:
        wait(lambda: not self.teacher.is_running, "the child never ends")
        return self.teacher.state()

    def files(self) -> list[str]:
        return sorted(path.name for path in self.models.iterdir())


@pytest.fixture
def session(tmp_path):
    session = Session(tmp_path)
    yield session
    session.teacher.close()


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][:1]
    except OSError:
        return False
    return state != "Z"


def test_a_finished_model_is_stored_with_its_progress_and_log(session):
    session.start(
        *("say mine: epoch 1 of 4, loss 1.5, 12 s left", "sleep 1", "say \x1b[2Jdone"),
        f"copy {find_model('kws')}",
    )
    state = session.ended()
    assert (state["phase"], session.made, session.files()) == (
        "done",
        ["mine-1"],
        ["mine-1.tflite"],
    )
    assert state["log"] == ["mine: epoch 1 of 4, loss 1.5, 12 s left", "\\x1b[2Jdone"]
    running = [one for one in session.states if one["phase"] == "running"][-1]
    assert running["step"] == "mine: epoch 1 of 4, loss 1.5"
    assert (running["share"], running["left"]) == (0.25, "12 s")


def test_a_training_that_fails_shows_its_last_line_and_leaves_nothing(session):
    session.start("say reading", "write half a model", "say error: no takes of 'yes'", "end 1")
    state = session.ended()
    assert (state["phase"], state["reason"]) == ("failed", "no takes of 'yes'")
    assert session.files() == [] and session.made == []


def test_a_file_that_is_no_model_is_not_stored(session):
    session.start("write this is no model")
    state = session.ended()
    assert state["phase"] == "failed" and "mine-1.tflite" in state["reason"]
    assert session.files() == []


def test_a_second_start_is_refused_and_the_first_can_be_cancelled(session, tmp_path):
    worker = tmp_path / "worker"
    session.start(f"worker {worker}", "write half a model", "sleep 600")
    with pytest.raises(Refused, match="mine-1 is being made: wait until it has ended, or cancel"):
        session.teacher.start(session.plan())
    wait(worker.exists, "the child never starts")
    session.teacher.cancel()
    assert session.ended()["phase"] == "cancelled"
    assert session.files() == []
    wait(lambda: not is_alive(int(worker.read_text() or 0)), "its worker goes on")


def test_the_child_ends_with_a_parent_that_is_killed(tmp_path):
    pid = tmp_path / "pid"
    (tmp_path / FILE).write_text(f"pid {pid}\nsleep 600")
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from edge.page.teach_process import TeachPlan\nfrom edge.page.teacher import Teacher\n"
        "folder = Path(sys.argv[1])\n"
        "nothing = lambda *values: None\n"
        "teacher = Teacher(folder / 'models', nothing, nothing, nothing)\n"
        "data = ('--data', str(folder / 'takes'))\n"
        "teacher.start(TeachPlan('train', 'mine-1', '', 'stand_in_training', data))\n"
        "time.sleep(600)"
    )
    with start_program(program, tmp_path) as process:
        wait(lambda: pid.exists() and pid.read_text(), "the child never starts")
        process.kill()
    wait(lambda: not is_alive(int(pid.read_text())), "the child goes on")


def test_methods_and_their_commands_follow_the_task_and_the_model(monkeypatch):
    monkeypatch.setattr(methods_module, "_missing", lambda: "")
    takes = Path("edge-page/takes")
    enrol, train = teach_methods("kws", True, Model.load("kws"), takes)
    assert enrol.command("mine.tflite") == (
        "kws-enroll --data edge-page/takes --only {words} --out mine.tflite"
    )
    assert train.command("mine.tflite") == (
        "python -m training.kws --data edge-page/takes --base kws --out mine.tflite"
    )
    (stroke,) = teach_methods("airdigit", False, Model.load("airdigit"), takes)
    assert stroke.command("m.tflite").startswith("python -m training.airdigit --data edge-page")
    (digit,) = teach_methods("sounddigit", True, Model.load("sounddigit"), takes)
    assert digit.plan([], {"0": 5}, "sounddigit-1").module == "training.sounddigit"
    with pytest.raises(EdgeError, match="no takes of 'lumos'"):
        enrol.plan(["lumos"], {"nox": 3}, "words-1")
    with pytest.raises(EdgeError, match="choose the words"):
        enrol.plan(["unknown"], {"unknown": 3, "nox": 3}, "words-1")
    with pytest.raises(EdgeError, match="there are no takes: record some"):
        train.plan([], {"unknown": 3}, "kws-1")
    assert not has_methods("ecg", False) and not has_methods("airdigit", True)


def save_takes(folder: Path) -> None:
    """Three takes of each word by one simulated person."""
    rng = np.random.default_rng(1)
    for word in WORDS:
        (folder / word).mkdir(parents=True)
        for number in range(3):
            write_wav(folder / word / f"ann_nohash_{number}.wav", spoken(word, rng), RATE)


def spoken(word: str, rng: np.random.Generator) -> np.ndarray:
    sound = np.pad(say(word, Speaker(3), rng), round(0.5 * RATE))
    return (sound + 1e-4 * rng.standard_normal(len(sound))).astype(np.float32)


@pytest.fixture(scope="module")
def person(tmp_path_factory):
    """A long recording of the person whose takes are saved."""
    rng = np.random.default_rng(2)
    once = np.concatenate([spoken(word, rng) for word in WORDS for _ in range(4)])
    path = tmp_path_factory.mktemp("person") / "talk.wav"
    write_wav(path, np.tile(once, 40), RATE)
    return path


def test_enrolled_words_are_used_without_a_break_and_the_former_model_comes_back(tmp_path, person):
    save_takes(tmp_path / "takes")
    with live_page("kws-listen", tmp_path, "--replay", person) as page:
        page.post("/api/teach/start", {"method": "enrol", "labels": list(WORDS)})
        wait(lambda: page.get("/api/teach")["job"]["phase"] != "running", "it never ends")
        teach = page.get("/api/teach")
        assert teach["job"]["phase"] == "done", teach["job"]
        assert teach["former"] == "kws" and "seven: 3 takes" in "".join(teach["job"]["log"])
        wait(lambda: page.get("/api/state")["words"] == list(WORDS), "it is never used")
        assert page.get("/api/state")["hint"] == "Say left or seven."
        page.post("/api/settings/save")
        saved = json.loads((tmp_path / "settings.json").read_text())
        assert saved["model"] == "words-1" and list(saved["thresholds"]) == list(WORDS)
        before = page.get("/api/health")["samples"]
        assert "--model" in page.get("/api/state")["command_line"]
        detected = wait(lambda: page.get("/api/health")["detections"], "nothing is detected")
        assert detected and page.get("/api/health")["samples"] >= before
        page.post("/api/teach/back")
        wait(lambda: page.get("/api/state")["model"] == "kws", "the former one never comes back")
        assert page.get("/api/health")["lost"] == 0
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["words-1.tflite"]


def test_words_are_enrolled_in_the_page_used_and_the_former_model_comes_back(
    browser, tmp_path, person, screenshots
):
    save_takes(tmp_path / "takes")
    with live_page("kws-listen", tmp_path, "--replay", person) as page:
        browser.open(f"{page.link}#teach")
        browser.complaints()
        browser.wait_text(".labels", "left · 3")
        browser.wait_text("#teach-command", r"kws-enroll --data .*takes --only left seven --out .*")
        browser.click("#teach-start")
        browser.wait_text("#teach-phase", "Making words-1|words-1 is ready")
        browser.wait_text("#teach-phase", "words-1 is ready", timeout=TIMEOUT)
        browser.wait_text("#teach-log", "seven: 3 takes")
        browser.wait_text("#what", "words-1")
        browser.screenshot(screenshots / "teach-done-laptop.png")
        browser.wait_text('#models li[data-name="words-1"]', "in use")
        browser.click("#nav-live")
        browser.wait_text("#events", "seven", timeout=TIMEOUT)  # which kws does not know
        assert page.get("/api/health")["lost"] == 0
        assert "--model" in page.get("/api/state")["command_line"]
        browser.click("#nav-teach")
        browser.click("#teach-back")
        browser.wait_text("#what", r"· kws ·")
        browser.click('#models li[data-name="words-1"] [data-action="use"]')
        browser.wait_text("#what", "words-1")
        browser.wait_text('#models li[data-name="words-1"]', "in use")
        assert browser.complaints() == []
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["words-1.tflite"]


def test_a_training_goes_on_without_a_browser_is_cancelled_and_ends_with_the_command(
    browser, tmp_path
):
    save_takes(tmp_path / "takes")
    pid = tmp_path / "pid"
    (tmp_path / FILE).write_text(
        f"pid {pid}\nsay kws: epoch 2 of 4, loss 1.2, 3 min left\nsleep 600"
    )
    with live_page("kws-listen", tmp_path, "--mock", "--pause", "600", first=STAND_IN) as page:
        browser.open(f"{page.link}#teach")
        browser.click('.method input[value="train"]')
        browser.click("#teach-start")
        browser.wait_text("#teach-detail", "epoch 2 of 4, loss 1.2", timeout=TIMEOUT)
        browser.wait_text("#teach-time", "3 min left of this step")
        status, _, answer = page.request("POST", "/api/teach/start", {"method": "train"})
        assert status == 409 and b"kws-1 is being made" in answer
        browser.open("about:blank")
        time.sleep(0.5)
        assert page.get("/api/teach")["job"]["phase"] == "running"
        browser.open(f"{page.link}#teach")
        browser.wait_text("#teach-phase", "Making kws-1")
        browser.click("#teach-cancel")
        browser.wait_text("#teach-phase", "Cancelled")
        (tmp_path / FILE).write_text("say error: there is no such take\nend 1")
        browser.click("#teach-start")
        browser.wait_text("#teach-detail", "there is no such take", timeout=TIMEOUT)
        pid.unlink()
        (tmp_path / FILE).write_text(f"pid {pid}\nsleep 600")
        page.post("/api/teach/start", {"method": "train"})
        wait(lambda: pid.exists() and pid.read_text(), "the child never starts")
    assert not is_alive(int(pid.read_text()))
    assert list((tmp_path / "models").iterdir()) == []


def test_where_nothing_can_be_trained_the_page_says_what_to_run(browser, tmp_path):
    takes = tmp_path / "takes"
    takes.mkdir()
    shutil.copy(Path(__file__).parents[2] / "examples" / "recordings" / "3.csv", takes / "3_a.csv")
    missing = STAND_IN.replace("lambda: ''", "lambda: 'TensorFlow is not installed here'")
    options = ("--mock", "--digits", "3" * 60, "--seed", "1")
    with live_page("airdigit-live", tmp_path, *options, first=missing) as page:
        browser.open(f"{page.link}#teach")
        browser.wait_text("#teach-missing", "This cannot run here: TensorFlow is not installed")
        browser.wait_text(
            "#teach-command", r"python -m training\.airdigit --data .* --base airdigit"
        )
        status, _, answer = page.request("POST", "/api/teach/start", {"method": "train"})
        assert status == 400 and b"TensorFlow is not installed" in answer


@pytest.mark.parametrize(
    ("path", "request_body", "status"),
    [
        ("start", {"method": "../evil"}, 400),
        ("start", {"method": 3}, 400),
        ("start", {"method": "enrol", "labels": "left"}, 400),
        ("start", {"method": "enrol", "labels": ["../../etc"]}, 400),
        ("start", {"method": "enrol", "labels": ["--out"]}, 400),
        ("start", {"method": "enrol", "labels": [1]}, 400),
        ("use", {"model": "../../kws"}, 404),
        ("use", {}, 400),
        ("back", {}, 409),
    ],
)
def test_a_request_to_teach_that_makes_no_sense_is_refused(
    quiet: LivePage, path, request_body, status
):
    answer = quiet.request("POST", f"/api/teach/{path}", request_body)
    assert answer[0] == status, answer


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    with live_page("kws-listen", folder, "--mock", "--pause", "600") as served:
        yield served


def test_a_model_that_is_copied_to_the_folder_can_be_used_if_it_fits(quiet):
    models = quiet.folder / "models"
    models.mkdir(exist_ok=True)
    shutil.copy(find_model("kws_qcnn"), models / "copied.tflite")
    shutil.copy(find_model("airdigit"), models / "strokes.tflite")
    (models / "damaged.tflite").write_text("no model")
    names = [model["name"] for model in quiet.get("/api/teach")["models"]]
    assert names == ["copied", "kws"]
    assert quiet.request("POST", "/api/teach/use", {"model": "damaged"})[0] == 400
    quiet.post("/api/teach/use", {"model": "copied"})
    wait(lambda: quiet.get("/api/state")["model"] == "copied", "it is never used")
    quiet.post("/api/settings", {"listening": False})
    quiet.post("/api/teach/back")  # also while the recognition is paused
    wait(lambda: quiet.get("/api/state")["model"] == "kws", "the former one never comes back")
    quiet.post("/api/settings", {"listening": True})


def test_the_labels_of_a_model_are_those_that_can_be_detected(tmp_path):
    for name in ("airdigit", "kws"):
        model = Model.load(name)
        info = StreamInfo(100, (), task=name)
        (found,) = ModelChoice(tmp_path, model, False, info).models()
        assert found["labels"] == model.words


def test_thresholds_saved_for_another_model_are_not_used(tmp_path):
    (tmp_path / "settings.json").write_text('{"model": "words-1", "thresholds": {"lumos": 0.9}}')
    with live_page("kws-listen", tmp_path, "--mock", "--pause", "600") as page:
        page.wait_error("settings.json is for the model words-1, and is not used for this one")
        assert page.get("/api/state")["thresholds"]["yes"] == 0.9608


def test_the_link_is_printed_only_when_the_source_is_open(tmp_path):
    options = ("--page", "0", "--page-folder", tmp_path, "--replay", tmp_path / "no.wav")
    with start("kws-listen", *options) as process:
        _, errors = process.communicate(timeout=TIMEOUT)
    assert process.returncode == 1 and "no.wav: does not exist" in errors
    assert "page: http" not in errors and "Traceback" not in errors

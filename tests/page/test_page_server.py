"""The page of a running command: state, events, faults of browsers and of the address."""

from __future__ import annotations

import builtins
import json
import socket
import time

import pytest

from command_process import error_message
from edge.commands import kws_listen
from edge.model import Model
from edge.model.shipped import find_model
from edge.page.watcher import computes_scores
from live_page import live_page

WORDS = ("--mock", "--words", "yes no", "--seed", "1")


def test_state_and_events_are_the_objects_of_json_lines(tmp_path):
    with live_page("kws-listen", tmp_path, *WORDS, "--speed", "max") as page:
        page.wait_error("stays open until Ctrl-C")
        state = page.get("/api/state")
        assert (state["task"], state["model"], state["ended"]) == ("kws", "kws", True)
        assert state["words"][0] == "down" and state["thresholds"]["yes"] == 0.9608
        health = page.get("/api/health")
        assert health["samples"] > 16000 and health["detections"] == 2
        events = server_sent(page)
        assert [e["event"] for e in events] == ["ready", "detection", "detection", "summary"]
        assert [e["label"] for e in events[1:3]] == ["yes", "no"]
        assert all(e["schema"] == 1 and e["id"] for e in events)
        # After a reconnection, a browser gets only what it does not have.
        later = server_sent(page, events[1]["id"])
        assert later == events[2:]


def server_sent(page, last_id: str = "") -> list[dict[str, object]]:
    """The server-sent events so far."""
    header = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    with socket.create_connection(("127.0.0.1", page.port), timeout=10) as connection:
        connection.sendall(f"GET /api/events HTTP/1.1\r\nHost: localhost\r\n{header}\r\n".encode())
        text = ""
        while '"summary"' not in text:
            text += connection.recv(65536).decode()
    return [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]


def test_a_source_without_words_or_strokes_is_a_signal_and_cannot_be_recorded(tmp_path):
    model = find_model("ppg2abp")
    with live_page("edge-live", tmp_path, model, "--mock") as page:
        state = page.get("/api/state")
        assert (state["kind"], state["pages"]) == ("signal", ["live", "tune", "health"])
        assert page.request("POST", "/api/record", {"label": "abp"})[0] == 404


def test_only_scores_of_labels_are_drawn():
    """A waveform, or the embedding of a model with enrolled words, is none."""
    models = {name: Model.load(name) for name in ("kws", "ppg2abp")}
    assert computes_scores(models["kws"]) and not computes_scores(models["ppg2abp"])


def test_thresholds_change_while_it_runs_and_are_read_at_the_next_start(tmp_path):
    with live_page("kws-listen", tmp_path, "--mock", "--pause", "600") as page:
        state = page.post("/api/settings", {"thresholds": {"go": 0.5}})
        assert state["thresholds"]["go"] == 0.5
        assert state["command_line"].endswith("--threshold 0.9608,go=0.5")
        assert page.post("/api/settings", {"max_false_per_hour": 5})["thresholds"]["go"] == 0.9427
        page.post("/api/settings", {"reset": True})
        page.post("/api/settings", {"thresholds": {"go": 0.5}})
        saved = page.post("/api/settings/save")["saved"]
        assert saved == str(tmp_path / "settings.json")
    with live_page("kws-listen", tmp_path, "--mock", "--pause", "600") as page:
        assert page.get("/api/state")["thresholds"]["go"] == 0.5


def test_the_command_line_of_the_page_gives_the_same_thresholds(tmp_path):
    options = ("--mock", "--pause", "600", "--threshold", "0.9,go=0.5,yes=0.8")
    with live_page("kws-listen", tmp_path, *options) as page:
        state = page.get("/api/state")
        assert state["thresholds"]["go"] == 0.5 and state["thresholds"]["no"] == 0.9
        assert state["command_line"].endswith("--threshold 0.9,go=0.5,yes=0.8")


def test_a_browser_that_leaves_in_the_middle_does_not_disturb(tmp_path):
    with live_page("kws-listen", tmp_path, "--mock", "--seed", "1") as page:
        for request in (b"GET /api/events", b"GET /ws", b"GET /", b"POST /api/settings"):
            with socket.create_connection(("127.0.0.1", page.port)) as connection:
                connection.sendall(request + b" HTTP/1.1\r\nHost: localhost\r\n")
                if b"events" in request:
                    connection.sendall(b"\r\n")
        while not page.get("/api/health")["samples"]:
            time.sleep(0.05)
        before = health = page.get("/api/health")
        while health["samples"] == before["samples"]:
            time.sleep(0.05)
            health = page.get("/api/health")
        assert health["lost"] == 0


def test_a_busy_port_is_an_error_that_says_what_to_do(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        message = error_message("kws-listen", "--mock", "--page", address)
    assert message == f"{address} cannot be served (Address already in use): choose another --page"


def test_an_address_of_another_computer_is_an_error(tmp_path):
    message = error_message("kws-listen", "--mock", "--page", "192.0.2.1:8765")
    assert message.endswith("choose another --page")


def test_wyoming_and_page_exclude_each_other():
    options = ("--page", "0", "--wyoming", "tcp://127.0.0.1:0")
    assert "leave one of them out" in error_message("kws-listen", *options)


def test_without_aiohttp_the_message_says_how_to_install_it(monkeypatch, capsys):
    real = builtins.__import__

    def without_aiohttp(name, *arguments, **named):
        if name.partition(".")[0] == "aiohttp":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", without_aiohttp)
    assert kws_listen.main(["--mock", "--page", "0"]) == 1
    assert capsys.readouterr().err == (
        "kws-listen: error: --page needs aiohttp: pip install 'edge-sense[page]'\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not a settings file"),
        ('{"thresholds": {"go": 7}}', "is not a settings file"),
        ('{"thresholds": {"five": 0.5}}', "does not fit the model: five is not a word"),
    ],
)
def test_a_settings_file_that_does_not_fit_is_refused(tmp_path, text, message):
    path = tmp_path / "settings.json"
    path.write_text(text)
    assert message in error_message("kws-listen", "--mock", "--settings", path)


def test_a_threshold_of_an_unknown_word_is_refused():
    message = error_message("kws-listen", "--mock", "--threshold", "0.9,five=0.5")
    assert message.startswith("five is not a word of the model: it has down, go")

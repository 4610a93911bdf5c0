"""--wait: a live command waits for a device that is not there at the start."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator

import pytest

import tiny_task
from edge.cli.live import LiveCommand, live
from edge.errors import SourceError
from edge.events import RunEvent
from edge.samples import Chunk
from edge.sink.json_lines import JsonLinesSink
from tiny_task import StrokeSource


class LateSource(StrokeSource):
    """A device that is there at the third attempt."""

    is_device = True
    missing = 2

    def __enter__(self) -> LateSource:
        if self.missing:
            self.missing -= 1
            raise SourceError("no such port: plug the board in")
        super().__enter__()
        return self

    def until_worth_opening(self) -> Iterator[None]:
        yield

    def __iter__(self) -> Iterator[Chunk]:
        for number, chunk in enumerate(super().__iter__()):
            if number == 3:
                self.health.device_lost("unplugged: waiting for it")
            if number == 4:
                self.health.device_found()
                self.health.degraded("the board restarted")
            yield chunk


class NeverSource(LateSource):
    missing = 1000

    def until_worth_opening(self) -> Iterator[None]:
        signal.raise_signal(signal.SIGINT)
        yield


@pytest.fixture
def events(tiny_stroke_model, monkeypatch, capsys):
    """Run the command with such a source; return its status, its events and its messages."""

    def run(source: type, *argv: str) -> tuple[int, list[dict], str]:
        monkeypatch.setattr(tiny_task.StrokeSource, "from_options", source.from_options)
        command = LiveCommand("tiny-live", "Tiny.", "tiny", tiny_task.SOURCES, tiny_task.HINT)
        argv = ("--model", str(tiny_stroke_model), "--strokes", "end", "--json", *argv)
        status = live(command, argv)
        printed = capsys.readouterr()
        return status, [json.loads(line) for line in printed.out.splitlines()], printed.err

    return run


def test_a_command_waits_for_its_device_and_tells_what_happens_to_it(events):
    status, found, err = events(LateSource, "--wait")
    assert status == 0
    assert [event["event"] for event in found] == [
        *("device_lost", "device_found", "ready"),
        *("detection", "device_lost", "device_found", "error", "detection", "summary"),
    ]
    assert found[0]["reason"] == "no such port: plug the board in" and found[0]["t"] is None
    assert found[4]["reason"] == "unplugged: waiting for it" and found[4]["t"] is not None
    assert (found[6]["message"], found[6]["fatal"]) == ("the board restarted", False)
    assert found[-1]["reconnects"] == 1
    assert err.count("waiting for it") == 1


def test_without_wait_a_missing_device_is_an_error(events):
    status, found, err = events(LateSource)
    assert status == 1 and err == "tiny-live: error: no such port: plug the board in\n"
    assert [event["event"] for event in found] == ["error", "summary"]
    assert found[0]["fatal"]


def test_a_signal_ends_the_waiting(events):
    status, found, _ = events(NeverSource, "--wait")
    assert status == 0
    assert [event["event"] for event in found] == ["device_lost", "summary"]


def test_events_have_the_name_of_the_device_and_rejections_can_be_left_out(events):
    options = ("--device-name", "kitchen", "--no-rejections", "--threshold", "1")
    _, found, _ = events(StrokeSource, *options)
    assert [event["event"] for event in found] == ["ready", "summary"]
    assert found[1]["rejected"] == 2
    assert {(event["device"], event["model"]) for event in found} == {("kitchen", "tiny")}


@pytest.mark.parametrize("option", ["--health=0", "--health=often", "--device-name= "])
def test_impossible_values_of_the_options_are_usage_errors(events, option, capsys):
    with pytest.raises(SystemExit) as stop:
        events(StrokeSource, option)
    assert stop.value.code == 2 and option.partition("=")[0] in capsys.readouterr().err


def test_a_sink_can_change_the_threshold_and_pause_the_recognition(events, monkeypatch):
    """As a command over MQTT does."""
    show = JsonLinesSink.show

    def show_and_control(sink: JsonLinesSink, event: RunEvent) -> None:
        show(sink, event)
        controls = sink.info.controls
        assert controls.threshold == pytest.approx(0.2)
        if type(event).__name__ == "Detection":
            controls.listening = False

    monkeypatch.setattr(JsonLinesSink, "show", show_and_control)
    _, found, _ = events(StrokeSource)
    assert [event["event"] for event in found] == ["ready", "detection", "summary"]
    assert found[-1]["samples"] == 20

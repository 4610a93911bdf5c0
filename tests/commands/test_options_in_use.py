"""The live commands load only the sources and outputs that their options name."""

from __future__ import annotations

import pytest

from edge.cli.live import parser_for, parser_in_use
from edge.commands import airdigit_live, kws_listen

KWS = kws_listen.COMMAND


def test_only_the_named_source_and_output_have_their_options():
    parser, sources, sinks = parser_in_use(KWS, ["--pcm", "--json", "--model", "kws"])
    assert list(sources) == ["pcm"] and list(sinks) == ["json", "systemd"]
    assert "--pcm" in parser._option_string_actions
    assert "--device" not in parser._option_string_actions


def test_without_a_named_source_it_is_the_default_one():
    assert list(parser_in_use(KWS, ["--device", "usb"])[1]) == ["microphone"]


@pytest.mark.parametrize(
    ("command", "argv"),
    [
        (KWS, ["--help"]),
        (KWS, ["--replay", "talk.wav"]),
        (KWS, ["--pcm", "--mqtt-topic", "home"]),
        (KWS, ["--mock"]),
        (airdigit_live.COMMAND, ["--json"]),
    ],
)
def test_other_options_need_the_parser_of_all(command, argv):
    assert parser_in_use(command, argv) is None
    assert len(parser_for(command, argv)[1]) >= 4


def test_variables_of_other_options_need_the_parser_of_all(monkeypatch):
    monkeypatch.setenv("EDGE_MQTT", "broker")
    assert parser_in_use(KWS, ["--pcm"]) is None


def test_a_wrong_option_shows_the_options_of_all_sources(capsys):
    with pytest.raises(SystemExit, match="2"):
        kws_listen.main(["--pcm", "talk.raw", "--json"])
    shown = capsys.readouterr().err
    assert "--device" in shown and "recordings are given with --replay" in shown


def test_two_sources_are_refused(capsys):
    assert kws_listen.main(["--pcm", "--device", "--json"]) == 1
    assert "--device and --pcm are different sources: choose one" in capsys.readouterr().err

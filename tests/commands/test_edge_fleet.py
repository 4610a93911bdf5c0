"""edge-fleet: the inventory, and commands to devices, with mosquitto as the broker."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from command_process import run, start
from edge.commands.edge_fleet import main
from fleet_devices import open_device, running_devices
from mqtt_broker import (
    PASSWORD,
    USER,
    Broker,
    Subscriber,
    free_port,
    running_broker,
    skipped_without_mosquitto,
)
from sample_events import WORD

pytestmark = skipped_without_mosquitto()


@pytest.fixture
def broker(tmp_path) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def fleet(broker, monkeypatch):
    """Two devices, of which one has the tag `upstairs`; a third one is offline."""
    monkeypatch.setenv("EDGE_MQTT", f"127.0.0.1:{broker.port}")
    kitchen = open_device(broker, "Kitchen", ["ground", "test"])
    attic = open_device(broker, "Attic", ["upstairs"])
    cellar = open_device(broker, "Cellar", ["ground"], threshold=None)
    with running_devices(kitchen, attic):
        with running_devices(cellar):
            pass
        yield {"kitchen": kitchen, "attic": attic}


def lines(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


def objects(capsys) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines(capsys)]


def test_list_shows_every_device_with_its_model_and_tags(fleet, capsys):
    assert main(["list"]) == 0
    headings, attic, cellar, kitchen = lines(capsys)
    assert headings.split()[:4] == ["id", "status", "tags", "model"]
    assert kitchen.split()[:5] == ["kitchen_kws", "online", "ground,test", "kws", "abababab"]
    assert attic.split()[2] == "upstairs" and cellar.split()[1] == "offline"


def test_list_filters_by_tag_and_prints_json(fleet, capsys):
    fleet["attic"].show(WORD)
    assert main(["list", "--json", "--tag", "upstairs", "--tag", "test"]) == 0
    attic, kitchen = objects(capsys)
    assert (attic["id"], attic["label"], attic["online"]) == ("attic_kws", "yes", True)
    assert kitchen["tags"] == ["ground", "test"] and kitchen["label"] in (None, "")
    assert {"model_sha256", "version", "rate", "lost", "temperature", "last_time"} <= kitchen.keys()


def test_ids_may_stand_behind_options(fleet, capsys):
    assert main(["--timeout", "9", "threshold", "0.4", "--json", "attic_kws", "-q"]) == 0
    assert objects(capsys) == [{"id": "attic_kws", "ok": True, "fault": None}]


def test_show_compares_the_clock_of_a_device(fleet, capsys, monkeypatch):
    assert main(["show", "kitchen_kws"]) == 0
    assert "clock is wrong" not in capsys.readouterr().out
    fleet["kitchen"].requests.answers["clock"] = lambda _: {"time": "2001-02-03T04:05:06+00:00"}
    assert main(["show", "kitchen_kws"]) == 0
    assert "its clock is wrong" in capsys.readouterr().out


def test_logs_are_the_last_messages_of_a_device(fleet, capsys, caplog):
    caplog.set_level(logging.INFO)
    logging.getLogger("edge").warning("the %s is unplugged", "microphone\x1b")
    assert main(["logs", "kitchen_kws", "--lines", "50"]) == 0
    assert lines(capsys)[-1].endswith("warning: the microphone\\x1b is unplugged")


def test_a_threshold_is_set_where_the_model_has_one(fleet, capsys):
    assert main(["threshold", "0.65", "--all"]) == 3
    attic, cellar, kitchen = lines(capsys)
    assert (attic, kitchen) == ("attic_kws: done", "kitchen_kws: done")
    assert cellar == "cellar_kws: its model has no threshold"
    assert fleet["kitchen"].info.controls.threshold == 0.65


def test_pause_and_resume_reach_the_devices_of_a_tag(fleet, capsys):
    assert main(["pause", "--tag", "upstairs", "--json"]) == 0
    assert objects(capsys) == [{"id": "attic_kws", "ok": True, "fault": None}]
    assert not fleet["attic"].info.controls.listening
    assert fleet["kitchen"].info.controls.listening
    assert main(["list", "attic_kws"]) == 0
    assert lines(capsys)[1].split()[1] == "paused"
    assert main(["resume", "attic_kws"]) == 0 and fleet["attic"].info.controls.listening


def test_a_device_that_is_offline_or_silent_is_named(fleet, capsys):
    fleet["attic"].progress = lambda *rest: None  # hangs
    assert main(["pause", "--all", "--timeout", "0.3"]) == 3
    assert lines(capsys) == ["attic_kws: no answer", "cellar_kws: offline", "kitchen_kws: done"]


def test_remove_forgets_a_device_unless_it_is_online(fleet, broker, capsys):
    assert main(["remove", "cellar_kws", "kitchen_kws"]) == 3
    assert lines(capsys) == [
        "cellar_kws: done",
        "kitchen_kws: it is online: stop its command first",
    ]
    late = Subscriber(broker)
    late.publish("end", "")
    while "end" not in {topic for topic, *_ in late.messages}:
        pass
    late.close()
    assert not [topic for topic, *_ in late.messages if "cellar" in topic]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["pause"], "pause which devices?"),
        (["threshold", "0.5"], "threshold of which devices?"),
        (["threshold", "loud", "--all"], "give a threshold from 0 to 1"),
        (["show", "garage_kws"], "no device 'garage_kws'"),
        (["list", "--tag", "moon"], "no device with the tag moon"),
    ],
)
def test_impossible_arguments_are_one_line(fleet, capsys, argv, message):
    assert main(argv) == 1
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and not captured.out


def test_messages_of_other_programs_are_ignored(fleet, broker, capsys):
    writer = Subscriber(broker)
    for part, payload in (("about", "[1]"), ("state", "{" * 9999), ("about", '{"tags": 5}')):
        writer.publish(f"edge-sense/odd/{part}", payload, retain=True)
    writer.publish("edge-sense/odd/state", '{"label": ["\\u001b"], "rate": {"a": 1}}', True)
    writer.close()
    assert main(["list"]) == 0
    assert len(lines(capsys)) == 5


def test_a_broker_that_cannot_be_used_is_one_line(tmp_path, capsys, monkeypatch):
    assert main(["list"]) == 1 and "give the broker with --mqtt" in capsys.readouterr().err
    assert main(["list", "--mqtt", f"127.0.0.1:{free_port()}"]) == 1
    assert "nothing answers at" in capsys.readouterr().err
    with running_broker(tmp_path, password=True) as broker:
        monkeypatch.setenv("EDGE_MQTT_PASSWORD", "wrong")
        url = f"mqtt://{USER}@127.0.0.1:{broker.port}"
        assert main(["list", "--mqtt", url]) == 1
        assert "check the user in --mqtt and the password" in capsys.readouterr().err
        monkeypatch.setenv("EDGE_MQTT_PASSWORD", PASSWORD)
        assert main(["list", "--mqtt", url]) == 1
        assert "the broker knows no device" in capsys.readouterr().err


def test_the_connection_to_the_broker_can_be_encrypted(tmp_path, capsys):
    with running_broker(tmp_path, tls=True) as broker:
        argv = ["list", "--mqtt", f"mqtts://localhost:{broker.port}"]
        assert main([*argv, "--mqtt-ca", str(tmp_path / "ca.pem")]) == 1
        assert "the broker knows no device" in capsys.readouterr().err


def test_a_request_of_another_program_cannot_disturb_a_device(fleet, broker, capsys, caplog):
    writer = Subscriber(broker)
    for payload in ("", "[]", "{}", '{"id": "UPPER"}', "[" * 9999, "x" * 20000):
        writer.publish("edge-sense/kitchen_kws/request/logs", payload)
    writer.publish("edge-sense/kitchen_kws/request/logs", '{"id": "a"}', retain=True)
    writer.publish("edge-sense/kitchen_kws/request/dance", '{"id": "b"}')
    assert main(["logs", "kitchen_kws"]) == 0
    assert "no request 'dance'" in writer.payloads("edge-sense/kitchen_kws/reply/b")[0]
    writer.close()
    assert sum("is ignored" in record.message for record in caplog.records) >= 6


def test_a_live_command_is_in_the_list_and_obeys(broker, capsys):
    url = f"127.0.0.1:{broker.port}"
    options = ("--mock", "--seed", "1", "--mqtt", url, "--mqtt-tags", "wrist, test", "--json")
    with start("airdigit-live", *options, "--device-name", "Watch") as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "ready"
        status, out, err = run("edge-fleet", "--mqtt", url, "threshold", "0.7", "--to", "wrist")
        assert (status, out, err) == (0, "watch_airdigit: done\n", "")
        assert main(["--mqtt", url, "list", "--json"]) == 0
        (device,) = objects(capsys)
        assert (device["model"], device["tags"], device["threshold"]) == (
            "airdigit",
            ["wrist", "test"],
            0.7,
        )
        assert len(str(device["model_sha256"])) == 64
        process.terminate()
        process.communicate()

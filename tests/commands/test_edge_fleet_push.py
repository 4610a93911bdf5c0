"""edge-fleet push and rollback: stages, faults, and a live command that exchanges its model."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from command_process import run, start
from edge.commands.edge_fleet import main
from edge.fleet.offer import Offer
from edge.fleet.operator import Operator
from edge.fleet.push import Rollout
from edge.fleet.signature import SigningKey, read_keys
from edge.model import attach
from edge.model.model_file import read_model
from edge.model.shipped import find_model
from edge.sink.mqtt import connection
from edge.sink.mqtt.address import parse_address
from edge.sink.mqtt.sink import MqttSink
from fleet_devices import open_device, running_devices
from mqtt_broker import Broker, running_broker, skipped_without_mosquitto, wait_until

pytestmark = skipped_without_mosquitto()


@pytest.fixture
def broker(tmp_path, monkeypatch) -> Iterator[Broker]:
    with running_broker(tmp_path) as broker:
        monkeypatch.setenv("EDGE_MQTT", f"127.0.0.1:{broker.port}")
        yield broker


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(connection, "FIRST_WAIT", 0.1)
    monkeypatch.setattr(connection, "LONGEST_WAIT", 0.2)


@pytest.fixture
def key(tmp_path) -> Path:
    SigningKey.create(tmp_path / "key.pem")
    return tmp_path / "key.pem"


def answer(device: MqttSink, phase: str, reason: str = "") -> list[dict[str, Any]]:
    """Have a device answer offers as if each update ended in this phase; return the offers."""
    offers: list[dict[str, Any]] = []

    def accept(request: Any) -> dict[str, Any]:
        offers.append(request.values)
        version = json.loads(request.values["statement"])["version"]
        found = {"phase": phase, "version": version, "reason": reason, "highest_version": version}
        device.publish_update(found)
        return {"accepted": version}

    device.requests.answers["offer"] = accept
    return offers


def push(key: Path, *argv: str) -> int:
    return main(["push", "kws", *argv, "--sign-key", str(key), "--timeout", "5"])


def test_a_key_is_made_for_the_operator_and_its_line_for_the_devices(tmp_path, capsys):
    assert main(["key", str(tmp_path / "my key.pem")]) == 0
    (tmp_path / "keys").write_text(capsys.readouterr().out)
    (identifier,) = read_keys(tmp_path / "keys").trusted
    assert SigningKey.read(tmp_path / "my key.pem").identifier == identifier
    assert main(["key", str(tmp_path / "my key.pem")]) == 1
    assert "exists already" in capsys.readouterr().err
    assert main(["key"]) == 1


def test_a_push_offers_a_signed_model_and_reports_each_device(broker, key, tmp_path, capsys):
    good, bad = open_device(broker, "Good", ["test"]), open_device(broker, "Bad", ["test"])
    other, old = open_device(broker, "Other"), open_device(broker, "Old", ["test"])
    offers = answer(good, "done")
    answer(bad, "rolled_back", "it fails: NaN")
    answer(other, "done")
    with running_devices(good, bad, other, old):
        assert push(key, "--to", "test", "--stages", "100") == 3
        assert capsys.readouterr().out.splitlines() == [
            "bad_kws: rolled back: it fails: NaN",
            "good_kws: done",
            "old_kws: this device has no request 'offer'",
        ]
        assert main(["list"]) == 0
        assert "rolled back" in capsys.readouterr().out
        assert push(key, "good_kws") == 0  # the next version
    keys = tmp_path / "keys"
    keys.write_text(SigningKey.read(key).line("ann"))
    first, second = (Offer.verified(offer, read_keys(keys)) for offer in offers)
    assert (first.version, second.version, first.name) == (1, 2, "kws")
    assert first.url.startswith("http://127.0.0.1:")


def test_a_push_stops_after_a_stage_in_which_devices_fail(broker, key, capsys):
    devices = [open_device(broker, f"D{number}") for number in range(4)]
    offers = [answer(device, "failed", "too many detections") for device in devices]
    with running_devices(*devices):
        assert push(key, "--all", "--stages", "25,50,100", "--json") == 3
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    faults = sorted(line["fault"] for line in found)
    assert faults == ["failed: too many detections", *["not offered, because the push was "
                                                       "stopped"] * 3]  # fmt: skip
    assert sum(map(len, offers)) == 1


def test_a_device_that_vanishes_during_the_push_is_named(broker, key, capsys):
    device = open_device(broker, "Gone")

    def vanish(request: Any) -> dict[str, Any]:
        device.publish_update({"phase": "downloading", "version": 1})
        device.connection.set_state(f"{device.base}/available", "offline")
        device._closing = True
        return {"accepted": 1}

    device.requests.answers["offer"] = vanish
    with running_devices(device):
        assert push(key, "--all", "--stage-timeout", "0.5") == 3
    assert "it went offline during the update" in capsys.readouterr().out


def test_a_broker_that_restarts_during_a_push_does_not_end_it(broker, key, capsys):
    device = open_device(broker, "Kitchen")

    def restart(request: Any) -> dict[str, Any]:
        version = json.loads(request.values["statement"])["version"]
        device.publish_update({"phase": "downloading", "version": version})
        threading.Timer(0.5, broker.restart).start()
        done = {"phase": "done", "version": version}
        threading.Timer(1.5, device.publish_update, [done]).start()
        return {"accepted": version}

    device.requests.answers["offer"] = restart
    with running_devices(device):
        assert push(key, "--all", "--stage-timeout", "60") == 0
    assert capsys.readouterr().out == "kitchen_kws: done\n"


def test_the_stages_reach_every_device_once():
    names = [f"device{number}" for number in range(1000)]
    groups = Rollout().groups(names, 7)
    assert [len(group) for group in groups] == [50, 200, 750]
    assert sorted(name for group in groups for name in group) == sorted(names)
    assert groups != Rollout().groups(names, 8)
    assert [len(group) for group in Rollout().groups(names[:3], 7)] == [1, 2]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["push"], "give a model behind `push`"),
        (["push", "kws", "--sign-key", "k"], "push to which devices?"),
        (["push", "kws", "--all"], "give the private key with --sign-key"),
        (["push", "kws", "--all", "--sign-key", "k", "--url", "ftp://x/y"], "give http://"),
        (["push", "kws", "--all", "--sign-key", "k", "--ratio", "2", "3"], "has to enclose 1"),
        (["push", "kws", "--all", "--sign-key", "/none"], "make one with `edge-fleet key`"),
        (["push", "airdigit", "--all"], "none of these devices does that"),
    ],
)
def test_impossible_arguments_are_one_line(broker, key, capsys, argv, message):
    if "none of" in message:
        argv = [*argv, "--sign-key", str(key)]
    with running_devices(open_device(broker, "Kitchen")):
        assert main(argv) == 1
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.count("\n") == 1 and not captured.out


def changed_model(path: Path) -> Path:
    """The shipped model for digits in the air, with another provenance."""
    network, manifest = read_model(find_model("airdigit"))
    path.write_bytes(attach(network, replace(manifest, provenance={"command": "a test"})))
    return path


def test_a_live_command_exchanges_its_model_without_a_break(broker, key, tmp_path, capsys):
    keys = tmp_path / "keys"
    keys.write_text(SigningKey.read(key).line("ann"))
    options = ("--mock", "--seed", "1", "--mqtt", f"127.0.0.1:{broker.port}", "--json")
    fleet = ("--fleet-keys", keys, "--fleet-folder", tmp_path / "models", "--device-name", "W")
    model = changed_model(tmp_path / "mine.tflite")

    def used() -> dict[str, Any]:
        main(["list", "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    def wait_for(process: Any, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not condition(event := json.loads(process.stdout.readline())):
            assert event["event"] not in ("summary", "error"), event
        return event

    with start("airdigit-live", *options, *fleet) as process:
        wait_for(process, lambda event: event["event"] == "ready")
        argv = ("push", model, "--all", "--sign-key", key, "--minutes", "0", "--timeout", "15")
        status, out, err = run("edge-fleet", *argv)
        assert (status, out) == (0, "w_airdigit: done\n"), err
        wait_for(process, lambda event: event["model"] == "mine-1")
        assert used()["model"] == "mine-1" and used()["update"]["phase"] == "done"
        process.kill()  # the power fails
    with start("airdigit-live", *options, *fleet) as process:
        ready = wait_for(process, lambda event: event["event"] == "ready")
        assert ready["model"] == "mine-1"
        wait_until(lambda: used()["online"])
        assert main(["rollback", "--all"]) == 0
        assert capsys.readouterr().out == "w_airdigit: done\n"
        wait_for(process, lambda event: event["model"] == "airdigit")
        assert used()["update"]["phase"] == "rolled_back"
        process.terminate()
        out, err = process.communicate()
    assert "Traceback" not in err, err
    summary = json.loads(out.splitlines()[-1])
    assert summary["event"] == "summary"


def test_models_of_an_operator_need_a_broker_and_a_key_file(tmp_path):
    status, out, err = run("airdigit-live", "--mock", "--fleet-keys", tmp_path / "keys")
    assert status == 1 and "--fleet-keys needs --mqtt" in err
    options = ("--mock", "--mqtt", "127.0.0.1", "--fleet-keys", tmp_path / "keys")
    status, out, err = run("airdigit-live", *options)
    assert status == 1 and "check --fleet-keys" in err


def test_a_simulated_fleet_updates_itself_although_devices_lose_power(broker, key, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(SigningKey.read(key).line("ann"))
    argv = ("simulate", "20", "--fleet-keys", keys, "--power-loss", "50", "--json")
    with start("edge-fleet", *argv) as process:
        wait_until(lambda: online_devices() == 20, 60)
        options = ("--minutes", "0", "--max-failed", "100", "--stage-timeout", "60")
        main(["push", "kws_qcnn", "--to", "simulated", "--sign-key", str(key), *options])
        wait_until(lambda: online_devices() == 20, 60)
        assert main(["threshold", "0.5", "--all", "--timeout", "30"]) == 0
        time.sleep(1)
        process.terminate()
        out, err = process.communicate(timeout=60)
    found = json.loads(out)
    assert found["power_losses"] > 0 and found["sent"] > 20 and "Traceback" not in err
    assert sum(found["models"].values()) == 20
    assert set(found["models"]) <= {"kws_qcnn-1.tflite", "the first model"}
    with Operator(parse_address(f"127.0.0.1:{broker.port}")) as operator:
        assert not operator.devices, "they removed what the broker retained"


def online_devices() -> int:
    with Operator(parse_address(os.environ["EDGE_MQTT"])) as operator:
        return sum(device.online for device in operator.devices.values())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["simulate"], "give the number of devices"),
        (["simulate", "many"], "give the number of devices"),
        (["simulate", "2", "--interval", "0"], "--interval has to be above 0"),
        (["simulate", "2", "--mqtt", "127.0.0.1:1"], "nothing answers at 127.0.0.1:1"),
    ],
)
def test_a_simulation_that_cannot_start_is_one_line(broker, capsys, argv, message):
    assert main(argv) == 1
    assert message in capsys.readouterr().err

"""Events and commands over MQTT, with mosquitto as the broker."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cut_network import Network
from edge.controls import Controls
from edge.errors import EdgeError
from edge.events import DeviceLost, Summary
from edge.samples import AUDIO, Health
from edge.sink import StreamInfo
from edge.sink.mqtt import connection as connection_module
from edge.sink.mqtt.address import identifier, parse_address
from edge.sink.mqtt.discovery import discovery
from edge.sink.mqtt.options import PASSWORD as PASSWORD_VARIABLE
from edge.sink.mqtt.sink import MqttSink
from mqtt_broker import (
    PASSWORD,
    USER,
    Broker,
    Subscriber,
    running_broker,
    skipped_without_mosquitto,
    wait_until,
)
from sample_events import CHUNK, WORD, health

pytestmark = skipped_without_mosquitto()
# paho leaves the socket of a failed TLS handshake to the garbage collector.
FAILED_TLS = pytest.mark.filterwarnings(
    "ignore:.*SSLSocket:pytest.PytestUnraisableExceptionWarning"
)
BASE = "edge-sense/kitchen_kws"
DISCOVERY = "homeassistant/device/kitchen_kws/config"


def stream_info(threshold: float | None = 0.8) -> StreamInfo:
    return StreamInfo(
        *(16000, AUDIO),
        device="Kitchen",
        model="kws",
        task="kws",
        words=("yes", "no"),
        from_device=True,
        controls=Controls(threshold),
    )


def options(url: str, *argv: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    MqttSink.add_options(parser.add_argument_group())
    return parser.parse_args(["--mqtt", url, *map(str, argv)])


def open_sink(url: str, *argv: str | Path, info: StreamInfo | None = None) -> MqttSink:
    sink = MqttSink.from_options(options(url, *argv), info or stream_info())
    assert isinstance(sink, MqttSink)
    return sink


@pytest.fixture(autouse=True)
def short_times(monkeypatch):
    monkeypatch.setattr(connection_module, "FIRST_WAIT", 0.1)
    monkeypatch.setattr(connection_module, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr("edge.sink.mqtt.sink.DISCOVERY_DELAY", (0.0, 0.0))


@pytest.fixture
def broker(tmp_path):
    with running_broker(tmp_path) as broker:
        yield broker


@pytest.fixture
def subscriber(broker):
    subscriber = Subscriber(broker)
    yield subscriber
    subscriber.close()


@pytest.fixture
def sink(broker):
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}")
    yield sink
    sink.close()


def numbered(number: int):  # noqa: ANN201
    return replace(WORD, sequence=number)


# What is published


def test_every_kind_of_event_has_its_topic(sink, subscriber):
    sink.show(numbered(0))
    sink.show(DeviceLost("unplugged", 1.0))
    wait_until(lambda: subscriber.payloads(f"{BASE}/event/device_lost"))
    (detection,) = subscriber.states(f"{BASE}/event/detection")
    assert (detection["label"], detection["device"], detection["schema"]) == ("yes", "Kitchen", 1)
    assert detection["id"] == f"{sink.info.run}-0"
    assert not any(retained for topic, _, retained in subscriber.messages if "/event/" in topic)


def test_the_state_is_retained(sink, broker):
    sink.show(numbered(0))
    sink.progress(health(lost=3), CHUNK)
    wait_until(lambda: sink.connection.is_idle())
    late = Subscriber(broker)
    wait_until(lambda: late.payloads(f"{BASE}/state") and late.payloads(DISCOVERY))
    state = late.states(f"{BASE}/state")[-1]
    assert (state["label"], state["threshold"], state["listening"]) == ("yes", 0.8, "ON")
    assert state["device_present"] is True
    assert late.payloads(f"{BASE}/available") == ["online"]
    late.close()


def test_the_end_is_published_before_the_connection_is_closed(broker, subscriber):
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}")
    wait_until(lambda: "online" in subscriber.payloads(f"{BASE}/available"))
    for number in range(100):
        sink.show(numbered(number))
    sink.show(Summary(health(), 100, 0))
    sink.close()
    wait_until(lambda: "offline" in subscriber.payloads(f"{BASE}/available"))
    assert len(subscriber.payloads(f"{BASE}/event/detection")) == 100
    assert subscriber.states(f"{BASE}/event/summary")[0]["dropped"] == 0
    assert sink.connection.dropped == 0


def test_a_connection_that_is_lost_makes_the_device_unavailable(broker, subscriber):
    """As when the process is killed or the power fails."""
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}")
    wait_until(lambda: "online" in subscriber.payloads(f"{BASE}/available"))
    sink._closing = True  # it does not contradict its last will any more
    sink.connection._closing.set()
    sink.connection._client.socket().close()
    wait_until(lambda: "offline" in subscriber.payloads(f"{BASE}/available"))
    sink.connection.close()


# Home Assistant


def test_home_assistant_gets_an_entity_for_each_value():
    found = discovery("kitchen_kws", BASE, stream_info())
    assert found["device"]["name"] == "Kitchen kws"
    components = found["components"]
    assert components["detection"]["event_types"] == ["yes", "no"]
    assert components["threshold"]["command_topic"] == f"{BASE}/set/threshold"
    identifiers = [component["unique_id"] for component in components.values()]
    assert len(set(identifiers)) == len(identifiers)
    for component in components.values():
        assert component["platform"] and component["default_entity_id"].count(".") == 1
    assert "threshold" not in discovery("k", BASE, stream_info(None))["components"]


def test_every_value_template_names_a_key_that_is_published(sink, subscriber):
    wait_until(lambda: subscriber.payloads(f"{BASE}/state") and subscriber.payloads(DISCOVERY))
    state = subscriber.states(f"{BASE}/state")[0]
    components = subscriber.states(DISCOVERY)[0]["components"]
    for name, component in components.items():
        if name != "detection":
            key = component["value_template"].partition("value_json.")[2].split()[0]
            assert key in state


def test_the_discovery_is_sent_again_after_home_assistant_has_started(sink, subscriber):
    wait_until(lambda: subscriber.payloads(DISCOVERY) and sink.connection.is_idle())
    before = len(subscriber.payloads(DISCOVERY))
    subscriber.publish("homeassistant/status", "online")
    wait_until(lambda: sink._discovery_at < 1e300)
    sink.progress(Health(), CHUNK)
    wait_until(lambda: len(subscriber.payloads(DISCOVERY)) > before)


def test_the_discovery_can_be_left_out(broker, subscriber):
    sink = open_sink(f"127.0.0.1:{broker.port}/house/1", "--mqtt-discovery", "none")
    wait_until(lambda: subscriber.payloads("house/1/kitchen_kws/state"))
    sink.close()
    assert not any(topic.startswith("homeassistant") for topic, _, _ in subscriber.messages)


def test_everything_retained_can_be_removed(broker):
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}", "--mqtt-clean")
    sink.show(numbered(0))
    sink.close()
    late = Subscriber(broker)
    late.publish("end", "")
    wait_until(lambda: "end" in {topic for topic, *_ in late.messages})
    assert [topic for topic, _, _ in late.messages] == ["end"]
    late.close()


# Commands


def test_commands_change_the_threshold_and_pause_the_recognition(sink, subscriber):
    controls = sink.info.controls
    wait_until(lambda: subscriber.payloads(f"{BASE}/available"))
    subscriber.publish(f"{BASE}/set/threshold", "0.65")
    subscriber.publish(f"{BASE}/set/listening", "OFF")
    wait_until(lambda: not controls.listening)
    assert controls.take_request() == 0.65
    sink.progress(Health(), CHUNK)
    wait_until(lambda: subscriber.states(f"{BASE}/state")[-1]["listening"] == "OFF")
    assert subscriber.states(f"{BASE}/state")[-1]["threshold"] == 0.65


@pytest.mark.parametrize(
    ("command", "payload", "message"),
    [
        ("threshold", "high", "give a number from 0 to 1"),
        ("threshold", "1.5", "give a number from 0 to 1"),
        ("threshold", "nan", "give a number from 0 to 1"),
        ("threshold", "\x00" * 100_000, "give a number from 0 to 1"),
        ("listening", "maybe", "give ON or OFF"),
        ("volume", "1", "no such command"),
    ],
)
def test_impossible_commands_are_ignored_with_a_message(
    sink, subscriber, caplog, command, payload, message
):
    wait_until(lambda: subscriber.payloads(f"{BASE}/available"))
    subscriber.publish(f"{BASE}/set/{command}", payload)
    wait_until(lambda: message in caplog.text)
    assert sink.info.controls.take_request() is None and sink.info.controls.listening
    assert len(caplog.records[-1].getMessage()) < 500


def test_a_retained_command_is_ignored(broker, subscriber, caplog):
    subscriber.publish(f"{BASE}/set/listening", "OFF", retain=True)
    sink = open_sink(f"mqtt://127.0.0.1:{broker.port}")
    wait_until(lambda: "it is retained" in caplog.text)
    assert sink.info.controls.listening
    sink.close()


# A broker that is away, or refuses


def test_a_restart_of_the_broker_restores_everything(sink, broker, subscriber, caplog):
    wait_until(lambda: sink.connection.connected)
    for _ in range(2):
        broker.stop()
        wait_until(lambda: not sink.connection.connected)
        broker.start()
        wait_until(lambda: sink.connection.connected and sink.connection.is_idle())
    assert caplog.text.count("connected to 127.0.0.1") == 2
    late = Subscriber(broker)  # the broker had forgotten what it retained
    wait_until(lambda: {DISCOVERY, f"{BASE}/available"} <= {topic for topic, *_ in late.messages})
    late.close()


def test_a_cut_network_loses_no_detection(broker, subscriber):
    """Every detection arrives, twice at most if it was under way; its id shows that."""
    with Network(broker.port) as network:
        sink = open_sink(f"mqtt://127.0.0.1:{network.port}")
        for number in range(200):
            sink.show(numbered(number))
            if number % 50 == 10:
                network.cut()
                wait_until(lambda: not sink.connection.connected)
            if number % 50 == 40:
                network.mend()
                wait_until(lambda: sink.connection.connected)
        wait_until(sink.connection.is_idle)
        sink.close()
    found = [event["id"] for event in subscriber.states(f"{BASE}/event/detection")]
    assert sorted(set(found)) == sorted(f"{sink.info.run}-{number}" for number in range(200))
    assert sink.connection.dropped == 0


def test_a_network_that_delivers_nothing_is_noticed(broker, subscriber, monkeypatch, caplog):
    monkeypatch.setattr(connection_module, "KEEPALIVE", 1)
    with Network(broker.port) as network:
        sink = open_sink(f"mqtt://127.0.0.1:{network.port}")
        wait_until(lambda: sink.connection.connected and sink.connection.is_idle())
        network.freeze()
        sink.show(numbered(0))
        wait_until(lambda: not sink.connection.connected)
        network.mend()
        wait_until(lambda: subscriber.payloads(f"{BASE}/event/detection"))
        sink.close()
    assert "is lost; trying again" in caplog.text


def test_messages_wait_for_the_broker_up_to_a_limit_and_the_oldest_are_counted(
    broker, subscriber, monkeypatch
):
    monkeypatch.setattr(connection_module, "MAX_WAITING", 50)
    with Network(broker.port) as network:
        network.cut()
        sink = open_sink(f"mqtt://127.0.0.1:{network.port}")
        for number in range(80):
            sink.show(numbered(number))
        assert sink.connection.dropped == 30
        network.mend()
        wait_until(lambda: len(subscriber.payloads(f"{BASE}/event/detection")) == 50)
        sink.close()
    identifiers = [event["id"] for event in subscriber.states(f"{BASE}/event/detection")]
    assert identifiers == [f"{sink.info.run}-{number}" for number in range(30, 80)]


def test_a_broker_that_is_never_there_delays_nothing_and_is_reported_once(caplog):
    sink = open_sink("mqtt://127.0.0.1:9")
    wait_until(lambda: "nothing answers at 127.0.0.1:9: check that the broker runs" in caplog.text)
    sink.show(numbered(0))
    sink.close()
    assert caplog.text.count("nothing answers") == 1
    assert sink.connection.dropped == 1 and "did not take the last 1 messages" in caplog.text


def test_a_wrong_password_is_reported(tmp_path, monkeypatch, caplog):
    with running_broker(tmp_path, password=True) as broker:
        url = f"mqtt://{USER}@127.0.0.1:{broker.port}"
        monkeypatch.setenv(PASSWORD_VARIABLE, "wrong")
        sink = open_sink(url)
        wait_until(lambda: "check the user in --mqtt and the password" in caplog.text)
        sink.close()
        monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
        sink = open_sink(url)
        wait_until(lambda: sink.connection.connected)
        sink.close()
        monkeypatch.delenv(PASSWORD_VARIABLE)
        file = tmp_path / "password"
        file.write_text(PASSWORD + "\n")
        sink = open_sink(url, "--mqtt-password-file", file)
        wait_until(lambda: sink.connection.connected)
        sink.close()


@FAILED_TLS
def test_tls_checks_the_certificate_of_the_broker(tmp_path, caplog):
    with running_broker(tmp_path, tls=True) as broker:
        url = f"mqtts://127.0.0.1:{broker.port}"
        sink = open_sink(url, "--mqtt-ca", tmp_path / "ca.pem")
        wait_until(lambda: sink.connection.connected)
        sink.show(numbered(0))
        sink.close()
        assert sink.connection.dropped == 0
        stranger = open_sink(url)
        wait_until(lambda: "give the certificate of its authority with --mqtt-ca" in caplog.text)
        stranger.close()


@FAILED_TLS
def test_tls_with_a_broker_without_it_is_reported(broker, caplog):
    sink = open_sink(f"mqtts://127.0.0.1:{broker.port}")
    wait_until(lambda: "MQTT: " in caplog.text and "trying again" in caplog.text)
    sink.close()


def test_two_devices_with_one_name_are_warned(broker, subscriber, caplog):
    first = open_sink(f"mqtt://127.0.0.1:{broker.port}")
    wait_until(lambda: first.connection.connected and first.connection.is_idle())
    second = open_sink(f"mqtt://127.0.0.1:{broker.port}")
    wait_until(lambda: caplog.text.count("another device is called kitchen_kws too") == 2)
    second.close()
    # The first is still there, although the second has said that it is offline.
    wait_until(lambda: subscriber.payloads(f"{BASE}/available")[-2:] == ["offline", "online"])
    first.close()


# Options


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mqtt://user:secret@broker", "leave the password out"),
        ("http://broker", "http:// is not MQTT"),
        ("mqtt://", "is not the address of a broker"),
        ("mqtt://broker:99999", "is not the address of a broker"),
        ("mqtt://broker/a/+/b", "wildcards"),
        ("mqtt://broker/a%23", "wildcards"),
        ("mqtt://broker/$SYS", "the broker's own"),
        ("mqtt://broker/" + "x" * 1000, "200 characters"),
    ],
)
def test_an_impossible_address_is_refused_with_a_remedy(url, message):
    with pytest.raises(argparse.ArgumentError, match=message.replace("$", "\\$")) as caught:
        options(url)
    assert "secret" not in str(caught.value)


def test_an_address_has_defaults():
    broker = parse_address("mqtts://me%40home@broker.local/a/b/")
    assert (broker.host, broker.port, broker.tls) == ("broker.local", 8883, True)
    assert (broker.user, broker.prefix) == ("me@home", "a/b")
    assert parse_address("broker") == parse_address("mqtt://broker:1883/edge-sense")


def test_the_identifier_has_letters_for_every_name():
    assert identifier("Küche 1", "kws") == "k_che_1_kws"
    assert identifier("厨房", "kws") != identifier("客厅", "kws")


@pytest.mark.parametrize("option", ["--mqtt-password-file", "--mqtt-ca", "--mqtt-cert"])
def test_a_file_that_cannot_be_used_is_an_error_of_one_line(option, tmp_path):
    file = tmp_path / "missing"
    with pytest.raises(EdgeError, match=f"check {option}") as caught:
        open_sink("mqtts://broker", option, file)
    assert str(file) in str(caught.value)


def test_the_discovery_payload_is_json_of_moderate_size():
    payload = json.dumps(discovery("kitchen_kws", BASE, stream_info()))
    assert len(payload) < 6000


def test_an_old_paho_is_an_error_that_names_the_extra(monkeypatch):
    monkeypatch.delattr("paho.mqtt.client.CallbackAPIVersion")
    with pytest.raises(EdgeError, match=r"pip install 'edge-sense\[mqtt\]'"):
        open_sink("mqtt://127.0.0.1:9")


def test_every_test_broker_is_a_real_one(broker):
    assert isinstance(broker, Broker) and "mosquitto version" in broker.log()

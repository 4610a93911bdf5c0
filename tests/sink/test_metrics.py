"""Counters over HTTP, read as Prometheus reads them."""

from __future__ import annotations

import argparse
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from edge.controls import Controls
from edge.errors import EdgeError
from edge.events import Failure
from edge.samples import AUDIO, Health
from edge.sink import StreamInfo
from edge.sink.metrics import MAX_REASONS, MetricsSink
from edge.sink.output import Output
from sample_events import CHUNK, NUMBER, REJECTION, WORD, health

DOCS = Path(__file__).parents[2] / "docs"
INFO = StreamInfo(
    *(16000, AUDIO),
    device='the "kitchen"\n',
    model="kws",
    task="kws",
    words=("yes", "no"),
    controls=Controls(0.8),
)


@pytest.fixture
def sink() -> Iterator[MetricsSink]:
    sink = MetricsSink(INFO)
    yield sink
    sink.close()


def scraped(sink: MetricsSink) -> dict[tuple, float]:
    """All samples that the server delivers, by their name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{sink.port}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        text = answer.read().decode()
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation and family.type != "unknown" for family in families)
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_events_are_counted_by_label_and_reason(sink):
    for event in (WORD, WORD, NUMBER, REJECTION, Failure("full", fatal=False)):
        sink.show(event)
    found = scraped(sink)
    assert found["edge_sense_detections_total", "yes"] == 2
    assert found["edge_sense_detections_total", "no"] == 0
    assert found["edge_sense_rejections_total", "unsure"] == 1
    assert found["edge_sense_numbers_total",] == found["edge_sense_failures_total",] == 1
    assert found["edge_sense_info", 'the "kitchen"\n', "kws", "kws", _version()] == 1


def test_latency_is_a_histogram(sink):
    for latency_ms in (10, 180, 180, 9000):
        sink.show(replace(WORD, latency_ms=latency_ms))
    found = scraped(sink)
    assert found["edge_sense_latency_seconds_bucket", "0.05"] == 1
    assert found["edge_sense_latency_seconds_bucket", "0.2"] == 3
    assert found["edge_sense_latency_seconds_bucket", "5"] == 3
    assert found["edge_sense_latency_seconds_bucket", "+Inf"] == 4
    assert found["edge_sense_latency_seconds_count",] == 4
    assert found["edge_sense_latency_seconds_sum",] == pytest.approx(9.37)


def test_the_health_of_the_source_and_the_process(sink):
    away = health(lost=2, clipped=3, errors=4)
    away.away = True
    sink.progress(away, CHUNK)
    found = scraped(sink)
    assert found["edge_sense_samples_total",] == 101
    assert found["edge_sense_lost_total",] == 2
    assert found["edge_sense_device_present",] == 0
    assert found["edge_sense_sample_rate_hz",] == pytest.approx(102)
    assert (found["edge_sense_threshold",], found["edge_sense_listening",]) == (0.8, 1)
    assert found["edge_sense_cpu_seconds_total",] > 0


def test_before_the_first_sample_the_rate_is_not_a_number(sink):
    sink.progress(Health(), CHUNK)
    assert str(scraped(sink)["edge_sense_sample_rate_hz",]) == "nan"


def test_endless_reasons_share_one_counter(sink):
    for number in range(10 * MAX_REASONS):
        sink.show(replace(REJECTION, reason=f"reason {number}: 3"))
    counters = [key for key in scraped(sink) if key[0] == "edge_sense_rejections_total"]
    assert len(counters) == MAX_REASONS + 1


def test_rejections_that_are_left_out_are_counted(sink):
    with Output([sink], rejections=False) as output:
        output.show(REJECTION)
        assert 'edge_sense_rejections_total{reason="unsure"} 1' in sink.text()


def test_other_paths_are_not_found_and_garbage_does_no_harm(sink):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"http://127.0.0.1:{sink.port}/", timeout=5)
    assert caught.value.code == 404 and b"/metrics" in caught.value.read()
    caught.value.close()
    with socket.create_connection(("127.0.0.1", sink.port), 5) as client:
        client.sendall(b"\xff\x00garbage\r\n\r\n")
    assert scraped(sink)


def test_a_client_that_sends_nothing_does_not_block_the_others(sink):
    with socket.create_connection(("127.0.0.1", sink.port), 5):
        assert scraped(sink)


def test_a_port_in_use_is_an_error_of_one_line(sink):
    with pytest.raises(EdgeError, match="in use.*choose another --metrics"):
        MetricsSink(INFO, "127.0.0.1", sink.port)


@pytest.mark.parametrize(
    ("text", "address"),
    [("9110", ("127.0.0.1", 9110)), ("0.0.0.0:1", ("0.0.0.0", 1)), ("[::1]:80", ("::1", 80))],
)
def test_the_address_has_a_default_host(text, address):
    assert options(text).metrics == address


@pytest.mark.parametrize("text", ["", "port", "0", "65536", "host:", "-1"])
def test_an_impossible_port_is_a_usage_error(text):
    with pytest.raises(argparse.ArgumentError, match="is not a port"):
        options(text)


def options(text: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    MetricsSink.add_options(parser.add_argument_group())
    return parser.parse_args([f"--metrics={text}"])


def test_the_board_and_the_document_name_existing_metrics(sink, monkeypatch):
    monkeypatch.setattr("edge.sink.metrics.processor_temperature", lambda: 50.0)
    sink.show(REJECTION)
    sink.show(WORD)
    served = {key[0] for key in scraped(sink)}
    board = json.loads((DOCS / "grafana.json").read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(expressions) >= 10
    assert set(re.findall(r"edge_sense_\w+", " ".join(expressions))) <= served
    documented = set(re.findall(r"edge_sense_\w+", (DOCS / "metrics.md").read_text()))
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in served}
    assert documented == families


def _version() -> str:
    import edge

    return edge.__version__

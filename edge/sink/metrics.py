"""Counters over HTTP for Prometheus (`--metrics`): docs/metrics.md describes them."""

from __future__ import annotations

import argparse
import logging
import threading
from collections import Counter
from collections.abc import Mapping
from time import process_time, time
from typing import TYPE_CHECKING

import edge
from edge.errors import EdgeError
from edge.events import Detection, Failure, Number, Rejection, Retraction, RunEvent
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.usage import own_memory_mb, processor_temperature

if TYPE_CHECKING:
    from http.server import ThreadingHTTPServer

log = logging.getLogger(__name__)

LOCAL = "127.0.0.1"
BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0)  # s of latency
MAX_REASONS = 50  # different reasons of rejections; more share one counter
CLIENT_TIMEOUT = 5.0  # s


class MetricsSink(Sink):
    option = "--metrics"
    delivers_events = False
    needs_rejections = True

    @classmethod
    def add_options(cls, group: argparse._ArgumentGroup) -> None:
        group.add_argument(
            "--metrics",
            type=_address,
            metavar="[HOST:]PORT",
            help="serve counters for Prometheus at http://HOST:PORT/metrics (default host: "
            f"{LOCAL}; 0.0.0.0 for every network)",
        )

    @classmethod
    def from_options(cls, args: argparse.Namespace, info: StreamInfo) -> Sink | None:
        return None if args.metrics is None else cls(info, *args.metrics)

    def __init__(self, info: StreamInfo, host: str = LOCAL, port: int = 0) -> None:
        super().__init__(info)
        self._lock = threading.Lock()
        self._health = Health()
        self._detections: Counter[str] = Counter(dict.fromkeys(info.words, 0))
        self._rejections: Counter[str] = Counter()
        self._latencies: Counter[float] = Counter()
        self._latency_sum = 0.0
        self._numbers = self._failures = self._retractions = 0
        self._started = time()
        self._server = _serve(self, host, port)
        self.port: int = self._server.server_address[1]
        threading.Thread(
            target=self._server.serve_forever, name="edge-metrics", daemon=True
        ).start()

    def show(self, event: RunEvent) -> None:
        with self._lock:
            if isinstance(event, Detection):
                self._detections[event.label] += 1
                seconds = event.latency_ms / 1000
                self._latencies[next((b for b in BUCKETS if seconds <= b), float("inf"))] += 1
                self._latency_sum += seconds
            elif isinstance(event, Rejection):
                self._rejections[self._reason(event)] += 1
            elif isinstance(event, Retraction):
                self._retractions += 1
            elif isinstance(event, Number):
                self._numbers += 1
            elif isinstance(event, Failure):
                self._failures += 1

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        self._health = health

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def text(self) -> str:
        """All metrics in the text format of Prometheus."""
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines())

    def _reason(self, event: Rejection) -> str:
        """The kind of a reason, without its scores."""
        reason = event.reason.partition(":")[0]
        full = len(self._rejections) >= MAX_REASONS and reason not in self._rejections
        return "other" if full else reason

    def _lines(self) -> list[str]:
        health, controls, lines = self._health, self.info.controls, Lines()
        lines.add(
            "info", "gauge", "What runs; always 1.",
            {_labels(device=self.info.device, model=self.info.model, task=self.info.task,
                     version=edge.__version__): 1},
        )  # fmt: skip
        for name, value, meaning in (
            ("samples", health.samples, "Samples that the source delivered."),
            ("lost", health.lost, "Samples that are known to be missing."),
            ("clipped", health.clipped, "Samples beyond the range of the sensor."),
            ("garbage", health.garbage, "Bytes that could not be understood."),
            ("source_errors", health.errors, "Other faults of the source."),
            ("reconnects", health.reconnects, "Times the device went away and came back."),
            ("failures", self._failures, "Error events."),
            ("retractions", self._retractions, "Detections that were retracted."),
            ("numbers", self._numbers, "Numbers that were recognised."),
        ):
            lines.add(f"{name}_total", "counter", meaning, {"": value})
        lines.add(
            "detections_total", "counter", "Detections.",
            {_labels(label=label): count for label, count in self._detections.items()},
        )  # fmt: skip
        lines.add(
            "rejections_total", "counter", "Strokes that are no label.",
            {_labels(reason=reason): count for reason, count in self._rejections.items()},
        )  # fmt: skip
        self._add_histogram(lines)
        lines.add("device_present", "gauge", "0 while the device is away.", {"": not health.away})
        lines.add("sample_rate_hz", "gauge", "Measured samples a second.", {"": health.rate})
        lines.add("listening", "gauge", "0 while paused.", {"": controls.listening})
        if controls.threshold is not None:
            lines.add("threshold", "gauge", "Of most labels.", {"": controls.threshold})
        temperature, memory = processor_temperature(), own_memory_mb()
        if temperature is not None:
            lines.add("processor_celsius", "gauge", "Temperature.", {"": temperature})
        if memory is not None:
            lines.add("memory_bytes", "gauge", "Resident memory.", {"": memory * 2**20})
        lines.add("cpu_seconds_total", "counter", "Processor time.", {"": process_time()})
        lines.add("start_time_seconds", "gauge", "Unix time of the start.", {"": self._started})
        return lines.lines

    def _add_histogram(self, lines: Lines) -> None:
        values: dict[str, float] = {}
        count = 0
        for bucket in (*BUCKETS, float("inf")):
            count += self._latencies[bucket]
            values["_bucket" + _labels(le=_number(bucket))] = count
        values |= {"_sum": self._latency_sum, "_count": count}
        lines.add("latency_seconds", "histogram", "From the end of a label to its event.", values)


class Lines:
    """Collects metrics in the text format of Prometheus."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, name: str, kind: str, meaning: str, values: Mapping[str, float | None]) -> None:
        """`values`: by what follows the name, such as labels in braces."""
        name = f"edge_sense_{name}"
        self.lines += [f"# HELP {name} {meaning}", f"# TYPE {name} {kind}"]
        self.lines += [f"{name}{suffix} {_number(value)}" for suffix, value in values.items()]


def _labels(**labels: str) -> str:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{inner}}}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float | None) -> str:
    text = repr(float("nan" if value is None else value))
    return {"inf": "+Inf", "nan": "NaN"}.get(text, text.removesuffix(".0"))


def _serve(sink: MetricsSink, host: str, port: int) -> ThreadingHTTPServer:
    import socket
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Handler(BaseHTTPRequestHandler):
        timeout = CLIENT_TIMEOUT

        def do_GET(self) -> None:  # noqa: N802, the library's name
            found = self.path.partition("?")[0] == "/metrics"
            body = sink.text() if found else "The counters are at /metrics.\n"
            data = body.encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """A line for each request would fill the log."""

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that goes away in the middle of an answer is no fault of this side."""
            log.debug("metrics for %s", client_address, exc_info=True)

    try:
        return Server((host, port), Handler)
    except OSError as error:
        reason = error.strerror or error
        raise EdgeError(
            f"{host}:{port} cannot be served ({reason}): choose another --metrics"
        ) from None


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(
            f"{text} is not a port: give a number up to 65535, such as 9110"
        )
    return host.strip("[]") or LOCAL, int(port)

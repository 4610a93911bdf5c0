"""Pass the events of a run to its sinks: numbered, counted, and past a sink that fails."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from time import monotonic
from types import TracebackType

from edge.events import Detection, Failure, HealthReport, Rejection, Retraction, RunEvent, Summary
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.usage import CpuMeter, own_memory_mb, processor_temperature

log = logging.getLogger(__name__)


class Output:
    """Used with `with`; closes the sinks at the end.

    A sink whose reader or disk fails is left out from then on. If no other sink delivers events,
    its error ends the run; otherwise the error is raised at the end.
    """

    def __init__(
        self, sinks: Sequence[Sink], rejections: bool = True, health_every: float | None = None
    ) -> None:
        """`rejections`: whether they are shown; they are counted in any case.

        `health_every`: seconds between two HealthReports; None for none.
        """
        self.sinks = list(sinks)
        self.detections = self.rejections = 0
        self._shows_rejections, self._health_every = rejections, health_every
        self._next_report = monotonic() + (health_every or 0)
        self._cpu = CpuMeter()
        self._sequence = 0
        self._health = Health()
        self._error: OSError | None = None

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for sink in list(self.sinks):
            try:
                sink.close()
            except OSError as failure:
                self._error = self._error or failure
        if kind is None and self._error is not None:
            raise self._error

    def show(self, event: RunEvent) -> None:
        """Pass an event to all sinks, with its time and number."""
        self.detections += isinstance(event, Detection) - isinstance(event, Retraction)
        if isinstance(event, Rejection):
            self.rejections += 1
            if not self._shows_rejections:
                self._pass(event, [sink for sink in self.sinks if sink.needs_rejections])
                return
        time = datetime.now().astimezone() if event.time is None else event.time
        event = replace(event, time=time, sequence=self._sequence)
        self._sequence += 1
        self._pass(event, list(self.sinks))

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        """Called after every chunk."""
        self._health = health
        for sink in list(self.sinks):
            try:
                sink.progress(health, chunk, preview)
            except OSError as error:
                self._leave_out(sink, error)
        if self._health_every is not None and monotonic() >= self._next_report:
            self._next_report = monotonic() + self._health_every
            self.show(self._report())

    def change_info(self, info: StreamInfo) -> None:
        """Another model is used from now on."""
        for sink in self.sinks:
            sink.change_info(info)

    def show_end(self, health: Health, failed: bool) -> None:
        """Pass the summary to the sinks."""
        self.show(Summary(health, self.detections, self.rejections, failed))

    def show_end_before_begin(self, failed: bool = False) -> None:
        """Pass the summary of a run that did not begin to the sinks of programs."""
        for sink in self.sinks:
            if sink.is_for_people:
                sink.close()
        self.sinks = [sink for sink in self.sinks if not sink.is_for_people]
        self.show_end(Health(), failed)

    def _pass(self, event: RunEvent, sinks: list[Sink]) -> None:
        for sink in sinks:
            try:
                sink.show(event)
            except OSError as error:
                self._leave_out(sink, error)

    def _report(self) -> HealthReport:
        return HealthReport(
            self._health,
            self.detections,
            self.rejections,
            self._cpu.percent(),
            own_memory_mb(),
            processor_temperature(),
        )

    def _leave_out(self, sink: Sink, error: OSError) -> None:
        self.sinks.remove(sink)
        with contextlib.suppress(OSError):
            sink.close()
        if not any(other.delivers_events for other in self.sinks):
            raise error
        if not isinstance(error, BrokenPipeError):  # a reader may end when it likes
            self._error = self._error or error
        message = f"{sink.option or type(sink).__name__} stops: {error.strerror or error}"
        log.warning("%s; the other outputs go on", message)
        self.show(Failure(message, fatal=False))

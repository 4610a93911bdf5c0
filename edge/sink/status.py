"""Text about the state of a stream: one line while it runs, some lines at its end."""

from __future__ import annotations

import math

from edge.events import Summary
from edge.samples import Health
from edge.sink import StreamInfo
from edge.sink.panel import bar

METER_WIDTH = 12  # characters
METER_MIN_DB = -60.0  # where the meter begins; it ends at full scale


def status_line(
    health: Health, info: StreamInfo, peak: float | None, hint: str, unicode: bool
) -> str:
    """`peak`: the peak of the newest sound, for a level meter. `hint`: shown first unless the
    stream has faults, because the line is cut at the width of the terminal and faults must be
    visible."""
    separator = " · " if unicode else " | "
    parts = [f"{health.lost} lost", f"{health.clipped} clipped", f"{health.errors} errors"]
    if not info.is_sound:  # the time of sound is counted in samples, so it has no measured rate
        measured = "--" if health.rate is None else f"{health.rate:.1f}"
        parts.append(f"{measured}/{info.rate:g} Hz")
    text = separator.join([*parts, f"{health.samples} samples"])
    if hint:
        text = f"{text}  {hint}" if health.has_faults else f"{hint}  {text}"
    return text if peak is None else f"{meter(peak, unicode)}  {text}"


def meter(peak: float, unicode: bool) -> str:
    """The level of a peak as a bar and in dB below full scale."""
    level = max(20 * math.log10(peak), METER_MIN_DB) if peak > 0 else METER_MIN_DB
    drawn = bar((1 - level / METER_MIN_DB) * METER_WIDTH, unicode)
    return f"[{drawn:<{METER_WIDTH}}] {level:3.0f} dB"


def summary_lines(event: Summary, info: StreamInfo, windows: int) -> list[str]:
    """The run in two or three lines; counters that are zero are left out.

    `windows`: of how many a waveform was computed.
    """
    health = event.health
    counts = f"{event.detections} beats" if info.is_ecg else f"{event.detections} recognised"
    if info.waveforms:
        counts = f"{', '.join(info.waveforms)} computed for {windows} windows"
    elif info.has_strokes:
        strokes = event.detections + event.rejections
        counts = f"{strokes} strokes: {counts}, {event.rejections} rejected"
    measured = health.rate is not None and not info.is_sound
    rate = f" at {health.rate:.1f} Hz (nominal {info.rate:g})" if measured else ""
    faults = {
        "lost": health.lost,
        "clipped": health.clipped,
        "bytes of garbage": health.garbage,
        "errors survived": health.errors,
        "reconnects": health.reconnects,
    }
    found = ", ".join(f"{count} {name}" for name, count in faults.items() if count)
    healthy = [] if event.failed else ["nothing lost, nothing clipped, no errors"]
    return [
        "",
        counts,
        f"{health.samples} samples in {health.duration:.1f} s{rate}",
        *([found] if found else healthy),
    ]

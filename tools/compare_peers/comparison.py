"""Measure all peers in rounds, so that a disturbance of the machine affects all of them."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.compare_peers.environments import PeerMissing
from tools.compare_peers.measured_process import Run, run, run_together
from tools.compare_peers.peers import Peer, user_command, worker_command
from tools.compare_peers.sounds import RATE, Clips

log = logging.getLogger(__name__)

START_S = 2  # of sound: a run on this sound has the cost of the start
FIRST_DECISION_S = 8  # of sound: some peers make no decision in less
BLOCK_S = 0.02  # of sound in real time, as from a microphone


@dataclass
class Row:
    """The figures of a peer. A list has one value for each round."""

    peer: Peer
    missing: str | None = None
    """Why the peer cannot be measured."""
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    """CPU time per second of "speech" and of "silence"."""
    memory_mb: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    """From the start of the process to its first decision."""
    decisions_per_s: float | None = None
    real_time_ms: dict[str, list[float]] = field(default_factory=dict)
    """CPU time per second of "speech" and of "silence" that come in real time, block by block."""
    wakeups: dict[str, list[float]] = field(default_factory=dict)
    """Wake-ups a second, also in real time."""
    bytes: int | None = None
    """Size of the model."""
    each_us: dict[str, float] = field(default_factory=dict)
    """CPU time of one decision: "scores" of all of it, "invoke" of the runtime alone."""
    accuracy: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def fail(self, error: PeerMissing) -> None:
        log.warning("%s: %s", self.peer.name, error)
        self.missing = str(error)


@dataclass(frozen=True)
class Comparison:
    rows: Mapping[str, Row]
    """By the name of the peer."""
    pythons: Mapping[str, Path]
    """The interpreter of each environment."""
    models: Mapping[str, str]
    sounds: Mapping[str, bytes]
    """"speech" and "silence"."""

    def measure_rounds(self, count: int) -> None:
        for number in range(count):
            for row in self.rows.values():
                if number < row.peer.max_rounds:
                    log.info("round %d of %d: %s", number + 1, count, row.peer.name)
                    _try(row, self._measure_round)

    def measure_real_time(self, names: Sequence[str], seconds: float, count: int) -> None:
        """Run these peers at the same time, on sound that comes as from a microphone."""
        rows = [row for name, row in self.rows.items() if name in names and not row.missing]
        if not rows or not seconds:
            return
        for number in range(count):
            for kind in self.sounds:
                log.info("round %d of %d in real time: %s", number + 1, count, kind)
                self._measure_real_time_once(rows, kind, seconds)

    def _measure_real_time_once(self, rows: Sequence[Row], kind: str, seconds: float) -> None:
        """The cost of the start is that of a shorter run, also in real time."""
        commands: dict[str, Sequence[str]] = {
            row.peer.name: self._user_command(row.peer) for row in rows if not row.missing
        }
        starts = run_together(commands, self._sound(kind, START_S), BLOCK_S)
        runs = run_together(commands, self._sound(kind, START_S + seconds), BLOCK_S)
        for row in rows:
            start, result = starts.get(row.peer.name), runs.get(row.peer.name)
            if isinstance(start, Run) and isinstance(result, Run):
                cpu_ms = (result.cpu_s - start.cpu_s) / seconds * 1000
                row.real_time_ms.setdefault(kind, []).append(cpu_ms)
                wakeups = (result.wakeups - start.wakeups) / seconds
                row.wakeups.setdefault(kind, []).append(wakeups)
            for failure in (start, result):
                if isinstance(failure, PeerMissing):
                    row.fail(failure)

    def measure_accuracy(self, clips: Clips) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clips"
            path.write_bytes(clips.pcm)
            for row in self.rows.values():
                if row.peer.same_words:
                    log.info("%d clips: %s", len(clips.labels), row.peer.name)
                    _try(row, lambda row: self._classify_clips(row, path, clips.labels))

    def _classify_clips(self, row: Row, path: Path, labels: Sequence[str]) -> None:
        result = run([*self._worker_command(row.peer), str(path)], b"")
        row.accuracy = accuracy(result.report["labels"], labels)

    def _measure_round(self, row: Row) -> None:
        speech = self._measure_cost(row, "speech")
        self._measure_cost(row, "silence")
        row.memory_mb.append(speech.memory_mb)
        if row.peer.measures_itself:
            first = speech
            seconds = first.report["sound_s"]
        else:
            sound = self._sound("speech", FIRST_DECISION_S)
            first = run(self._worker_command(row.peer), sound)
            seconds = FIRST_DECISION_S
        row.decisions_per_s = first.report["decisions"] / seconds
        if first.report["first"] is not None:
            row.start_s.append(first.report["first"] - first.started)
        row.bytes = first.report["bytes"]
        row.each_us = first.report.get("each_us", {})

    def _measure_cost(self, row: Row, kind: str) -> Run:
        """Add the CPU time per second of sound. Return the run on the whole sound."""
        peer, figures = row.peer, row.cpu_ms.setdefault(kind, [])
        if peer.measures_itself:
            result = run(self._worker_command(peer), self._sound(kind, peer.seconds))
            figures.append(result.report["cpu_s"] / result.report["sound_s"] * 1000)
            return result
        start = run(self._user_command(peer), self._sound(kind, START_S))
        result = run(self._user_command(peer), self._sound(kind, START_S + peer.seconds))
        figures.append((result.cpu_s - start.cpu_s) / peer.seconds * 1000)
        return result

    def _user_command(self, peer: Peer) -> list[str]:
        return user_command(peer, self.pythons[peer.environment], self.models)

    def _worker_command(self, peer: Peer) -> list[str]:
        return worker_command(peer, self.pythons[peer.environment], self.models)

    def _sound(self, kind: str, seconds: float) -> bytes:
        return self.sounds[kind][: round(seconds * RATE) * 2]


def accuracy(labels: Sequence[str], true_labels: Sequence[str]) -> dict[str, float]:
    """The share of right labels: "words" of clips with words, "all" of all clips.

    "all" is left out for a peer that cannot detect silence.
    """
    pairs = list(zip(labels, true_labels, strict=True))
    words = [label == true for label, true in pairs if true not in ("silence", "unknown")]
    shares = {"clips": float(len(pairs)), "words": sum(words) / max(1, len(words))}
    if "silence" in labels:
        shares["all"] = sum(label == true for label, true in pairs) / len(pairs)
    return shares


def _try(row: Row, measure: Callable[[Row], None]) -> None:
    """Measure a peer. If it cannot be run, note the reason in its row and go on."""
    if row.missing:
        return
    try:
        measure(row)
    except PeerMissing as error:
        row.fail(error)

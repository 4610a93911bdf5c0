"""All peers, round by round, so that what disturbs one disturbs the others, too."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from tools.compare_peers.environments import PeerMissing
from tools.compare_peers.measure import Run, run, together
from tools.compare_peers.peers import Peer, user_command, worker_command
from tools.compare_peers.sounds import RATE, Clips

log = logging.getLogger(__name__)

SHORT = 2  # s of sound: a run on no more tells what it costs to start
STARTING = 8  # s: for some it takes that long until there is anything to decide
PIECE = 0.02  # s: what a microphone hands over at a time


@dataclass
class Row:
    """What was measured of a peer, a figure a round."""

    peer: Peer
    missing: str | None = None
    cpu_ms: dict[str, list[float]] = field(default_factory=dict)
    """CPU time per second of "speech" and of "silence"."""
    memory_mb: list[float] = field(default_factory=list)
    start_s: list[float] = field(default_factory=list)
    """From the start of the process to its first decision."""
    started_cpu_s: list[float] = field(default_factory=list)
    """CPU time of a run on `SHORT` seconds."""
    decisions_per_s: float | None = None
    real_time_ms: float | None = None
    """CPU time per second of sound that comes in real time, piece by piece."""
    bytes: int | None = None
    each_us: dict[str, float] = field(default_factory=dict)
    accuracy: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def lack(self, error: PeerMissing) -> None:
        log.warning("%s: %s", self.peer.name, error)
        self.missing = str(error)


@dataclass(frozen=True)
class Comparison:
    """`pythons` are the interpreters of the peers' environments."""

    rows: Mapping[str, Row]
    pythons: Mapping[str, Path]
    models: Mapping[str, str]
    sounds: Mapping[str, bytes]

    def rounds(self, count: int) -> None:
        for number in range(count):
            for row in self.rows.values():
                if number < row.peer.rounds:
                    log.info("round %d of %d: %s", number + 1, count, row.peer.name)
                    _try(row, self._round)

    def in_real_time(self, names: Sequence[str], seconds: float) -> None:
        """Those of the peers at the same time, on sound that comes as from a microphone."""
        rows = [row for name, row in self.rows.items() if name in names and not row.missing]
        if not rows or not seconds:
            return
        log.info("in real time, for %g s", seconds)
        commands: dict[str, Sequence[str]] = {row.peer.name: self._user(row.peer) for row in rows}
        found = together(commands, self._sound("speech", seconds), PIECE)
        for row in rows:
            done = found[row.peer.name]
            if isinstance(done, PeerMissing):
                row.lack(done)
                continue
            spent = done.cpu_s - median(row.started_cpu_s)
            row.real_time_ms = spent / (seconds - SHORT) * 1000

    def accuracy(self, clips: Clips) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "clips"
            path.write_bytes(clips.pcm)
            for row in self.rows.values():
                if row.peer.hears_words:
                    log.info("%d clips: %s", len(clips.labels), row.peer.name)
                    _try(row, lambda row: self._clips(row, path, clips.labels))

    def _clips(self, row: Row, path: Path, labels: Sequence[str]) -> None:
        done = run([*self._worker(row.peer), str(path)], b"")
        row.accuracy = shares(done.told["heard"], labels)

    def _round(self, row: Row) -> None:
        for kind in ("speech", "silence"):
            done = self._cost(row, kind)
            if kind == "speech":
                row.memory_mb.append(done.memory_mb)
                first = done
        if not row.peer.itself:
            first = run(self._worker(row.peer), self._sound("speech", STARTING))
            row.decisions_per_s = first.told["decisions"] / STARTING
        elif "sound_s" in first.told:
            row.decisions_per_s = first.told["decisions"] / first.told["sound_s"]
        if first.told["first"] is not None:
            row.start_s.append(first.told["first"] - first.started)
        row.bytes = first.told["bytes"]
        row.each_us = first.told.get("each_us", {})

    def _cost(self, row: Row, kind: str) -> Run:
        peer, figures = row.peer, row.cpu_ms.setdefault(kind, [])
        if peer.itself:
            done = run(self._worker(peer), self._sound(kind, peer.seconds))
            figures.append(done.told["cpu_s"] / done.told["sound_s"] * 1000)
            return done
        start = run(self._user(peer), self._sound(kind, SHORT))
        done = run(self._user(peer), self._sound(kind, SHORT + peer.seconds))
        figures.append((done.cpu_s - start.cpu_s) / peer.seconds * 1000)
        row.started_cpu_s.append(start.cpu_s)
        return done

    def _user(self, peer: Peer) -> list[str]:
        return user_command(peer, self.pythons[peer.environment], self.models)

    def _worker(self, peer: Peer) -> list[str]:
        return worker_command(peer, self.pythons[peer.environment], self.models)

    def _sound(self, kind: str, seconds: float) -> bytes:
        return self.sounds[kind][: round(seconds * RATE) * 2]


def shares(heard: Sequence[str], said: Sequence[str]) -> dict[str, float]:
    """How much was heard right: of the words, and of all where all can be heard."""
    pairs = list(zip(heard, said, strict=True))
    words = [ours == theirs for ours, theirs in pairs if theirs not in ("silence", "unknown")]
    found = {"clips": float(len(pairs)), "words": sum(words) / max(1, len(words))}
    if "silence" in heard:
        found["all"] = sum(ours == theirs for ours, theirs in pairs) / len(pairs)
    return found


def _try(row: Row, function: Callable[[Row], Any]) -> None:
    """What cannot be run is a row that says why; the others go on."""
    if row.missing:
        return
    try:
        function(row)
    except PeerMissing as error:
        row.lack(error)

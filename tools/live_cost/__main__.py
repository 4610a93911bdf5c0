"""Measure what the live commands cost on input in real time: CPU time, wake-ups and delay.

  python -m tools.live_cost
  python -m tools.live_cost --only pipe --seconds 20
  python -m tools.live_cost --only outputs
  python -m tools.live_cost --against ../other-checkout

The commands run as users run them: with sound from a pipe, in blocks of several sizes, with a
microphone of a sound server, with boards on a serial port, and with an MQTT broker, a reader of the
metrics and a Wyoming client. Each round measures every case once, so that a disturbance of the
machine affects all of them. The sound server and the boards are those of the tests:
`make tools` installs what they need.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import EdgeError
from tests.support.mqtt_broker import Broker, running_broker
from tests.support.pty_board import FramedBoard, TextBoard
from tests.support.sound_server import SoundServer
from tools.compare_peers import sounds
from tools.live_cost import feeds, outputs
from tools.live_cost.feeds import LEAD_S, Feed
from tools.live_cost.process import MAIN, LiveProcess

log = logging.getLogger(__name__)

CHECKOUT = Path(__file__).parents[2]
WARM_UP_S = LEAD_S + 2.0  # until the figures count
BLOCKS_MS = (10, 20, 40, 80)


@dataclass
class Case:
    name: str
    command: str
    feed: Callable[[], AbstractContextManager[Feed]]
    checkout: Path
    cpu_ms: list[float] = field(default_factory=list)
    """CPU time for one second of input, in each round."""
    wakeups: list[dict[str, float]] = field(default_factory=list)
    """A second, of each kind of thread, in each round."""
    delays_s: list[float] = field(default_factory=list)
    """From the end of a word or stroke to the line of its event; the events of all rounds."""


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.live_cost", __doc__)
    parser.add_argument(
        "--seconds", type=float, default=15.0, metavar="N", help="length of each measurement (15)"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds (3)")
    parser.add_argument(
        "--only", default="", metavar="TEXT", help="measure only cases with this in their name"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help="another checkout, whose commands are measured in turn with those of this one",
    )
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    checkouts = [CHECKOUT] if args.against is None else [args.against.resolve(), CHECKOUT]
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        cases = list(_cases(args.seconds, args.only, checkouts, stack))
        if not cases:
            raise EdgeError(f"no case has {args.only!r} in its name")
        for number in range(args.rounds):
            for case in cases:
                log.info("round %d of %d: %s", number + 1, args.rounds, case.name)
                measure_once(case, args.seconds)
    for line in table(cases):
        print(line)
    print(f"The load was {load:.1f} before and {os.getloadavg()[0]:.1f} after.")


def measure_once(case: Case, seconds: float) -> None:
    """Run the command once, and add its figures to the case."""
    with case.feed() as feed, LiveProcess(case.checkout, case.command, feed.options) as process:
        feed.play(process.stdin, WARM_UP_S)
        before, counted = process.usage(), len(process.events)
        feed.play(process.stdin, seconds)
        after, events = process.usage(), process.events[counted:]
        process.stop()
    case.cpu_ms.append((after.cpu_s - before.cpu_s) / seconds * 1000)
    counts = after.wakeups - before.wakeups
    case.wakeups.append({kind: count / seconds for kind, count in counts.items()})
    for event in events:
        if event.values["event"] == "detection":
            values = event.values
            case.delays_s.append(feed.delay_s(event.at, values["t"], values["latency_ms"]))


def table(cases: Sequence[Case]) -> Iterator[str]:
    """The medians, in Markdown."""
    yield "| | CPU time, one second | least | wake-ups a second | delay, median | most | events |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for case in cases:
        delays = ["-", "-"]
        if case.delays_s:
            delays = [f"{1000 * d:.0f} ms" for d in (median(case.delays_s), max(case.delays_s))]
        cells = (
            *(case.name, f"{median(case.cpu_ms):.2f} ms", f"{min(case.cpu_ms):.2f} ms"),
            *(_wakeups(case), *delays, str(len(case.delays_s))),
        )
        yield f"| {' | '.join(cells)} |"


def _wakeups(case: Case) -> str:
    """The median, and who wakes, if that is not the main thread alone."""
    kinds = sorted({kind for found in case.wakeups for kind in found})
    shares = {kind: median(found.get(kind, 0.0) for found in case.wakeups) for kind in kinds}
    text = f"{median(sum(found.values()) for found in case.wakeups):.1f}"
    others = [f"{kind} {share:.1f}" for kind, share in shares.items() if share >= 0.05]
    return f"{text} ({', '.join(others)})" if others != [f"{MAIN} {text}"] else text


def _cases(
    seconds: float, only: str, checkouts: Sequence[Path], stack: ExitStack
) -> Iterator[Case]:
    length = WARM_UP_S + seconds + 1
    speech, silence = sounds.speech(length), sounds.silence(length)
    every: list[tuple[str, str, Callable[[], AbstractContextManager[Feed]]]] = []
    for block_ms in BLOCKS_MS:
        for name, sound in (("speech", speech), ("silence", silence)):
            feed = _bound(feeds.pipe, sound, block_ms / 1000)
            every.append((f"kws-listen, pipe, {block_ms} ms blocks, {name}", "kws_listen", feed))
    feed = _bound(feeds.pipe, speech, 0.02)
    every.append(("sounddigit-listen, pipe, 20 ms blocks, speech", "sounddigit_listen", feed))
    server = _Server(stack)
    for name, sound in (("speech", speech), ("silence", silence)):
        feed = _bound(_microphone, sound, server)
        every.append((f"kws-listen, microphone, {name}", "kws_listen", feed))
    for kind, board in (("text lines", TextBoard), ("frames", FramedBoard)):
        for name, digits in (("digits", True), ("rest", False)):
            feed = _bound(feeds.port, board, feeds.motion(digits, seconds + 3))
            every.append((f"airdigit-live, {kind}, {name}", "airdigit_live", feed))
    broker = _Broker(stack)
    for name, feed in (
        ("without", _bound(outputs.plain, speech)),
        ("--mqtt", lambda: outputs.mqtt(speech, broker.get())),
        ("--metrics", _bound(outputs.metrics, speech)),
        ("--wyoming, one client", _bound(outputs.wyoming, speech)),
    ):
        every.append((f"kws-listen, 64 ms blocks, outputs: {name}", "kws_listen", feed))
    for name, command, feed in every:
        for checkout in checkouts:
            label = name if len(checkouts) == 1 else f"{name} ({checkout.name})"
            if only in label:
                yield Case(label, command, feed, checkout)


class _Server:
    """The sound server, which is started when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._server: SoundServer | None = None

    def get(self) -> SoundServer:
        if self._server is None:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="sound"))
            server = SoundServer(Path(folder))
            self._stack.callback(server.stop)
            server.start(keep_awake=False)  # its small parts would wake the command more often
            os.environ.update(server.environment)
            os.environ.pop("PULSE_LATENCY_MSEC", None)
            self._server = server
        return self._server


class _Broker:
    """The MQTT broker, which is started when it is first needed."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._broker: Broker | None = None

    def get(self) -> Broker:
        if self._broker is None:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mqtt"))
            self._broker = self._stack.enter_context(running_broker(Path(folder)))
        return self._broker


def _microphone(sound: bytes, server: _Server) -> AbstractContextManager[Feed]:
    return feeds.microphone(sound, server.get())


def _bound(
    function: Callable[..., AbstractContextManager[Feed]], *arguments: object
) -> Callable[[], AbstractContextManager[Feed]]:
    return lambda: function(*arguments)


if __name__ == "__main__":
    sys.exit(main())

"""Who is compared, what each needs, and how it is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WORKERS = Path(__file__).parent / "workers"

OURS = ("edge-sense",)
"""From this checkout, with what a listener needs and nothing for training or tests."""
LISTEN = "import sys; from edge.commands.start import kws_listen; sys.exit(kws_listen())"
NABU = ("--model", "okay_nabu")


@dataclass(frozen=True)
class Peer:
    name: str
    environment: str
    """A folder of `out/peers`; some share one."""
    packages: tuple[str, ...]
    """What pip installs there."""
    worker: tuple[str, ...]
    """The script of `workers` that runs it and tells when it first decided, and its arguments."""
    command: tuple[str, ...] = ()
    """As a user starts it, if that is another program than the worker: arguments to Python."""
    does: str = ""
    seconds: int = 60
    """Of sound: fewer for those who take long."""
    rounds: int = 100
    """At most: what costs a hundred times as much needs no hundred times as exact a figure."""
    hears_words: bool = False
    """Are its words ours, so that one may count who is right?"""
    itself: bool = False
    """Does the worker measure its own CPU time? Then its start, and what it loads, is not in it."""


PEERS = (
    Peer(
        *("kws-listen", "edge-sense", OURS, ("listen", "{model}")),
        command=("-c", LISTEN, "--pcm", "--json", "--model", "{model}"),
        does="the whole command: from a pipe to JSON lines, ten words",
        hears_words=True,
    ),
    Peer(
        *("edge-sense in a program", "edge-sense", OURS, ("chain", "{model}")),
        does="the same chain without the command, starting left out",
        itself=True,
    ),
    Peer(
        *("the runtime alone", "edge-sense", OURS, ("bare", "{model}")),
        does="NumPy, LiteRT and our network every 40 ms, without hearing anything: what is left to "
        "no program on them to spare",
    ),
    Peer(
        *("pymicro-wakeword", "pymicro-wakeword", ("pymicro-wakeword",), ("pymicro",)),
        command=("-m", "pymicro_wakeword", *NABU),
        does="one wake phrase, int8 with carried state, a step every 30 ms, features in C",
    ),
    Peer(
        *("pyopen-wakeword", "pyopen-wakeword", ("pyopen-wakeword",), ("pyopen",)),
        command=("-m", "pyopen_wakeword", *NABU),
        does="one wake phrase, float, a step every 80 ms",
        seconds=20,
        rounds=2,
    ),
    Peer(
        *("pocketsphinx", "pocketsphinx", ("pocketsphinx",), ("sphinx",)),
        does="the same ten words, spotted by an acoustic model of English",
        seconds=30,
        rounds=3,
        hears_words=True,
    ),
    Peer(
        *("MLPerf Tiny reference", "edge-sense", OURS, ("mlperf", "{mlperf}")),
        does="the same ten words, the whole window every 40 ms, on our runtime",
        rounds=3,
        hears_words=True,
        itself=True,
    ),
    Peer(
        *("the notebook way", "notebook", ("librosa", "ai-edge-litert"), ("notebook", "{model}")),
        does="librosa's MFCC of the whole window every 20 ms, our network",
        seconds=4,
        rounds=1,
        itself=True,
    ),
)


def worker_command(peer: Peer, python: Path, models: Mapping[str, str]) -> list[str]:
    name, *arguments = peer.worker
    filled = [argument.format_map(models) for argument in arguments]
    return [str(python), str(WORKERS / f"{name}.py"), *filled]


def user_command(peer: Peer, python: Path, models: Mapping[str, str]) -> list[str]:
    """As whoever uses it starts it."""
    if not peer.command:
        return worker_command(peer, python, models)
    return [str(python), *(argument.format_map(models) for argument in peer.command)]

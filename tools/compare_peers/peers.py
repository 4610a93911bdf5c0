"""The programs that are compared: the packages of each, and how it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.commands import start_code

WORKERS = Path(__file__).parent / "workers"

EDGE_SENSE = ("edge-sense",)
"""This checkout with the packages that kws-listen needs, without those for training and tests."""
OKAY_NABU = ("--model", "okay_nabu")


@dataclass(frozen=True)
class Peer:
    name: str
    environment: str
    """A folder of `out/peers`; several peers can share one."""
    packages: tuple[str, ...]
    """The packages that pip installs there."""
    worker: tuple[str, ...]
    """The script in `workers` that runs the peer and counts its decisions, and its arguments."""
    command: tuple[str, ...] = ()
    """The arguments of Python with which users start the peer; empty if it is the worker itself."""
    description: str = ""
    seconds: int = 60
    """Length of the sound; shorter for slow peers."""
    max_rounds: int = 100
    """Fewer for slow peers, because a ratio of 1/100 needs no exact figure."""
    same_words: bool = False
    """True if the peer knows the words of kws-listen, so that its accuracy can be compared."""
    measures_itself: bool = False
    """True if the worker measures its own CPU time, which then excludes the start."""


PEERS = (
    Peer(
        *("kws-listen", "edge-sense", EDGE_SENSE, ("listen", "{model}")),
        command=("-c", start_code("kws_listen"), "--pcm", "--json", "--model", "{model}"),
        description="the whole command: from a pipe to JSON lines, ten words",
        same_words=True,
    ),
    Peer(
        *("edge-sense in a program", "edge-sense", EDGE_SENSE, ("chain", "{model}")),
        description="the same chain without the command; without the time to start",
        measures_itself=True,
    ),
    Peer(
        *("the runtime alone", "edge-sense", EDGE_SENSE, ("runtime_only", "{model}")),
        description="NumPy, LiteRT and our network every 40 ms on constant input: the least that "
        "any program with them needs",
    ),
    Peer(
        *("pymicro-wakeword", "pymicro-wakeword", ("pymicro-wakeword",), ("pymicro",)),
        command=("-m", "pymicro_wakeword", *OKAY_NABU),
        description="one wake phrase, int8 streaming network, a step every 30 ms, features in C",
    ),
    Peer(
        *("pyopen-wakeword", "pyopen-wakeword", ("pyopen-wakeword",), ("pyopen",)),
        command=("-m", "pyopen_wakeword", *OKAY_NABU),
        description="one wake phrase, float, a step every 80 ms",
        seconds=20,
        max_rounds=2,
    ),
    Peer(
        *("pocketsphinx", "pocketsphinx", ("pocketsphinx",), ("sphinx",)),
        description="the same ten words, spotted with an acoustic model of English",
        seconds=30,
        max_rounds=3,
        same_words=True,
    ),
    Peer(
        *("MLPerf Tiny reference", "edge-sense", EDGE_SENSE, ("mlperf", "{mlperf}")),
        description="the same ten words, the whole window every 40 ms, on our runtime",
        max_rounds=3,
        same_words=True,
        measures_itself=True,
    ),
    Peer(
        *("the notebook way", "notebook", ("librosa", "ai-edge-litert"), ("notebook", "{model}")),
        description="MFCC of the whole window by librosa every 20 ms, and our network",
        seconds=4,
        max_rounds=1,
        measures_itself=True,
    ),
)


def worker_command(peer: Peer, python: Path, models: Mapping[str, str]) -> list[str]:
    """The command that runs the worker of a peer. `models` are the files for {model}, {mlperf}."""
    name, *arguments = peer.worker
    return [str(python), str(WORKERS / f"{name}.py"), *_fill(arguments, models)]


def user_command(peer: Peer, python: Path, models: Mapping[str, str]) -> list[str]:
    """The command with which users start a peer."""
    if not peer.command:
        return worker_command(peer, python, models)
    return [str(python), *_fill(peer.command, models)]


def _fill(arguments: Sequence[str], models: Mapping[str, str]) -> list[str]:
    return [argument.format_map(models) for argument in arguments]

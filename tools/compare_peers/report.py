"""The comparison as a Markdown table and as JSON, with the ratios of kws-listen to its peers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tools.compare_peers.comparison import Row

KWS_LISTEN, PYMICRO, NOTEBOOK = "kws-listen", "pymicro-wakeword", "the notebook way"
RUNTIME_ALONE = "the runtime alone"


@dataclass(frozen=True)
class Goal:
    """A figure of kws-listen should be at most `ratio` times that of the peer."""

    description: str
    peer: str
    figure: str
    ratio: float


GOALS = (
    Goal("CPU in speech", PYMICRO, "speech", 0.5),
    Goal("CPU in silence", PYMICRO, "silence", 0.25),
    Goal("CPU in speech, real time", PYMICRO, "speech in real time", 0.5),
    Goal("CPU in silence, real time", PYMICRO, "silence in real time", 0.3),
    Goal("CPU in speech", NOTEBOOK, "speech", 1 / 200),
    Goal("process start to first decision", PYMICRO, "start_s", 1.2),
    Goal("peak memory", PYMICRO, "memory_mb", 1.2),
)
HEADINGS = (
    *("", "CPU a second of speech", "of silence"),
    *("in real time: of speech", "of silence", "wake-ups a second", "peak memory"),
    *("start to first decision", "model", "decisions a second", "ten words right", "all right"),
)
# The ratio of the runtime alone shows how much of a ratio no program on this runtime can avoid.
RATIO_HEADINGS = ("", "over", "ratio", "of the rounds", "of the runtime alone", "goal", "")


def figures(row: Row, name: str) -> list[float]:
    """A figure in each round."""
    kind, _, in_real_time = name.partition(" ")
    if kind in ("speech", "silence"):
        return (row.real_time_ms if in_real_time else row.cpu_ms).get(kind, [])
    return list(getattr(row, name))


def ratios(rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    """The ratio for each goal whose peer was measured: median, least and most of the rounds."""
    found = []
    for goal in GOALS:
        of_rounds = _ratio_of_rounds(rows, KWS_LISTEN, goal)
        if not of_rounds:
            continue
        runtime = _ratio_of_rounds(rows, RUNTIME_ALONE, goal)
        found.append(
            {
                "what": goal.description,
                "peer": goal.peer,
                "ratio": median(of_rounds),
                "least": min(of_rounds),
                "most": max(of_rounds),
                "runtime": median(runtime) if runtime else None,
                "goal": goal.ratio,
                "reached": median(of_rounds) <= goal.ratio,
            }
        )
    return found


def _ratio_of_rounds(rows: Mapping[str, Row], name: str, goal: Goal) -> list[float]:
    """A figure over that of the goal's peer, in each round that both have."""
    ours, theirs = rows.get(name), rows.get(goal.peer)
    if ours is None or theirs is None or ours.missing or theirs.missing:
        return []
    pairs = zip(figures(ours, goal.figure), figures(theirs, goal.figure), strict=False)
    return [a / b for a, b in pairs if b > 0]


def document(rows: Mapping[str, Row], conditions: Mapping[str, Any]) -> dict[str, Any]:
    """All figures, for JSON."""
    return {**conditions, "peers": [_entry(row) for row in rows.values()], "ratios": ratios(rows)}


def _entry(row: Row) -> dict[str, Any]:
    fields = {name: value for name, value in vars(row).items() if name != "peer"}
    return {"name": row.peer.name, "does": row.peer.description, **fields}


def markdown(rows: Mapping[str, Row], conditions: Mapping[str, Any]) -> str:
    measured = [row for row in rows.values() if not row.missing]
    lines = [_line(HEADINGS), _line(["---"] + ["---:"] * (len(HEADINGS) - 1))]
    lines += [_line(_cells(row)) for row in measured]
    lines += ["", "kws-listen over its peers, median of the rounds:", ""]
    lines += [_line(RATIO_HEADINGS), _line(["---"] * len(RATIO_HEADINGS))]
    lines += [_line(_ratio_cells(ratio)) for ratio in ratios(rows)]
    lines.append("")
    lines += [f"- {row.peer.name}: {row.peer.description}." for row in measured]
    lines += [f"- {row.peer.name}: {row.missing}" for row in rows.values() if row.missing]
    for row in rows.values():
        if row.each_us:
            scores, invoke = row.each_us["scores"], row.each_us["invoke"]
            lines.append(
                f"- One decision of edge-sense takes {scores:.1f} us, of which the runtime needs "
                f"{invoke:.1f} us for the network."
            )
    machine = conditions["machine"]
    system = f"{machine['cpu']}, {machine['system']}, {machine['python']}"
    lines += ["", f"{system}; {conditions['sound']}."]
    lines += [f"{name} {version}" for name, version in conditions["versions"].items()]
    before, after = conditions["load"]
    lines += [f"The load was {before:.1f} before and {after:.1f} after."]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> Sequence[str]:
    accuracy = row.accuracy
    return (
        row.peer.name,
        *(_median(row.cpu_ms.get(kind, []), "ms") for kind in ("speech", "silence")),
        *(_median(row.real_time_ms.get(kind, []), "ms") for kind in ("speech", "silence")),
        _median(row.wakeups.get("speech", []), "", 0),
        _median(row.memory_mb, "MB", 1),
        _median(row.start_s, "s"),
        "-" if row.bytes is None else f"{row.bytes:,} B",
        "-" if row.decisions_per_s is None else f"{row.decisions_per_s:.0f}",
        *(f"{accuracy[share]:.1%}" if share in accuracy else "-" for share in ("words", "all")),
    )


def _median(values: Sequence[float], unit: str, digits: int = 2) -> str:
    return f"{median(values):.{digits}f} {unit}".rstrip() if values else "-"


def _ratio_cells(ratio: Mapping[str, Any]) -> Sequence[str]:
    spread = f"{ratio['least']:.2g} to {ratio['most']:.2g}"
    runtime = "-" if ratio["runtime"] is None else _fraction(ratio["runtime"])
    reached = "reached" if ratio["reached"] else "not reached"
    numbers = _fraction(ratio["ratio"]), spread, runtime, _fraction(ratio["goal"])
    return (ratio["what"], ratio["peer"], *numbers, reached)


def _fraction(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio > 0.01 else f"1/{1 / ratio:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""What was measured, as a table and as JSON, and how it compares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tools.compare_peers.compare import Row

OURS, PYMICRO, NOTEBOOK = "kws-listen", "pymicro-wakeword", "the notebook way"

RATIOS = ("", "over", "ratio", "of the rounds", "of the runtime alone", "goal", "")


@dataclass(frozen=True)
class Goal:
    what: str
    peer: str
    figure: str
    most: float


GOALS = (
    Goal("CPU in speech", PYMICRO, "speech", 0.5),
    Goal("CPU in silence", PYMICRO, "silence", 0.25),
    Goal("CPU in speech", NOTEBOOK, "speech", 1 / 200),
    Goal("process start to first decision", PYMICRO, "start_s", 1.2),
    Goal("peak memory", PYMICRO, "memory_mb", 1.2),
)
# Where a goal is not reached, how much of what is missing is the runtime's.
ALONE = "the runtime alone"
HEAD = (
    *("", "CPU a second of speech", "of silence", "of speech in real time", "peak memory"),
    *("start to first decision", "model", "decisions a second", "ten words right", "all right"),
)


def figures(row: Row, name: str) -> list[float]:
    """A figure of each round."""
    found: list[float] = row.cpu_ms.get(name, []) if name in ("speech", "silence") else []
    return found or list(getattr(row, name, []))


def ratios(rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    """Ours over theirs, round by round; the goals that could be measured."""
    found = []
    for goal in GOALS:
        each = _over(rows, OURS, goal)
        if not each:
            continue
        alone = _over(rows, ALONE, goal)
        found.append(
            {
                "what": goal.what,
                "peer": goal.peer,
                "ratio": median(each),
                "least": min(each),
                "most": max(each),
                "runtime": median(alone) if alone else None,
                "goal": goal.most,
                "reached": median(each) <= goal.most,
            }
        )
    return found


def _over(rows: Mapping[str, Row], name: str, goal: Goal) -> list[float]:
    """How much of the goal's peer it takes, in each round that both were in."""
    ours, theirs = rows.get(name), rows.get(goal.peer)
    if ours is None or theirs is None or ours.missing or theirs.missing:
        return []
    pairs = zip(figures(ours, goal.figure), figures(theirs, goal.figure), strict=False)
    return [a / b for a, b in pairs if b > 0]


def document(rows: Mapping[str, Row], about: Mapping[str, Any]) -> dict[str, Any]:
    """All of it, for programs."""
    return {**about, "peers": [_entry(row) for row in rows.values()], "ratios": ratios(rows)}


def _entry(row: Row) -> dict[str, Any]:
    told = {name: value for name, value in vars(row).items() if name != "peer"}
    return {"name": row.peer.name, "does": row.peer.does, **told}


def markdown(rows: Mapping[str, Row], about: Mapping[str, Any]) -> str:
    lines = [_line(HEAD), _line(["---"] + ["---:"] * (len(HEAD) - 1))]
    lines += [_line(_cells(row)) for row in rows.values() if not row.missing]
    lines += ["", "kws-listen over its peers, median of the rounds:", ""]
    lines += [_line(RATIOS), _line(["---"] * len(RATIOS))]
    lines += [_line(_ratio(ratio)) for ratio in ratios(rows)]
    lines.append("")
    lines += [f"- {row.peer.name}: {row.peer.does}." for row in rows.values() if not row.missing]
    lines += [f"- {row.peer.name}: {row.missing}" for row in rows.values() if row.missing]
    for row in rows.values():
        if row.each_us:
            scores, invoke = row.each_us["scores"], row.each_us["invoke"]
            lines.append(
                f"- One decision of ours takes {scores:.1f} us, of which the runtime computes the "
                f"network in {invoke:.1f} us."
            )
    machine = about["machine"]
    lines += ["", f"{machine['cpu']}, {machine['system']}, {machine['python']}; {about['sound']}."]
    lines += [f"{name} {version}" for name, version in about["versions"].items()]
    lines += [f"The load was {about['load'][0]:.1f} before and {about['load'][1]:.1f} after."]
    return "\n".join(lines) + "\n"


def _cells(row: Row) -> Sequence[str]:
    accuracy = row.accuracy
    return (
        row.peer.name,
        *(_middle(row.cpu_ms.get(kind, []), "ms") for kind in ("speech", "silence")),
        "-" if row.real_time_ms is None else f"{row.real_time_ms:.2f} ms",
        _middle(row.memory_mb, "MB", 1),
        _middle(row.start_s, "s"),
        "-" if row.bytes is None else f"{row.bytes:,} B",
        "-" if row.decisions_per_s is None else f"{row.decisions_per_s:.0f}",
        *(f"{accuracy[of]:.1%}" if of in accuracy else "-" for of in ("words", "all")),
    )


def _middle(values: Sequence[float], unit: str, digits: int = 2) -> str:
    return f"{median(values):.{digits}f} {unit}" if values else "-"


def _ratio(ratio: Mapping[str, Any]) -> Sequence[str]:
    spread = f"{ratio['least']:.2g} to {ratio['most']:.2g}"
    alone = "-" if ratio["runtime"] is None else _number(ratio["runtime"])
    reached = "reached" if ratio["reached"] else "not reached"
    numbers = _number(ratio["ratio"]), spread, alone, _number(ratio["goal"])
    return (ratio["what"], ratio["peer"], *numbers, reached)


def _number(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio > 0.01 else f"1/{1 / ratio:.0f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""Notes that belong to a record but to no column of its tables."""

from __future__ import annotations

from collections.abc import Iterator

from edge.bench.record import Record, Row


def machine_line(record: Record) -> str:
    """The machine and its state, separated by commas."""
    machine, before, after = record["machine"], record["before"], record["after"]
    cores = f"{machine['cores']} x {machine['cpu'] or machine['architecture']}"
    parts = [machine["board"], cores, machine["system"], machine["python"]]
    if before["governors"]:
        parts.append("governor " + ", ".join(before["governors"]))
    if before["temperature_c"] is not None:
        parts.append(f"{before['temperature_c']:.0f} to {after['temperature_c'] or 0:.0f} C")
    parts.append(f"load {before['load']}")
    threads = record["settings"]["threads"]
    parts.append(f"{threads} thread" + "s" * (threads > 1))
    return ", ".join(part for part in parts if part)


def row_notes(row: Row) -> Iterator[str]:
    if "error" in row:
        yield f"error: {row['error']}"
        return
    if "inputs" in row:
        yield f"input: {row['inputs']}"
    if row.get("uncounted"):
        yield f"MMAC does not include the operators {', '.join(row['uncounted'])}"
    if row.get("wrapper_us") is not None:
        yield f"Model.scores takes {row['wrapper_us']:.1f} us longer than the runtime alone"
    if "idle" in row:
        yield f"the signal has nothing to recognise: {row['idle']}"
    if "error" in row.get("profile", {}):
        yield f"no profile: {row['profile']['error']}"
    elif "profile" in row:
        yield f"operators measured by {row['profile']['method']}"
    for warning in row["warnings"]:
        yield f"warning: {warning}"


def record_notes(record: Record) -> Iterator[str]:
    for runtime, peak in record["int8_peak_macs_per_s"].items():
        if peak is not None:
            yield (
                f"highest int8 speed of {runtime}: {peak / 1e9:.1f} GMAC/s, "
                "in one large 1x1 convolution"
            )
    for warning in record["warnings"]:
        yield f"warning: {warning}"

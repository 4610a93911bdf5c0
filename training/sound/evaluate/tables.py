"""The results of an evaluation as Markdown tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WORST_LABELS = 3  # named below the table of clips
MOST_MISSED_WORDS = 3  # named in each row of the table of long audio


def clip_table(figures: Mapping[str, Any], name: str) -> list[str]:
    """Return the lines of a table of `clip_figures`, under a heading with the name."""
    low, high = figures["interval"]
    speakers = f" of {figures['speakers']} speakers" if figures["speakers"] else ""
    by_float = "" if figures["float"] is None else f", float {figures['float']:.1%}"
    lines = [
        f"### {name}: {figures['clips']} clips{speakers}, int8 {figures['int8']:.1%} "
        f"({low:.1%} to {high:.1%}){by_float}",
        "",
        "| label | clips | int8 | 95 % interval | float | most often taken for |",
        "|---|---|---|---|---|---|",
    ]
    for row in figures["classes"]:
        low, high = row["interval"]
        other = row["taken_for"]
        confused = f"{other['label']} ({other['clips']})" if other else ""
        by_float = "" if row["float"] is None else f"{row['float']:.1%}"
        lines.append(
            f"| {row['label']} | {row['clips']} | {row['int8']:.1%} | {low:.1%} to {high:.1%} "
            f"| {by_float} | {confused} |"
        )
    worst = sorted(figures["classes"], key=lambda row: row["int8"])[:WORST_LABELS]
    named = ", ".join(f"{row['label']} {row['int8']:.1%}" for row in worst if row["int8"] < 1)
    lowest = f"Lowest accuracy: {named}." if named else "Every clip is recognised correctly."
    return [*lines, "", lowest, "", _accepted_clips(figures["accepted"])]


def _accepted_clips(accepted: Mapping[str, Any]) -> str:
    def share(name: str) -> str:
        part = accepted[name]
        low, high = part["interval"]
        return f"{part['clips'] / max(1, part['of']):.1%} ({low:.1%} to {high:.1%})"

    sentence = (
        f"With the thresholds for live audio, {share('right')} of the clips with words are "
        f"accepted as their word and {share('mistaken')} as another word"
    )
    if accepted["false"]["of"]:
        sentence += f"; {share('false')} of the other clips are accepted as a word"
    return f"{sentence}."


def long_audio_table(levels: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """Return the lines of a table with a row for each of the `long_audio_figures`."""
    heading = (
        "| noise level | hours | words (gate closed) | hits | 95 % interval | false accepts "
        "| per hour (95 %) | delay, median / 90 % | most missed |"
    )
    return [f"### {name}", "", heading, "|---" * 9 + "|", *map(_long_audio_row, levels)]


def talk_table(levels: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    """Return the lines of a table of `long_audio_figures` of recordings without words."""
    heading = "| recordings | hours | false accepts | per hour (95 %) | of these words |"
    return [f"### {name}", "", heading, "|---" * 5 + "|", *map(_talk_row, levels)]


def _talk_row(level: Mapping[str, Any]) -> str:
    low, high = level["false_per_hour_interval"]
    words = ", ".join(f"{word} {count}" for word, count in level["false_by_label"].items())
    return (
        f"| {level['name']} | {level['hours']:.2g} | {level['false']} "
        f"| {level['false_per_hour']:.1f} ({low:.2f} to {high:.1f}) | {words} |"
    )


def _long_audio_row(level: Mapping[str, Any]) -> str:
    low, high = level["share_interval"]
    low_rate, high_rate = level["false_per_hour_interval"]
    hit_rate = "" if level["share"] is None else f"{level['share']:.1%}"
    causes = [f"{count} {cause}" for cause, count in level["false_by_cause"].items()]
    if level["false"] > level["false_clips"]:
        causes.append(f"from {level['false_clips']} clips")
    details = f" ({', '.join(causes)})" if causes else ""
    delay = (
        f"{1000 * level['delay_median_s']:.0f} / {1000 * level['delay_p90_s']:.0f} ms"
        if level["hits"]
        else ""
    )
    missed = list(level["missed_by_word"].items())[:MOST_MISSED_WORDS]
    return (
        f"| {level['name']} | {level['hours']:.2g} | {level['words']} ({level['withheld']}) "
        f"| {hit_rate} | {low:.1%} to {high:.1%} | {level['false']}{details} "
        f"| {level['false_per_hour']:.1f} ({low_rate:.2f} to {high_rate:.1f}) | {delay} "
        f"| {', '.join(f'{word} {count}' for word, count in missed)} |"
    )

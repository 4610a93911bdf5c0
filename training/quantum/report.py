"""The study of quanvolutions as a table and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.features.quantum.quanvolution import Quanvolution
from training.quantum import stage as quantum
from training.quantum.paired import Mean, difference, mean_of
from training.quantum.study import ARMS, NONE, ORDINARY, OUTPUTS, RANDOM, SHAPE, TRAINED
from training.sound.data.log_mel import BANDS

PAIRS = ((RANDOM, NONE), (TRAINED, NONE), (ORDINARY, NONE), (TRAINED, RANDOM), (RANDOM, ORDINARY))
PATCHES = quantum.FRAMES // 2 * (BANDS // 2)

Runs = Sequence[Mapping[str, Any]]


def by_seed(runs: Runs, arm: str, *keys: str) -> dict[int, float]:
    found = {}
    for run in runs:
        if run["arm"] == arm:
            value: Any = run
            for key in keys:
                value = value[key]
            found[run["seed"]] = value
    return found


def text(runs: Runs, given: Mapping[str, Any], stem: str) -> str:
    """Markdown."""
    seeds = len({run["seed"] for run in runs})
    judged, speakers = given["judged"], given["speakers"]
    lines = [
        "# What a quantum convolution is worth",
        "",
        f"`{given['command']}`",
        "",
        f"Every network learns the same {given['pool']} augmented windows of {given['clips']} "
        f"clips, {given['epochs']} times, in the same order; {seeds} seeds of initial weights, "
        "order and circuit, the same in each row. "
        f"Given are {quantum.FRAMES}x{BANDS} log-mel, scaled to 0..1. The "
        f"test split is {judged['test']} clips of {speakers['test']} speakers, the validation "
        f"split {judged['val']} of {speakers['val']}; none of them was learnt from. Networks are "
        "small and learn briefly, so that there can be many: read differences, not heights.",
        "",
        f"A stage makes {quantum.FRAMES // 2}x{BANDS // 2} of 4 from it, by patches of 2x2: the "
        "circuit of one random layer (fixed), the same circuit with its angles learnt together "
        "with the network, or an "
        "ordinary convolution with bias and ReLU. The network behind them is the same, its first "
        "layer 5x5 over 4 channels. With no stage, that layer is 5x5 over the one channel there "
        "is, with stride 2; all behind it is the same again.",
        "",
        "Right of the ten words' clips, in %: mean and deviation over the seeds.",
        "",
        "| stage | int8, test | float, test | int8, validation | int8, test, all 12 labels |",
        "|---|---|---|---|---|",
    ]
    for arm in ARMS:
        columns = [("int8", "test"), ("float", "test"), ("int8", "val"), ("int8_all", "test")]
        means = (mean_of(list(by_seed(runs, arm, *keys).values())) for keys in columns)
        cells = (f"{100 * m.mean:.2f} +- {100 * m.deviation:.2f}" for m in means)
        lines.append(f"| {arm} | {' | '.join(cells)} |")
    lines += [
        "",
        "Differences seed by seed, int8, in percentage points, with the 95 % interval (Student).",
        "",
        "| difference | test | validation | |",
        "|---|---|---|---|",
    ]
    for first, second in PAIRS:
        test, val = (_difference(runs, first, second, split) for split in ("test", "val"))
        said = "none can be told" if test.is_none else "better" if test.mean > 0 else "worse"
        lines.append(f"| {first} - {second} | {_points(test)} | {_points(val)} | {said} |")
    lines += ["", _conclusion(runs)]
    lines += [
        "",
        "Cost. Microseconds are medians on one core of the machine that made this table; the "
        "quanvolution runs in NumPy in front of the int8 network, the ordinary convolution within "
        "it.",
        "",
        "| stage | its arithmetic for a window | its us | us of the int8 network | "
        "weights learnt | multiplications of the network's first layer |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_cost(runs, arm) for arm in ARMS]
    return "\n".join([*lines, "", f"![every run]({stem}.png)", ""])


def sentences(runs: Runs) -> Iterator[str]:
    """What the differences on the test split say."""
    seeds = len({run["seed"] for run in runs})
    for first, second in PAIRS:
        found = _difference(runs, first, second, "test")
        if found.is_none:
            verdict = "no difference can be told"
        else:
            verdict = "better" if found.mean > 0 else "worse"
        yield f"{first}, against {second}: {_points(found)} points over {seeds} seeds, {verdict}."


def _difference(runs: Runs, first: str, second: str, split: str) -> Mean:
    return difference(by_seed(runs, first, "int8", split), by_seed(runs, second, "int8", split))


def _conclusion(runs: Runs) -> str:
    if all(_difference(runs, first, second, "test").is_none for first, second in PAIRS):
        widest = max(_difference(runs, first, second, "test").half for first, second in PAIRS)
        return (
            "No stage differs from any other by more than seeds differ among themselves: a quantum "
            "convolution, random or trained, neither helps nor harms by anything that so many runs "
            f"can show (intervals reach {100 * widest:.1f} points to either side). What it does is "
            "cost time, and a larger first layer behind it."
        )
    told = [one for one in sentences(runs) if not one.endswith("can be told.")]
    return f"What can be told: {' '.join(told)}"


def _points(found: Mean) -> str:
    low, high = found.mean - found.half, found.mean + found.half
    return f"{100 * found.mean:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"


def _cost(runs: Runs, arm: str) -> str:
    mine = [run for run in runs if run["arm"] == arm]
    network_us = float(np.median([run["network_us"] for run in mine]))
    arithmetic, stage_us = "", "0"
    if arm in (RANDOM, TRAINED):
        counts = [operations(Quanvolution(run["circuit"], BANDS)) for run in mine]
        waves, products = (PATCHES * float(np.mean(part)) for part in zip(*counts, strict=True))
        arithmetic = f"{waves:.0f} cosines and sines, {products:.0f} multiplications"
        stage_us = f"{np.median([run['stage_us'] for run in mine]):.0f}"
    elif arm == ORDINARY:
        behind = float(np.median([run["network_us"] for run in runs if run["arm"] == RANDOM]))
        arithmetic = f"{PATCHES * 4 * OUTPUTS} multiplications"
        stage_us = f"{max(0.0, network_us - behind):.0f} (in the next column)"
    first = PATCHES * 25 * SHAPE.stem * (1 if arm == NONE else OUTPUTS)
    weights = round(float(np.mean([run["weights"] for run in mine])))
    return (
        f"| {arm} | {arithmetic or 'none'} | {stage_us} | {network_us:.0f} | {weights} | {first} |"
    )


def operations(stage: Quanvolution) -> tuple[int, int]:
    """Cosines and sines, and multiplications, for each patch."""
    form = stage.closed_form
    factors, products = len(form.factors), len(form.products)
    return factors, products + (factors + products) * form.coefficients.shape[1]


def picture(runs: Runs, path: Path) -> None:
    """Each seed a line over the four arms, and the mean of each arm with its interval."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7.5, 4.5), layout="constrained")
    for seed in sorted({run["seed"] for run in runs}):
        values = [100 * by_seed(runs, arm, "int8", "test")[seed] for arm in ARMS]
        axis.plot(range(len(ARMS)), values, "o-", lw=0.8, ms=4, alpha=0.6, label=f"seed {seed}")
    for place, arm in enumerate(ARMS):
        found = mean_of([100 * value for value in by_seed(runs, arm, "int8", "test").values()])
        axis.errorbar(
            place + 0.12, found.mean, found.half, fmt="s", color="black", capsize=4, zorder=3
        )
    axis.set_xticks(range(len(ARMS)), ARMS)
    axis.set_ylabel("right of the ten words, test, int8, %")
    axis.set_title("Same network, windows and order; black: mean and its 95 % interval", fontsize=9)
    axis.grid(alpha=0.3, axis="y")
    axis.legend(fontsize=8)
    figure.savefig(path, dpi=100)
    pyplot.close(figure)

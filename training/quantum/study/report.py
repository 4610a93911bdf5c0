"""The report of a study, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.specification import FRAMES
from training.quantum.cost import operations
from training.quantum.study.arms import ARMS, CHANNELS, NONE, ORDINARY, RANDOM, TRAINED
from training.quantum.study.paired import Mean, mean_of, paired_difference
from training.quantum.study.results import Runs, Study, by_seed
from training.sound.data.log_mel import BANDS
from training.sound.learn.network_config import TINY

PAIRS = ((RANDOM, NONE), (TRAINED, NONE), (ORDINARY, NONE), (TRAINED, RANDOM), (RANDOM, ORDINARY))
KERNEL = 25  # weights of a 5x5 kernel of the network's first layer


def report(study: Study, picture: str) -> str:
    """Return the report; `picture` is the file name of the plot."""
    lines = [
        "# Quanvolution, ordinary convolution and no stage compared",
        "",
        f"`{study.command}`",
        "",
        *_conditions(study),
        "",
        "Accuracy on the clips of the ten words in %: mean and standard deviation over the seeds.",
        "",
        *_accuracy_table(study.runs),
        "",
        "Differences of the int8 accuracy in percentage points, paired by seed, with the 95 % "
        "confidence interval (Student's t).",
        "",
        *_difference_table(study.runs),
        "",
        _conclusion(study.runs),
        "",
        "Cost. Times are medians on one core of the machine that made this table. The "
        "quanvolution runs in NumPy in front of the int8 network; the ordinary convolution is "
        "part of it.",
        "",
        *_cost_table(study),
        "",
        f"![every run]({picture})",
        "",
    ]
    return "\n".join(lines)


def difference_sentences(runs: Runs) -> Iterator[str]:
    """Yield a sentence for each pair of arms: its difference on the test split."""
    seeds = len({run["seed"] for run in runs})
    for first, second in PAIRS:
        found = _difference(runs, first, second, "test")
        points = f"{_interval(found)} percentage points over {seeds} seeds"
        yield f"{first}, compared with {second}: {points}, {_verdict(found)}."


def _conditions(study: Study) -> list[str]:
    seeds = len({run["seed"] for run in study.runs})
    evaluated, speakers = study.evaluated, study.speakers
    current = ""
    if study.frames != FRAMES:
        current = f" (the models of today have windows of {FRAMES} frames)"
    return [
        f"All networks are trained on the same {study.windows} augmented windows of {study.clips} "
        f"clips, for {study.epochs} epochs in the same order. There are {seeds} seeds of initial "
        "weights, order and circuit; all rows of a table use the same seeds. A window is a "
        f"{study.frames}x{BANDS} log-mel spectrogram, scaled to 0..1{current}. The test split has "
        f"{evaluated['test']} clips of {speakers['test']} speakers, the validation split "
        f"{evaluated['val']} clips of {speakers['val']} speakers; none of these speakers is in the "
        "training set. The networks are small and trained briefly, so that many can be compared: "
        "their differences matter, not their accuracy.",
        "",
        f"The stage turns a window into {study.frames // 2}x{BANDS // 2} values in {CHANNELS} "
        "channels, by patches of 2x2. It is the circuit of one random layer with fixed angles, the "
        "same circuit with angles that are trained together with the network, or an ordinary "
        "convolution with bias and ReLU. The network behind these three stages is the same; its "
        f"first layer is a 5x5 convolution over {CHANNELS} channels. Without a stage, the first "
        "layer is a 5x5 convolution over 1 channel with stride 2, and all other layers are the "
        "same.",
    ]


def _accuracy_table(runs: Runs) -> Iterator[str]:
    yield "| stage | int8, test | float, test | int8, validation | int8, test, all 12 labels |"
    yield "|---|---|---|---|---|"
    for arm in ARMS:
        columns = [("int8", "test"), ("float", "test"), ("int8", "val"), ("int8_all", "test")]
        means = (mean_of(list(by_seed(runs, arm, *keys).values())) for keys in columns)
        cells = (f"{100 * m.mean:.2f} +- {100 * m.deviation:.2f}" for m in means)
        yield f"| {arm} | {' | '.join(cells)} |"


def _difference_table(runs: Runs) -> Iterator[str]:
    yield "| difference | test | validation | on the test split |"
    yield "|---|---|---|---|"
    for first, second in PAIRS:
        test, val = (_difference(runs, first, second, split) for split in ("test", "val"))
        yield f"| {first} - {second} | {_interval(test)} | {_interval(val)} | {_verdict(test)} |"


def _conclusion(runs: Runs) -> str:
    differences = [_difference(runs, first, second, "test") for first, second in PAIRS]
    if not any(found.significant for found in differences):
        widest = max(found.half_width for found in differences)
        return (
            "No difference between two stages is significant: the effect of a quanvolution, random "
            "or trained, on the accuracy is too small to be seen in this number of runs (the "
            f"intervals reach {100 * widest:.1f} points to either side). It costs time, and it "
            "needs a larger first layer behind it."
        )
    sentences = [one for one in difference_sentences(runs) if "not significant" not in one]
    return f"Significant differences: {' '.join(sentences)}"


def _cost_table(study: Study) -> Iterator[str]:
    yield (
        "| stage | arithmetic of the stage, per window | time of the stage, us | "
        "time of the int8 network, us | trained weights | multiplications of the first layer |"
    )
    yield "|---|---|---|---|---|---|"
    for arm in ARMS:
        yield _cost_row(study, arm)


def _cost_row(study: Study, arm: str) -> str:
    runs = [run for run in study.runs if run["arm"] == arm]
    patches = study.frames // 2 * (BANDS // 2)
    network_us = float(np.median([run["network_us"] for run in runs]))
    arithmetic, stage_us = "none", "0"
    if arm in (RANDOM, TRAINED):
        counts = [operations(Quanvolution(run["circuit"], BANDS)) for run in runs]
        factors, products = (patches * float(np.mean(part)) for part in zip(*counts, strict=True))
        arithmetic = f"{factors:.0f} cosines and sines, {products:.0f} multiplications"
        stage_us = f"{np.median([run['stage_us'] for run in runs]):.0f}"
    elif arm == ORDINARY:
        without = [run["network_us"] for run in study.runs if run["arm"] == RANDOM]
        arithmetic = f"{patches * 4 * CHANNELS} multiplications"
        stage_us = f"{max(0.0, network_us - float(np.median(without))):.0f}"
        stage_us += " (contained in the next column)"
    first_layer = patches * KERNEL * TINY.stem * (1 if arm == NONE else CHANNELS)
    weights = round(float(np.mean([run["weights"] for run in runs])))
    return f"| {arm} | {arithmetic} | {stage_us} | {network_us:.0f} | {weights} | {first_layer} |"


def _difference(runs: Runs, first: str, second: str, split: str) -> Mean:
    accuracies = (by_seed(runs, arm, "int8", split) for arm in (first, second))
    return paired_difference(*accuracies)


def _verdict(difference: Mean) -> str:
    if not difference.significant:
        return "not significant"
    return "better" if difference.mean > 0 else "worse"


def _interval(found: Mean) -> str:
    low, high = found.mean - found.half_width, found.mean + found.half_width
    return f"{100 * found.mean:+.2f} ({100 * low:+.2f} to {100 * high:+.2f})"

"""The card of a pressure model, and its plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.model.model import Model
from training.common.card import NO_MEDICAL_DEVICE, origin_lines
from training.common.plots import figure_file
from training.pressure.config import FIRST, LAST, RATE
from training.pressure.evaluation import Evaluation
from training.pressure.windows import PressureWindows

SIMULATED = (
    "**A demonstration that learnt from simulated people.** No person was in its training set, so "
    "its pressures of real people mean nothing: see the test on real records below."
)
WARNING = (
    "Windows of one person resemble each other. If they are split at random, the same people are "
    "in both sets, and a network that recognises people seems to measure pressures. Most published "
    "figures are of such splits (arXiv 2308.02425)."
)
PAPER = (
    "For comparison, the original network with millions of weights, on random windows (Ibtehaz and "
    "others, 2020, arXiv 2005.01669): mean absolute error 5.7 mmHg systolic, 3.4 diastolic, 2.3 "
    "mean."
)
PLOTTED = 3  # windows


def model_card(
    path: Path,
    evaluations: Sequence[Evaluation],
    flattering: Evaluation | None,
    simulated: bool,
    by_person: bool,
    onnx_error: float,
) -> str:
    """The card in Markdown. `flattering` is of a random split, if one was measured."""
    model = Model.load(path)
    sections = [line for one in evaluations for line in _section(one)]
    unknown = [
        "",
        "**The file names no people**: the test windows are the last of the file, and some of "
        "their people may be trained on. These figures flatter.",
    ]
    return "\n".join(
        [
            f"# {path.stem}",
            "",
            "Estimates the waveform of the arterial pressure (ABP) from the light that a finger "
            "absorbs (PPG).",
            "",
            *([SIMULATED, ""] if simulated else []),
            NO_MEDICAL_DEVICE,
            "",
            f"- File: `{path.name}`, {path.stat().st_size} bytes with its manifest; int8 in and "
            "out, builtin operators only.",
            f"- Input: window features {model.manifest.input_hash}, 8.2 s of PPG at "
            f"{model.manifest.rate_hz} Hz in any unit; only its shape counts. Output: the pressure "
            "in mmHg at the same rate.",
            "- Network: two U-Nets, an approximation and its refinement.",
            *origin_lines(model.manifest.provenance, onnx_error),
            "",
            "## Errors",
            "",
            "Estimated minus true pressure in mmHg, of the int8 model; printed by the command "
            "above. The grades of the British Hypertension Society (BHS) go from A to D. AAMI "
            "allows a mean error of 5 and a standard deviation of 8, in 85 people or more. A "
            "constant is the mean pressure of the training set as the estimate for all windows.",
            *([] if by_person else unknown),
            "",
            *sections,
            "### Random split",
            "",
            WARNING,
            "",
            *([*flattering.table(), ""] if flattering else []),
            PAPER,
            "",
            f"![waveforms]({path.stem}.png)",
            "",
            "## Limits",
            "",
            "- The shape of a PPG does not determine the pressure: people with the same shape have "
            "different pressures. Without a calibration by a cuff, a large error remains.",
            "- A sensor that shows the light which comes through is upside down: give minus its "
            "values.",
            "- A flat line or noise gives a pressure as well.",
            "",
        ]
    )


def _section(one: Evaluation) -> list[str]:
    return [
        f"### {one.name}",
        "",
        f"{one.windows} windows of {one.people} people. Mean absolute error of the waveform: "
        f"{one.waveform:.1f} mmHg.",
        "",
        *one.table(),
        "",
    ]


def plot_waveforms(
    windows: PressureWindows, estimated: NDArray[np.floating], title: str, path: Path
) -> None:
    """True and estimated pressure of some windows, and their PPG."""
    chosen = np.linspace(0, len(windows) - 1, PLOTTED).astype(int)
    t = np.arange(FIRST, LAST) / RATE
    with figure_file(path, (12, 3.4), columns=PLOTTED) as axes:
        for axis, number in zip(axes, chosen, strict=True):
            axis.plot(t, windows.pressure[number, FIRST:LAST], label="true")
            axis.plot(t, estimated[number, FIRST:LAST], label="estimated")
            ppg = windows.ppg[number, FIRST:LAST, 0, 0]
            axis.plot(t, 40 + 8 * ppg, color="grey", linewidth=0.8, label="PPG (no unit)")
            axis.set_xlabel("s")
            axis.set_ylabel("mmHg")
        curves = axes[0].get_legend_handles_labels()
        axes[0].figure.legend(*curves, loc="outside lower center", ncols=3, fontsize=8)
        axes[1].set_title(title, fontsize=9)

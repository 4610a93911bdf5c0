"""The headers of an exported window model: window_constants.h, model.h and golden.h."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from edge.features.window.filters import taps_of
from edge.model import Model
from firmware_bridge.model_export.c_literals import (
    GENERATED,
    network_definitions,
    numbers,
    real,
    text,
)
from firmware_bridge.model_export.golden_windows import GoldenWindows


def constants_header(model: Model) -> str:
    """The features of the model as constants in C."""
    wanted, scaling = model.manifest.input, model.manifest.input["scaling"]
    sensor = wanted["sensor"]
    channels = sensor["channels"]
    taps: list[float] = []
    if wanted["filter"]:  # Python's convolution reverses the taps
        taps = taps_of(**wanted["filter"], rate=sensor["rate_hz"])[::-1].tolist()
    arrays = ""
    if taps:
        values = ", ".join(f"{tap:.17g}" for tap in taps)
        arrays += f"static const double ew_taps[EW_TAPS] = {{{values}}};\n"
    for key in ("offset", "factor"):
        if key in scaling:
            values = ", ".join(map(real, scaling[key]))
            arrays += f"static const float ew_{key}[EW_CHANNELS] = {{{values}}};\n"
    specification = json.dumps(wanted, sort_keys=True)
    return f"""\
/* {GENERATED}
 * The input of {model.path.name}: {" ".join(channels)} */
#ifndef WINDOW_CONSTANTS_H
#define WINDOW_CONSTANTS_H

#define EW_CHANNELS {len(channels)}
#define EW_RATE_HZ {sensor["rate_hz"]}
#define EW_LENGTH {wanted["length"]} /* samples of a window */
#define EW_HOP {wanted["hop"]} /* samples from one window to the next */
#define EW_CHANNELS_FIRST {int(wanted["channels_first"])}
#define EW_TAPS {len(taps)} /* of the filter; 0 for none */

#define EW_FIXED 0    /* (value - offset) * factor */
#define EW_STANDARD 1 /* minus the mean, divided by the standard deviation */
#define EW_RANGE 2    /* 0 for the smallest value, 1 for the largest */
#define EW_SCALING EW_{scaling["kind"].upper()}
#define EW_SMALL {real(scaling.get("small", 0.0))}

#define EW_INPUT_SCALE {real(model.input_scale)}
#define EW_INPUT_ZERO_POINT {model.input_zero}
#define EW_INPUT_HASH 0x{model.manifest.input_hash}ULL
#define EW_SPECIFICATION {text(specification)}

{arrays}
#endif
"""


def window_model_header(
    model: Model, network: bytes, methods: Sequence[str], output_size: int
) -> str:
    """The text of model.h: network, quantisation, labels, decision and operators."""
    settings = model.manifest.decision
    is_sequence = settings["kind"] == "sequence"
    none = settings.get("none_label")
    return f"""\
// {GENERATED}
#pragma once
#include <stdint.h>

namespace model {{

const char task[] = {text(model.manifest.task)};
constexpr int input_size = {int(np.prod(model.input_shape))};
constexpr float output_scale = {real(model.output_scale)};
constexpr int output_zero_point = {model.output_zero};
constexpr int output_size = {output_size};
constexpr int label_count = {len(model.labels)};
const char *const labels[label_count] = {{{", ".join(map(text, model.labels))}}};

// A waveform for each label, or a score for each label.
constexpr bool is_sequence = {str(is_sequence).lower()};
// A value of a waveform is offset + factor * output; those from first to last - 1 are new.
constexpr float offset = {real(settings.get("offset", 0.0))};
constexpr float factor = {real(settings.get("factor", 1.0))};
constexpr int first = {settings.get("first", 0)};
constexpr int last = {settings.get("last", settings.get("count", 1))};
// A label is detected if the score of all labels but none_label (-1: there is none) reaches this.
constexpr float threshold = {real(settings.get("threshold", 0.0))};
constexpr int none_label = {-1 if none is None else model.labels.index(none)};

{network_definitions(network, methods)}
}}  // namespace model
"""


def golden_windows_header(golden: GoldenWindows) -> str:
    """The text of golden.h: samples, and the model's input and output for each window of them."""
    samples = ", ".join(map(real, golden.samples.reshape(-1).tolist()))
    return f"""\
// {GENERATED}
#pragma once
#include <stdint.h>

namespace golden {{

// Consecutive samples, one after the other, with all of their channels.
constexpr int sample_count = {len(golden.samples)};
const float samples[] = {{{samples}}};
constexpr int window_count = {len(golden.inputs)};
const int8_t inputs[] = {{
{numbers(golden.inputs.reshape(-1).tolist())}}};
const int8_t outputs[] = {{
{numbers(golden.outputs.reshape(-1).tolist())}}};

}}  // namespace golden
"""

"""The C++ headers of an exported model: the network with what belongs to it, and golden strokes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np

from edge.model import Model
from firmware_bridge.golden import Golden

WIDTH = 96  # of a line of numbers


def model_header(model: Model, network: bytes, resolver_methods: Sequence[str]) -> str:
    manifest = model.manifest
    none = manifest.decision.get("none")
    labels = ", ".join(_text(label) for label in model.labels)
    added = "\n".join(f"  resolver.{method}();" for method in resolver_methods)
    specification = json.dumps(manifest.input, sort_keys=True)
    return f"""\
// Made by python -m firmware_bridge.export from {model.path.name}: do not edit.
#pragma once
#include <stdint.h>

namespace model {{

const char task[] = {_text(manifest.task)};

// What the input is made of; the hash is of this specification, and the es_ files carry it too.
const char input_specification[] =
    {_text(specification)};
constexpr uint64_t input_hash = 0x{manifest.input_hash}ULL;

constexpr int input_size = {int(np.prod(model.input_shape))};
constexpr float input_scale = {_real(model.input_scale)};
constexpr int input_zero_point = {model.input_zero};
constexpr float output_scale = {_real(model.output_scale)};
constexpr int output_zero_point = {model.output_zero};

constexpr int label_count = {len(model.labels)};
const char *const labels[label_count] = {{{labels}}};
constexpr int none = {model.labels.index(none) if none in model.labels else -1};  // of the labels
constexpr float threshold = {_real(manifest.decision["threshold"])};  // of being any label at all

constexpr int operation_count = {len(resolver_methods)};

template <class Resolver>
void add_operations(Resolver &resolver) {{
{added}
}}

constexpr unsigned network_size = {len(network)};
alignas(16) const unsigned char network[network_size] = {{
{_numbers(network)}}};

}}  // namespace model
"""


def golden_header(strokes: Sequence[Golden]) -> str:
    arrays = "\n".join(_golden_arrays(number, stroke) for number, stroke in enumerate(strokes))
    table = "\n".join(
        f"    {{samples_{k}, {len(stroke.time_us)}, input_{k}, answer_{k}, {stroke.label}}},"
        for k, stroke in enumerate(strokes)
    )
    return f"""\
// Made by python -m firmware_bridge.export: do not edit.
#pragma once
#include <stdint.h>

namespace golden {{

struct Sample {{
  uint32_t time_us;
  int16_t counts[6];  // ax, ay, az, gx, gy, gz
}};

struct Stroke {{
  const Sample *samples;  // the last one completes the stroke
  int count;
  const int8_t *input;   // of the model
  const int8_t *answer;  // of the model
  int label;             // that is recognised; -1 for none
}};

{arrays}
constexpr int stroke_count = {len(strokes)};
const Stroke strokes[stroke_count] = {{
{table}
}};

}}  // namespace golden
"""


def _golden_arrays(number: int, stroke: Golden) -> str:
    rows = zip(stroke.time_us.tolist(), stroke.counts.tolist(), strict=True)
    samples = "".join(f"    {{{t}, {{{', '.join(map(str, row))}}}}},\n" for t, row in rows)
    return (
        f"const Sample samples_{number}[] = {{\n{samples}}};\n"
        f"const int8_t input_{number}[] = {{\n{_numbers(stroke.levels.reshape(-1).tolist())}}};\n"
        f"const int8_t answer_{number}[] = {{\n{_numbers(stroke.answer.tolist())}}};\n"
    )


def _numbers(values: Iterable[int]) -> str:
    lines, line = [], "   "
    for value in values:
        if len(line) + len(f" {value},") > WIDTH:
            lines.append(line + "\n")
            line = "   "
        line += f" {value},"
    return "".join(lines) + line + "\n"


def _real(value: float) -> str:
    """The float32 itself: nine digits tell any two apart."""
    digits = f"{np.float32(value):.9g}"
    return digits + ("f" if any(c in digits for c in ".e") else ".0f")


def _text(text: str) -> str:
    """A C string of whatever a manifest may hold."""
    escaped = ""
    for byte in text.encode():
        plain = chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"
        escaped += f"\\{plain}" if plain in '"\\' else plain
    return f'"{escaped}"'

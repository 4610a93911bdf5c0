"""The presentation of records: a terminal of 80 columns with legends, and Markdown."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bench.report.columns import (
    MODEL_LEGEND,
    MODELS,
    OPERATOR_LEGEND,
    OPERATORS,
    PIPELINE_LEGEND,
    PIPELINES,
)
from edge.bench.report.markdown import as_markdown
from edge.bench.report.terminal import WIDTH, as_text


def model_row(model: str = "airdigit.tflite", runtime: str = "ai_edge_litert", scale=1.0) -> dict:
    """`scale` multiplies the measured times."""
    percentiles = {"p5": 5.65, "p50": 5.89, "p95": 6.29, "p99": 12.0, "deviation": 456.0}
    return {
        "model": model,
        "runtime": runtime,
        "runtime_version": "2.3.0",
        "latency_us": {name: value * scale for name, value in percentiles.items()},
        "cpu_us": 6.38 * scale,
        "first_us": 111.0 * scale,
        "cold_start_ms": 255.0 * scale,
        "peak_mb": 42.7,
        "bytes": 37136,
        "macs": 420_000,
        "share_of_peak": 0.102,
        "inputs": "16 windows of a simulated hand",
        "wrapper_us": 4.6,
        "agreement": {"levels": 3, "apart": 0.01},
        "profile": {
            "method": "time differences of shortened models",
            "operators": [
                {"name": "CONV_2D", "us": 2.27 * scale, "macs": 71_700},
                {"name": "STABLEHLO_DYNAMIC_UPDATE_SLICE" * 3, "us": 0.5 * scale, "macs": None},
            ],
        },
        "warnings": ["other processes used the processor for 65% of the time"],
    }


def pipeline_row(signal: str, pipeline: str = "airdigit", scale: float = 1.0) -> dict:
    return {
        "pipeline": pipeline,
        "signal": signal,
        "runtime": "ai_edge_litert",
        "runtime_version": "2.3.0",
        "cpu_ms_per_s": 0.82 * scale,
        "real_time_factor": 0.00171 * scale,
        "fit_on_one_core": 1226,
        "stages_ms": {"source": 0.1, "features": 0.6, "model": 0.1, "decision": 0.1, "sink": 0.1},
        "delay_ms": {"p50": 281.0, "p95": 370.0} if signal == "active" else None,
        "marks": 11,
        "right": 11,
        "wrong": 0,
        "extra": 0,
        "ready_ms": 279.0 * scale,
        "peak_mb": 45.6,
        "warnings": [],
    }


def record(*models: dict, pipelines: tuple[dict, ...] = ()) -> dict:
    state = {
        "time": "2026-01-01T00:00:00+00:00",
        "governors": ["ondemand"],
        "temperature_c": 48.0,
        "load": 0.1,
    }
    return {
        "machine": {
            "board": "Raspberry Pi 4 Model B Rev 1.4",
            "cores": 4,
            "cpu": "Cortex-A72",
            "system": "Debian GNU/Linux 12 (bookworm)",
            "python": "CPython 3.11.7",
        },
        "before": state,
        "after": copy.deepcopy(state),
        "settings": {"threads": 1},
        "models": list(models),
        "pipelines": list(pipelines),
        "int8_peak_macs_per_s": {"ai_edge_litert": 6.97e11},
        "warnings": ["the machine was not idle: its load was 7.72 before the benchmark"],
    }


RUNTIMES = ("ai_edge_litert", "tflite_runtime", "tensorflow", "onnxruntime")
EVERYTHING = record(
    *(model_row(runtime=runtime) for runtime in RUNTIMES),
    model_row("kws.tflite"),
    {"model": "gone.tflite", "runtime": "ai_edge_litert", "error": "gone.tflite cannot be read"},
    pipelines=(pipeline_row("active"), pipeline_row("idle")),
)


def longest_line(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_text_of_all_runtimes_fits_the_terminal():
    assert longest_line(as_text(EVERYTHING)) <= WIDTH == 80


def test_names_and_figures_of_usual_length_are_not_shortened():
    text = as_text(record(*EVERYTHING["models"][:5], pipelines=tuple(EVERYTHING["pipelines"])))
    for row in EVERYTHING["models"][:5]:
        assert row["model"] in text
        assert f"  {row['runtime']} 2.3.0  " in text
    for name in ("5.65", "5.89", "6.29", "12.0", "456", "6.38", "111", "0.42", "10.2%", "3 levels"):
        assert f" {name}" in text


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=120),
    scale=st.floats(0.001, 2000),
)
def test_text_fits_the_terminal_with_any_name_and_slow_models(name, scale):
    slow = record(
        model_row(f"{name}.tflite", scale=scale),
        {"model": name, "runtime": "tensorflow", "error": f"{name} cannot be read: {name}"},
        pipelines=(pipeline_row("active", name, scale), pipeline_row("idle", name, scale)),
    )
    assert longest_line(as_text(slow)) <= WIDTH


@pytest.mark.parametrize(
    ("headings", "legend"),
    [  # without the names, which need no legend
        ([*MODELS][2:], MODEL_LEGEND),
        ([*PIPELINES][2:], PIPELINE_LEGEND),
        (OPERATORS[1:], OPERATOR_LEGEND),
    ],
)
def test_legend_explains_each_column(headings, legend):
    terms = " ".join(legend).replace("source ... sink", "source features model decision sink")
    for heading in headings:
        assert set(heading.split()) <= set(terms.replace(",", "").split()), heading


def test_legend_stands_below_the_tables_of_its_columns():
    lines = as_text(record(model_row())).splitlines()
    (table,) = (n for n, line in enumerate(lines) if line.startswith("Models: start"))
    (legend,) = (n for n, line in enumerate(lines) if line.startswith("  p5, p50, p95, p99  "))
    assert legend > table
    assert lines[legend].endswith("5, 50, 95 and 99 % of inferences took at most this long, us")
    assert not any("ms/s" in line for line in lines)  # no legend for pipelines


def test_markdown_has_all_columns_in_one_table():
    text = as_markdown(EVERYTHING)
    assert f"| {' | '.join(MODELS)} |" in text and f"| {' | '.join(PIPELINES)} |" in text
    assert f"|  | {' | '.join(OPERATORS)} |" in text
    assert "- gone.tflite on ai_edge_litert: error: gone.tflite cannot be read" in text
    row = "| airdigit.tflite | ai_edge_litert 2.3.0 | 5.89 | 5.65 | 6.29 | 12.0 | 456 | 6.38 | 111 "
    assert row + "| 255 | 42.7 | 37.1 | 0.42 | 10.2% | 3 levels |" in text

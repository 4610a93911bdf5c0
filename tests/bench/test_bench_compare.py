"""`edge-bench compare`: the differences between two records, and the exit status."""

from __future__ import annotations

import copy
import json
import os
import re

import numpy as np
import pytest

from edge.bench.record import FORMAT
from edge.bench.report.compare import compare_rows, different_conditions, unmatched_rows
from edge.commands.edge_bench import main
from edge.text import MAX_LINE


def block_medians(median: float, seed: int) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    return [(median * rng.normal(1, 0.01, 40)).tolist() for _ in range(5)]


def record(p50: float = 10.0, cpu: float = 2.0, seed: int = 0, **machine: str) -> dict:
    return {
        "format": FORMAT,
        "machine": {"board": "A Board", "cpu": "A CPU", "packages": {"numpy": "2.0"}, **machine},
        "settings": {"threads": 1, "processes": 5},
        "models": [
            {
                "model": "m.tflite",
                "runtime": "ai_edge_litert",
                "threads": 1,
                "sha256": "00",
                "blocks": block_medians(p50, seed),
            }
        ],
        "pipelines": [
            {
                "pipeline": "airdigit",
                "signal": "active",
                "runtime": "ai_edge_litert",
                "blocks": block_medians(cpu, seed + 1),
            }
        ],
        "warnings": [],
    }


def verdicts(a: dict, b: dict) -> list[str]:
    return [difference.verdict for difference in compare_rows(a, b)]


NO_DIFFERENCE = "no difference beyond the noise"


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        (record(seed=9), [NO_DIFFERENCE, NO_DIFFERENCE]),
        (record(p50=11, seed=9), ["slower", NO_DIFFERENCE]),
        (record(cpu=1.5, seed=9), [NO_DIFFERENCE, "faster"]),
    ],
)
def test_compare_gives_a_verdict_for_each_row(b, expected):
    assert verdicts(record(), b) == expected


def test_swapped_records_give_the_opposite_verdict():
    assert verdicts(record(p50=11, seed=9), record()) == ["faster", NO_DIFFERENCE]


def test_unmatched_rows_names_rows_that_failed_or_are_missing():
    a, b = record(), record()
    a["models"].append(
        {"model": "x.tflite", "runtime": "tensorflow", "threads": 1, "blocks": [[1]]}
    )
    b["models"][0] = {**b["models"][0], "error": "it crashed"}
    del b["models"][0]["blocks"]
    assert list(unmatched_rows(a, b)) == [
        "m.tflite on ai_edge_litert failed in the second record: it crashed",
        "x.tflite on tensorflow is not in the second record",
    ]
    assert len(verdicts(a, b)) == 1


def test_different_conditions_names_changes_of_machine_and_settings():
    a = record()
    b = record(board="B Board", packages={"numpy": "2.1", "onnx": "1"})
    b["settings"]["threads"] = 4
    assert list(different_conditions(a, b)) == [
        "board: A Board and B Board",
        "numpy: 2.0 and 2.1",
        "onnx: None and 1",
        "threads: 1 and 4",
    ]
    assert list(different_conditions(a, copy.deepcopy(a))) == []


@pytest.fixture
def files(tmp_path):
    def write(*records) -> list[str]:
        paths = [tmp_path / f"{number}.json" for number in range(len(records))]
        for path, content in zip(paths, records, strict=True):
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return [str(path) for path in paths]

    return write


def test_command_prints_difference_interval_and_verdict(files, capsys):
    b = record(p50=12, seed=9, board="B Board")
    b["models"][0]["sha256"] = "11"
    b["warnings"] = ["the machine was not idle"]
    assert main(["compare", *files(record(), b)]) == 0
    out = capsys.readouterr().out
    assert "board: A Board and B Board" in out
    assert "Warning of the second record: the machine was not idle" in out
    line = next(line for line in out.splitlines() if line.startswith("m.tflite"))
    assert re.fullmatch(
        r"m\.tflite on ai_edge_litert: [\d.]+ -> 1[12]\.\d us, \+(19|20)\.\d% "
        r"\(\+1\d\.\d% to \+2\d\.\d%\): slower \(not the same model file\)",
        line,
    )


def test_command_warns_about_few_processes(files, capsys):
    few = record()
    few["settings"]["processes"] = 3
    assert main(["compare", *files(few, record())]) == 0
    assert "With few processes" in capsys.readouterr().out
    assert main(["compare", *files(record(), record())]) == 0
    assert "With few processes" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("p50", "limit", "status"), [(12, "10", 1), (12, "30", 0), (10, "0", 0), (8, "0", 0)]
)
def test_fail_if_slower_ignores_differences_within_the_noise(files, p50, limit, status):
    paths = files(record(), record(p50=p50, seed=9))
    assert main(["compare", *paths, "--fail-if-slower", limit]) == status


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"machine": 1}',
        json.dumps({**record(), "models": None}),
        "[" * 9999,
        json.dumps({**record(), "models": [{}]}),
        json.dumps({**record(), "pipelines": [7]}),
        json.dumps({**record(), "models": [{**record()["models"][0], "blocks": [["x"]]}]}),
    ],
)
def test_file_that_is_not_a_record_is_refused(files, capsys, content):
    assert main(["compare", *files(record(), content)]) == 1
    err = capsys.readouterr().err
    assert "is not a record of edge-bench" in err and err.count("\n") == 1


def test_record_of_another_format_is_refused(files, capsys):
    assert main(["compare", *files(record(), {**record(), "format": 99})]) == 1
    assert "has format 99" in capsys.readouterr().err


def test_missing_record_is_named(capsys):
    assert main(["compare", "/nowhere/a.json", "/nowhere/b.json"]) == 1
    assert "/nowhere/a.json does not exist" in capsys.readouterr().err


def test_a_file_that_never_ends_and_one_that_is_too_large_are_refused(tmp_path, capsys):
    assert main(["compare", "/dev/zero", "/dev/zero"]) == 1
    assert "/dev/zero is not a regular file" in capsys.readouterr().err
    large = tmp_path / "large.json"
    large.touch()
    os.truncate(large, 1 << 31)
    assert main(["compare", str(large), str(large)]) == 1
    assert "has 2048 MB, but a record of edge-bench has 16 MB at most" in capsys.readouterr().err


def test_names_in_records_reach_the_terminal_without_control_characters(tmp_path, capsys):
    hostile = record(board="\x1b]0;title\x07" + "x" * 10**6)
    hostile["models"][0]["model"] = "\x1b[2J\nm.tflite"
    hostile["warnings"] = ["\x9b31m" * 10**5]
    for name, content in {"a": record(), "b": hostile}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    assert main(["compare", str(tmp_path / "a.json"), str(tmp_path / "b.json")]) == 0
    out = capsys.readouterr().out
    assert r"\x1b]0;title\x07" in out and r"\x1b[2J\nm.tflite" in out
    assert not set(out) & {"\x1b", "\x9b", "\x07"}
    assert max(map(len, out.splitlines())) <= MAX_LINE

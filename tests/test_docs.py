"""The documents name only what exists: links, paths, commands, options and Python names."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from edge.model import read_manifest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "firmware_bridge" / "README.md",
]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
MAX_README_WORDS = 1050
TOP_FOLDERS = (
    "docs",
    "edge",
    "examples",
    "firmware_bridge",
    "models",
    "tests",
    "tools",
    "training",
)
# The folder to which the short paths of a table column are relative.
SHORT_PATHS = {
    "docs/training.md": ("training/sound", "training/motion", "training/quantum"),
    "docs/architecture.md": (
        *(f"edge/{name}" for name in ("source", "features", "model", "decision", "sink", "api")),
        *(f"edge/{name}" for name in ("commands", "cli", "formats", "takes", "simulation")),
        *("edge", "edge/bench", "edge/source/serial", "training", "training/sound"),
        *("training/sound/learn", "firmware_bridge", "examples/plugin"),
        *("edge/features/sound", "edge/features/quantum"),
    ),
    "firmware_bridge/README.md": (
        *("firmware_bridge", "firmware_bridge/EdgeSense/src", "firmware_bridge/simulated_board"),
    ),
}
MADE_BY_USERS = ("mine", "upgraded", "new", "take", "talk", "old", "record", "noise", "my_", "a.")
CONSOLE_COMMANDS = re.findall(
    r"^    ([\w-]+) = edge\.commands", (ROOT / "setup.cfg").read_text(), re.M
)
MODULE_COMMAND = re.compile(r"python -m ((?:edge|firmware_bridge|tools|training)[\w.]*)")
# These build or generate files and take no options.
WITHOUT_HELP = {"firmware_bridge.build", "firmware_bridge.protocol_header"} | {
    "firmware_bridge.preprocessing"
}
PLUGIN_OPTIONS = {"--tone", "--bell", "--ble"}  # of examples/plugin, and of one in a text
NEEDS_TENSORFLOW = (
    *("training.airdigit", "training.kws", "training.sounddigit", "training.qcnn"),
    "training.ecg",
    "training.urbansound",
    "training.ppg2abp",
    *("training.word_embedding", "training.enroll_figures"),
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text()


def code_of(name: str) -> list[str]:
    """All code in a document: inline code, indented blocks and fenced blocks, line by line."""
    text = text_of(name)
    fenced = re.findall(r"^```.*?\n(.*?)^```$", text, re.M | re.S)
    text = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    indented = re.findall(r"^ {4,}(\S.*)$", text, re.M)
    inline = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]
    return [*inline, *indented, *(line for block in fenced for line in block.splitlines())]


def python_blocks(name: str) -> list[tuple[str, str]]:
    """The Python blocks of a document, each with what follows "python" in its first line."""
    return re.findall(r"^```python *(.*?)\n(.*?)^```$", text_of(name), re.M | re.S)


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files_and_headings(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(name)):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        assert path.exists(), target
        if anchor:
            assert anchor in anchors(path.read_text()), target


def anchors(markdown: str) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", markdown, re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("name", NAMES)
def test_paths_exist(name: str) -> None:
    missing = [path for path in sorted(set(paths_in(name))) if not path_exists(path, name)]
    assert not missing


def paths_in(name: str) -> Iterator[str]:
    """What looks like a path of this project in the code of a document."""
    for code in code_of(name):
        for word in code.replace("=", " ").split():
            word = word.strip(",;:'\"()[]")
            parts = word.rstrip("/").split("/")
            is_path = parts[0] in TOP_FOLDERS and len(parts) > 1
            if is_path or re.fullmatch(r"[\w/]+\.(py|md|h|cfg|c)", word):
                yield word


def path_exists(path: str, name: str) -> bool:
    if path.split("/")[-1].startswith(MADE_BY_USERS):
        return True
    folders = ("", *SHORT_PATHS.get(name, ()))
    return any((ROOT / folder / path).exists() for folder in folders)


def commands_in(name: str) -> Iterator[tuple[str, list[str]]]:
    """Each command in the code of a document, and its options."""
    for code in code_of(name):
        code = code.split("  #")[0]
        for part in re.split(r"[|;&]", code.removeprefix("$ ")):
            part = part.strip()
            module = re.match(MODULE_COMMAND, part)
            command = module[1] if module else part.split(" ")[0]
            if module or command in CONSOLE_COMMANDS:
                try:
                    words = shlex.split(part)
                except ValueError:  # an apostrophe in a sentence
                    words = part.split()
                if "--" in words:  # edge-service install COMMAND -- OPTIONS OF IT
                    separator = words.index("--")
                    yield words[2], _options(words[separator + 1 :])
                    words = words[:separator]
                yield command, _options(words)


def _options(words: list[str]) -> list[str]:
    return [word.split("=")[0] for word in words if word.startswith("--")]


@cache
def help_of(command: str) -> str:
    """The text of --help; the command must exit with 0."""
    if command in CONSOLE_COMMANDS:
        function = command.replace("-", "_")
        program = (
            f"import sys; from edge.commands.start import {function} as main; sys.exit(main())"
        )
        line = [sys.executable, "-c", program, "--help"]
    else:
        line = [sys.executable, "-m", command, "--help"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EDGE")}
    done = subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_commands_have_the_options_that_documents_name(name: str) -> None:
    tensorflow = importlib.util.find_spec("tensorflow") is not None
    for command, options in commands_in(name):
        if command in WITHOUT_HELP:
            assert importlib.util.find_spec(command), command
        elif tensorflow or not command.startswith(NEEDS_TENSORFLOW):
            expected = set(options) - PLUGIN_OPTIONS
            assert not [option for option in expected if option not in help_of(command)], command


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_exist(name: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for code in code_of(name):
        if target := re.match(r"make (\w+)", code):
            assert re.search(rf"^{target[1]}:", makefile, re.M), code


@pytest.mark.parametrize("name", NAMES)
def test_names_in_python_blocks_exist(name: str) -> None:
    for _, block in python_blocks(name):
        tree = ast.parse(block)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                module = importlib.import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names), ast.unparse(node)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "edge":
                assert hasattr(importlib.import_module("edge"), node.attr), ast.unparse(node)


@pytest.mark.parametrize("name", ["README.md", "docs/python.md", "docs/models.md"])
def test_python_blocks_run(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one namespace, one after another, except those that need hardware."""
    monkeypatch.chdir(ROOT)
    namespace: dict[str, object] = {}
    for kind, block in python_blocks(name):
        if kind != "hardware":
            exec(compile(block, name, "exec"), namespace)
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_modules_named_in_inline_code_exist(name: str) -> None:
    for code in code_of(name):
        if re.fullmatch(r"(edge|training|tools)(\.[a-z_]+)+", code) and name != "CHANGELOG.md":
            module, _, last = code.rpartition(".")
            is_module = importlib.util.find_spec(module) and importlib.util.find_spec(code)
            assert is_module or hasattr(importlib.import_module(module), last), code


def test_the_readme_is_short() -> None:
    words = [word for word in text_of("README.md").split() if re.search(r"\w", word)]
    assert len(words) <= MAX_README_WORDS


def test_every_key_of_the_manifests_is_described() -> None:
    described = set(re.findall(r"[A-Za-z_]+", " ".join(code_of("docs/models.md"))))
    for path in (ROOT / "models").glob("*.tflite"):
        manifest = read_manifest(path)
        keys = {*vars(manifest), *keys_of(manifest.input), *keys_of(manifest.provenance, 1)}
        decision = dict(manifest.decision)
        for by_word in ("thresholds", "recording_thresholds", "strict_words"):
            decision.pop(by_word, None)
        keys |= {*keys_of(decision), "thresholds", "strict_words"}
        assert not keys - described, path.name


def keys_of(value: object, depth: int = 9) -> Iterator[str]:
    """The keys of nested dictionaries and lists."""
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield key
            yield from keys_of(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner, depth)


def test_results_name_every_shipped_model_and_a_command_for_each_section() -> None:
    text = text_of("docs/results.md")
    for path in (ROOT / "models").glob("*.tflite"):
        assert f"`{path.stem}`" in text and f"{path.stat().st_size} bytes" in text
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        assert re.search(r"python -m|edge-bench|The training prints", section), section[:40]

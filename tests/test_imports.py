"""Every module imports by itself, and no package imports one that stands above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEVICE = sorted(ROOT.glob("edge/**/*.py"))
HEAVY = {"tensorflow", "keras", "librosa", "scipy", "matplotlib", "training", "tools"}


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


@pytest.mark.parametrize("path", DEVICE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_device_side_imports_nothing_heavy(path: Path) -> None:
    tops = {name.split(".")[0] for name in imported(path)}
    allowed = {"matplotlib"} if path.parts[-3:-1] == ("bench", "report") else set()
    assert not tops & (HEAVY - allowed)


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {}
    for folder in ("edge", "training", "firmware_bridge", "tools"):
        for path in ROOT.glob(f"{folder}/**/*.py"):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            modules[name.removesuffix(".__init__")] = path
    graph = {
        name: {
            target
            for target in at_import(path)
            if target in modules and target != name and not name.startswith(f"{target}.")
        }
        for name, path in modules.items()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*way, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def at_import(path: Path) -> set[str]:
    """What the module imports when it is imported itself: not in functions, not for types."""
    found: set[str] = set()

    def collect(nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and node.module:
                found.update({node.module}, {f"{node.module}.{n.name}" for n in node.names})
            elif isinstance(node, ast.Import):
                found.update(name.name for name in node.names)
            elif isinstance(node, (ast.Try, ast.ClassDef)):
                collect(node.body)

    collect(ast.parse(path.read_text()).body)
    return found

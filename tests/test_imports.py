"""Which modules may import which: no cycles, no upward imports, nothing heavy on the device."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("edge", "training", "firmware_bridge", "tools")
HEAVY = {"tensorflow", "keras", "librosa", "scipy", "matplotlib"}
NOT_ON_DEVICE = {"training", "tools", "tests", "firmware_bridge"}

# The packages and modules of `edge` from bottom to top: each imports only those that precede it.
# `edge` itself (edge/__init__.py) is the entry for programs and imports lazily.
EDGE_LAYERS = (
    *(
        "errors",
        "text",
        "fields",
        "child_process",
        "console",
        "samples",
        "registry",
        "controls",
        "usage",
        "events",
        "resample",
    ),
    *(
        "formats",
        "tflite",
        "features",
        "decision",
        "model",
        "simulation",
        "source",
        "sink",
        "chain",
        "fleet",
        "wyoming",
    ),
    *("takes", "enroll", "doctor", "bench", "api", "convert", "page", "cli", "service", "commands"),
)
# The packages of `training`, likewise; the modules beside them are commands, which import all.
TRAINING_LAYERS = ("common", "motion", "sound", "quantum", "heart", "urban", "pressure")


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for folder in FOLDERS for path in ROOT.glob(f"{folder}/**/*.py")}


@cache
def all_imports(path: Path) -> set[str]:
    """The names that a module imports anywhere: also in functions, and for types only."""
    return imported_names(
        [
            node
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, (ast.Import, ast.ImportFrom))
        ]
    )


def imports_on_import(path: Path) -> set[str]:
    """The names that are imported when the module is imported: not in functions or for types."""
    return imported_names(ast.parse(path.read_text()).body)


def imported_names(statements: list[ast.stmt]) -> set[str]:
    names: set[str] = set()
    for node in statements:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, (ast.Try, ast.ClassDef)):
            names |= imported_names(node.body)
    return names


def modules_of(package: str) -> list[str]:
    return sorted(name for name in MODULES if name.startswith(f"{package}."))


@pytest.mark.parametrize("name", ["edge", *modules_of("edge")])
def test_a_module_of_edge_imports_only_packages_of_the_device(name: str) -> None:
    imported = {module.split(".")[0] for module in all_imports(MODULES[name])}
    allowed = {"matplotlib"} if name.startswith("edge.bench.report.") else set()
    if name.startswith("edge.convert."):  # loaded by edge-convert alone, which needs an extra
        allowed = {"tensorflow", "keras"}
    assert not imported & (HEAVY | NOT_ON_DEVICE) - allowed


@pytest.mark.parametrize("name", modules_of("edge"))
def test_a_module_of_edge_imports_only_layers_below_its_own(name: str) -> None:
    assert imports_above(name, EDGE_LAYERS) == []


@pytest.mark.parametrize("name", modules_of("training"))
def test_a_module_of_training_imports_only_layers_below_its_own(name: str) -> None:
    if name.split(".")[1] in TRAINING_LAYERS:
        assert imports_above(name, TRAINING_LAYERS) == []
    imported = {module.split(".")[0] for module in all_imports(MODULES[name])}
    assert not imported & (NOT_ON_DEVICE - {"training"})


def test_every_package_has_a_layer() -> None:
    assert {name.split(".")[1] for name in modules_of("edge")} == set(EDGE_LAYERS)
    folders = {path.parent.name for path in ROOT.glob("training/*/__init__.py")}
    assert folders == set(TRAINING_LAYERS)


def imports_above(name: str, layers: tuple[str, ...]) -> list[str]:
    """The modules of the same project folder that `name` imports from layers above its own."""
    folder, layer = name.split(".")[:2]
    below = layers[: layers.index(layer) + 1]
    return sorted(
        module
        for module in all_imports(MODULES[name]) & MODULES.keys()
        if module.startswith(f"{folder}.") and module.split(".")[1] not in below
    )


def test_no_modules_import_each_other_in_a_cycle() -> None:
    graph = {
        name: {
            module
            for module in imports_on_import(path)
            if module in MODULES and module != name and not name.startswith(f"{module}.")
        }
        for name, path in MODULES.items()
    }
    visited: set[str] = set()

    def visit(name: str, route: tuple[str, ...]) -> None:
        assert name not in route, " -> ".join([*route[route.index(name) :], name])
        if name not in visited:
            for module in sorted(graph[name]):
                visit(module, (*route, name))
            visited.add(name)

    for name in sorted(graph):
        visit(name, ())

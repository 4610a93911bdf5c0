"""The file of pinned versions, from reports of pip."""

from __future__ import annotations

from typing import Any

from tools.lock_dependencies import HEADER, pins_of, render


def report(python: str, numpy: str) -> dict[str, Any]:
    """What pip reports for a project that requires numpy, and typing only on old Pythons."""

    def item(name: str, version: str, *requires: str, extras: tuple[str, ...] = ()) -> Any:
        metadata = {"name": name, "version": version, "requires_dist": list(requires)}
        return {"metadata": metadata, "requested_extras": list(extras)}

    items = [
        item("edge-sense", "1", "NumPy>=1", 'pytest; extra == "test"', extras=("test",)),
        item("numpy", numpy),
        item("pytest", "9", 'typing_ext; python_version < "3.11"', 'x; extra == "dev"'),
    ]
    if python == "3.10":
        items.append(item("typing.ext", "4"))
    return {"install": items, "environment": {"python_version": python}}


def lines(*reports: dict[str, Any]) -> list[str]:
    pins = {one["environment"]["python_version"]: pins_of(one) for one in reports}
    return render(pins).removeprefix(HEADER).splitlines()


def test_each_version_has_its_pythons_and_its_reason():
    assert lines(report("3.10", "2.2"), report("3.11", "2.4"), report("3.12", "2.4")) == [
        'numpy==2.2 ; python_version <= "3.10"  # required by edge-sense',
        'numpy==2.4 ; python_version >= "3.11"  # required by edge-sense',
        "pytest==9  # required by edge-sense[test]",
        'typing-ext==4 ; python_version <= "3.10"  # required by pytest',
    ]


def test_a_version_of_single_pythons_names_them():
    reports = [report(f"3.{minor}", "2.2" if minor != 11 else "2.3") for minor in (10, 11, 12)]
    found = [line for line in lines(*reports) if line.startswith("numpy")]
    assert found[0].startswith(
        'numpy==2.2 ; python_version == "3.10" or python_version == "3.12"  # '
    )
    assert found[1].startswith('numpy==2.3 ; python_version == "3.11"  # ')

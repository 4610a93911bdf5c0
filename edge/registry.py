"""Tables from names to classes that are imported only when they are used.

A Pi that reads a serial port should not load, or even have installed, what a microphone needs. A
package of your own adds entries to a table through an entry point of the table's group:

    [options.entry_points]
    edge_sense.sources =
        ble = my_package.ble:BleSource

Entry points are looked up only for names that the table itself lacks, since reading the metadata
of all installed packages takes tens of milliseconds on a Pi.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any


class Registry(dict[str, str]):
    """Name -> "module:Class" of one kind of part. Iterating shows the entries of the table itself,
    without those of installed packages."""

    def __init__(self, group: str, entries: Mapping[str, str]) -> None:
        super().__init__(entries)
        self.group = group

    def __missing__(self, name: str) -> str:
        return self.plugins()[name]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.plugins()

    def __or__(self, entries: Mapping[str, str]) -> Registry:  # type: ignore[override]
        return Registry(self.group, {**self, **entries})

    def load(self, name: str) -> Any:
        """Import and return the class of that name; KeyError if no package offers one."""
        module, _, attribute = self[name].partition(":")
        return getattr(import_module(module), attribute)

    def plugins(self) -> dict[str, str]:
        """The entries that installed packages offer; nothing of them is imported."""
        from importlib.metadata import entry_points

        return {point.name: point.value for point in entry_points(group=self.group)}

    def with_plugins(self) -> Registry:
        """This table and the entries of installed packages; the table's own names win."""
        return Registry(self.group, {**self.plugins(), **self})

"""Tables that map names to classes, which are imported only when they are used.

A Pi that reads a serial port should not load, or need to install, the packages for a microphone. A
package of your own adds an entry to a table with an entry point in the group of the table:

    [options.entry_points]
    edge_sense.sources =
        ble = my_package.ble:BleSource

Entry points are looked up only for names that are not in the table, because to read the metadata
of all installed packages takes tens of milliseconds on a Pi.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from typing import Any


class Registry(dict[str, str]):
    """Maps names to "module:Class". Iteration gives the entries of the table, without plugins."""

    def __init__(self, group: str, entries: Mapping[str, str]) -> None:
        super().__init__(entries)
        self.group = group

    def __missing__(self, name: str) -> str:
        return self.plugins()[name]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self.plugins()

    def __or__(self, entries: Mapping[str, str]) -> Registry:  # type: ignore[override]
        return Registry(self.group, {**self, **entries})

    def only(self, names: Collection[str | None]) -> Registry:
        """The entries of the table with these names."""
        return Registry(self.group, {name: self[name] for name in self if name in names})

    def load(self, name: str) -> Any:
        """Import and return the class with that name; KeyError if no package provides it."""
        module, _, attribute = self[name].partition(":")
        return getattr(import_module(module), attribute)

    def plugins(self) -> dict[str, str]:
        """The entries that installed packages provide; the packages are not imported."""
        from importlib.metadata import entry_points

        return {point.name: point.value for point in entry_points(group=self.group)}

    def with_plugins(self) -> Registry:
        """This table with the entries of installed packages; the entries of the table win."""
        return Registry(self.group, {**self.plugins(), **self})
